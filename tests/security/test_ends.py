"""However a spell ends (cancelled, closed in the middle, with its event loop), nothing of it stays:
no task, no thread, no process, no descriptor; and the host goes on."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import LimitExceeded, ScriptError
from polyspell.scripting.engine import Isolation
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.values import FunctionRef
from polyspell_python import workers

LANGUAGES = ["lua", "javascript", "python", "wren"]
WAITS = {
    "lua": 'require("polyspell").sleep(1000)',
    "javascript": 'import { sleep } from "polyspell"; await sleep(1000)',
    "python": "from polyspell import sleep\nawait sleep(1000)",
    "wren": 'import "polyspell" for Polyspell\nPolyspell.sleep(1000)',
}
LOOPS = {
    "lua": "while true do end",
    "javascript": "while (true) {}",
    "python": "while True: pass",
    "wren": "while (true) {}",
}
CALLS = "from polyspell import sleep\nwhile True:\n    await sleep(0)"
ONE = {"lua": "return 1", "javascript": "export default 1", "python": "1", "wren": "var result = 1"}
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts in /proc")


def sandbox(isolation: Isolation = "process", limits: str = "wall=20s,cpu=20s") -> Sandbox:
    return Sandbox.of("untrusted", isolation=isolation, limits=limits)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def settled(wanted: Any, now: Any, seconds: float = 5.0) -> Any:
    """What `now` gives when it is as wanted, or after so many seconds."""
    end = time.monotonic() + seconds
    while (got := now()) != wanted and time.monotonic() < end:
        gc.collect()
        await asyncio.sleep(0.01)
    return got


@needs_proc
@pytest.mark.parametrize("isolation", ["process", "inline"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_run_that_is_cancelled_leaves_nothing_behind(
    language: str, isolation: Isolation
) -> None:
    async with Host() as host:
        scripts = host.scripts
        if isolation not in host.engines.get(language).facts.isolations:
            pytest.skip(f"{language} does not run {isolation}")
        if language == "python":
            workers.end()  # those that other tests left idle
        await scripts.run(ONE[language], language, sandbox=sandbox(isolation))
        spell = await scripts.open(language, sandbox=sandbox(isolation))
        await spell.close()
        before = descriptors(), threading.active_count(), len(asyncio.all_tasks())
        sources = [WAITS[language]] + ([LOOPS[language]] if isolation == "process" else [])
        for source in sources:
            for delay in (0, 0.001, 0.004, 0.03):
                run = asyncio.ensure_future(
                    scripts.run(source, language, sandbox=sandbox(isolation))
                )
                await asyncio.sleep(delay)
                run.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await run
        assert not scripts._open
        assert await settled(
            before, lambda: (descriptors(), threading.active_count(), len(asyncio.all_tasks()))
        ) == before  # fmt: skip
        assert (await scripts.run(ONE[language], language, sandbox=sandbox(isolation))).value == 1


@needs_proc
async def test_python_that_is_cancelled_at_any_moment_leaves_nothing_behind() -> None:
    """Its engine blocks in a thread, and its workers are Monty's: see `ThreadLink`."""
    workers.end()
    moments = random.Random(7)
    bounds = sandbox(limits="wall=20s,cpu=20s,output=64MiB,calls=1000000")
    sources = [WAITS["python"], LOOPS["python"], "while True: print(1)", CALLS]
    async with Host() as host:
        await host.scripts.run("1", "python", sandbox=bounds)
        before = descriptors(), threading.active_count(), children()
        for _ in range(60):
            work = host.scripts.run(moments.choice(sources), "python", sandbox=bounds)
            run = asyncio.ensure_future(work)
            await asyncio.sleep(moments.choice((0, 0.002, 0.02, 0.05)) * moments.random())
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
        after = await settled(before, lambda: (descriptors(), threading.active_count(), children()))
        assert after == before


def children() -> set[int]:
    """The processes that this one started."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return {pid for pid in pids if _stat(pid)[1:2] == [str(os.getpid())]}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_spell_that_is_closed_while_it_waits_says_so_to_all_who_ask(language: str) -> None:
    async with Host() as host:
        spell = await host.scripts.open(language, sandbox=sandbox())
        run = asyncio.ensure_future(spell.run(WAITS[language]))
        await asyncio.sleep(0.05)
        await spell.close()
        for work in (run, spell.run("x"), spell.get("x"), spell.set("x", 1)):
            with pytest.raises(ScriptError, match="has ended"):
                await work
        await spell.close()  # does no harm


async def test_a_spell_that_cannot_close_something_closes_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Host() as host:
        spell = await host.scripts.open("lua", sandbox=sandbox("inline"))
        closed: list[str] = []
        spell.closers.append(lambda: closed.append("before"))
        spell.closers.append(lambda: 1 / 0)
        spell.closers.append(lambda: closed.append("after"))
        await spell.close()
        assert closed == ["after", "before"]
        assert "could not be closed" in caplog.text
        assert not host.scripts._open


@pytest.mark.parametrize("language", LANGUAGES)
async def test_fifty_spells_at_once_end_at_their_limits_and_the_host_goes_on(language: str) -> None:
    async with Host() as host:
        bounds = sandbox(limits="wall=1s")
        runs = [host.scripts.run(WAITS[language], language, sandbox=bounds) for _ in range(50)]
        for error in await asyncio.gather(*runs, return_exceptions=True):
            assert isinstance(error, ScriptError), error
            assert (error.code, error.context["limit"]) == ("limit_exceeded", "wall")
        assert (await host.scripts.run(ONE[language], language, sandbox=bounds)).value == 1


@needs_proc
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the loop that was thrown away
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_spell_whose_event_loop_is_gone_is_gone_too(language: str) -> None:
    before = threading.active_count()
    host = Host()
    loop = asyncio.new_event_loop()
    spell = loop.run_until_complete(host.scripts.open(language, sandbox=sandbox()))
    assert loop.run_until_complete(spell.run(ONE[language])).value == 1
    pid = getattr(getattr(spell.link, "_worker", None), "pid", None)
    held = ScriptFunction(spell, FunctionRef(1))  # what the host still holds does no harm
    loop.close()
    del held, spell
    asyncio.run(_close_elsewhere(host, before, pid))


async def _close_elsewhere(host: Host, threads: int, pid: int | None) -> None:
    await host.scripts.aclose()
    await host.aclose()
    gc.collect()
    if pid is not None:
        assert await settled(False, lambda: _runs(pid)) is False
    assert await settled(True, lambda: threading.active_count() <= threads + 1) is True


def _runs(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


def _stat(pid: int) -> list[str]:
    """Its state, its parent, and more; nothing if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_script_that_wakes_nobody_is_ended_by_the_hosts_own_limit() -> None:
    """Callbacks of the script run while the host waits for the script's tool: they count, too."""
    text = """
        local ps = require("polyspell")
        ps.tool.define{name = "slow", run = function() while true do end end}
        ps.tool.call("slow")"""
    async with Host() as host:
        with pytest.raises(ScriptError) as caught:
            await host.scripts.run(text, "lua", sandbox=sandbox(limits="wall=5s,cpu=0.2s"))
        assert caught.value.context["limit"] == "cpu"
        assert isinstance(LimitExceeded.from_dict(caught.value.to_dict()), LimitExceeded)
