from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from polyspell.scripting.worker import WorkerPool

HERE = str(Path(__file__).parent)


@pytest.fixture(scope="session", autouse=True)
def entries() -> Iterator[None]:
    """Let the workers import `worker_entries`: they get the search path of their host."""
    sys.path.append(HERE)
    yield
    sys.path.remove(HERE)


@pytest.fixture(scope="session")
def pool(entries: None) -> Iterator[WorkerPool]:
    """One pool for all tests that leave it well, each of which has an event loop of its own."""
    pool = WorkerPool(["worker_entries:warm"])
    yield pool
    asyncio.run(pool.close())
