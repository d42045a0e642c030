"""For all tests of the workspace: hypothesis measures no time, since machines may be busy, and one
server with the real model serves all tests of providers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("polyspell", parent=settings(), deadline=None)
settings.load_profile("polyspell")


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Any]:
    """A real llama.cpp server on this machine: `base_url` (it ends in /v1), `api_key`, `model`."""
    testing = pytest.importorskip("polyspell_local.testing")
    with testing.server() as running:
        yield running
