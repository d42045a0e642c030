"""Every run tells the most memory that it held, and is told of when that comes near the limit."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from polyspell.errors import ScriptError
from polyspell.events import Event
from polyspell.host import Host
from polyspell.scripting.sandbox import Sandbox

MIB = 2**20
LINUX = sys.platform == "linux"
MOMENT = {
    "lua": "local t = {} for i = 1, 10 do t[i] = ('x'):rep(2^20) .. i end t = nil return 1",
    "javascript": "(() => new Uint8Array(10 * 2 ** 20).fill(1).length)(); export default 1;",
    "python": "a = ['x' * 2**20 + str(i) for i in range(10)]\na = None\n1",
    "wren": 'var l = (1..10).map {|i| "x" * 1048576 + i.toString }.toList\nl = null',
}
"""Holds 10 MiB for a moment."""
SMALL = {"lua": "return 1", "javascript": "1", "python": "1", "wren": "var small = 1"}


def told(language: str, isolation: str, limits: str = "") -> tuple[list[Any], list[Event]]:
    """What runs use: a small one, one with a moment of 10 MiB; and their events."""

    async def work() -> tuple[list[Any], list[Event]]:
        sandbox = Sandbox.of(isolation=isolation, limits=limits)  # type: ignore[arg-type]
        events: list[Event] = []
        async with Host(plugins=["lua", "quickjs", "python", "wren"], config={}) as host:
            host.events.on("script.*.*", events.append)
            async with await host.scripts.open(language, sandbox=sandbox) as spell:
                runs = [await spell.run(program[language]) for program in (SMALL, MOMENT)]
        return [run.usage for run in runs], events

    return asyncio.run(work())


@pytest.mark.skipif(not LINUX, reason="only Linux tells of another process")
def test_the_result_and_the_event_of_a_run_have_its_peak_of_memory(language: str) -> None:
    (small, moment), events = told(language, "process")
    assert 0 < small.memory < 4 * MIB
    assert 8 * MIB <= moment.memory < 40 * MIB
    completed = [e.data["usage"]["memory"] for e in events if e.name == "script.run.completed"]
    assert completed == [small.memory, moment.memory]


def test_a_run_that_fails_tells_what_it_used(language: str, isolation: str) -> None:
    error = {"lua": "error('no')", "javascript": "throw new Error('no')", "python": "1 / 0"}

    async def work() -> list[Event]:
        sandbox = Sandbox.of(isolation=isolation)  # type: ignore[arg-type]
        events: list[Event] = []
        async with Host(plugins=["lua", "quickjs", "python", "wren"], config={}) as host:
            host.events.on("script.run.failed", events.append)
            async with await host.scripts.open(language, sandbox=sandbox) as spell:
                with pytest.raises(ScriptError):
                    await spell.run(error.get(language, "Fiber.abort(1)"))
        return events

    (failed,) = asyncio.run(work())
    assert failed.data["usage"]["wall"] > 0
    assert failed.data["usage"]["memory"] > 0 or not LINUX


@pytest.mark.parametrize("language", ["lua", "wren"])
def test_engines_that_count_tell_the_peak_inline_too(language: str) -> None:
    (small, moment), _ = told(language, "inline")
    assert 0 < small.memory < 4 * MIB
    assert 8 * MIB <= moment.memory < 40 * MIB


@pytest.mark.skipif(not LINUX, reason="only Linux tells of another process")
def test_a_run_near_its_limit_of_memory_is_told_of_once(language: str) -> None:
    _, events = told(language, "process", "memory=12MiB")
    near = [event.data for event in events if event.name == "script.limit.near"]
    assert [(data["limit"], data["allowed"]) for data in near] == [("memory", 12 * MIB)]
    assert near[0]["used"] >= 0.8 * 12 * MIB


TRUSTED = """
import asyncio
from polyspell.host import Host
from polyspell.scripting.sandbox import Sandbox
async def work():
    async with Host(config={{}}) as host:
        async with await host.scripts.open({language!r}, sandbox=Sandbox.of("trusted")) as spell:
            for program in {programs!r}:
                print((await spell.run(program)).usage.memory)
asyncio.run(work())
"""


@pytest.mark.skipif(not LINUX, reason="only Linux tells what a process has to itself")
@pytest.mark.parametrize("language", ["javascript", "python"])
def test_of_a_trusted_script_it_is_what_the_process_grew_by(language: str) -> None:
    programs = [SMALL[language], MOMENT[language]]
    code = TRUSTED.format(language=language, programs=programs)
    printed = subprocess.check_output([sys.executable, "-c", code], text=True, timeout=60)
    small, moment = map(int, printed.split())
    assert small < 4 * MIB
    assert 8 * MIB <= moment < 40 * MIB
