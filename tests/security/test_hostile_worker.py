"""A worker whose engine was taken over can write anything. The host ends it, tells why, and goes
on: it makes nothing of it, waits for nothing, and keeps nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import NotFoundError, ScriptError
from polyspell.scripting import workerlink
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.worker import WorkerPool

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="workers are forked")
SANDBOX = Sandbox.of("untrusted", limits="wall=20s,cpu=20s,calls=500")


class Stage:
    """A host all of whose workers are hostile."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._runner.run(self._open())

    async def _open(self) -> None:
        self.host = await Host().__aenter__()
        self.pool = WorkerPool(["hostile_worker", "polyspell.scripting.serve"])
        self.host.scripts._pool = lambda engine, load: self.pool  # type: ignore[method-assign]

    def run(self, *what: str) -> Any:
        return self._runner.run(self._run(list(what)))

    async def _run(self, what: list[str]) -> Any:
        before = asyncio.all_tasks()
        try:
            return await self.host.scripts.run(
                "", "lua", sandbox=SANDBOX, input=what, folder=Path(__file__).parent
            )
        finally:
            assert asyncio.all_tasks() == before

    def close(self) -> None:
        self._runner.run(self.pool.close())
        self._runner.run(self.host.aclose())
        self._runner.close()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent)
        patch.setattr(workerlink, "ENTRY", "hostile_worker:serve")
        stage = Stage()
        yield stage
        stage.close()


def names(kind: str) -> list[str]:
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "hostile_frames", Path(__file__).parent / "hostile_worker.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(getattr(module, kind))


@pytest.mark.parametrize("name", names("FRAMES"))
def test_a_worker_that_writes_nonsense_is_ended(name: str, stage: Stage) -> None:
    with pytest.raises(ScriptError, match="process ended: protocol"):
        stage.run("frame", name)


@pytest.mark.parametrize("name", names("FLOODS"))
def test_a_worker_that_floods_is_ended(name: str, stage: Stage) -> None:
    with pytest.raises(ScriptError) as caught:
        stage.run("flood", name)
    error = caught.value
    assert error.code == "limit_exceeded" or "mean nothing" in error.message
    assert error.context.get("limit") not in ("wall", "cpu")  # it was not only waited for


def test_handles_and_errors_that_are_made_up_reach_nothing(stage: Stage) -> None:
    with pytest.raises(NotFoundError, match="no such Agent"):
        stage.run("value", "a handle that was never given")
    with pytest.raises(ScriptError) as caught:
        stage.run("value", "an error with odd fields")
    assert (caught.value.code, caught.value.context) == ("[1]", {})


@pytest.mark.parametrize("name", ["odd", "none"])
def test_a_run_waits_for_no_worker_that_does_not_say_what_it_used(name: str, stage: Stage) -> None:
    result = stage.run("stats", name)
    assert result.value == "done"
    assert not result.usage.memory or result.usage.memory < 2**26  # what the system saw
