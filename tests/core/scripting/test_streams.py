"""Streams of the host in the hands of a script: however it lets go of one, the host's generator is
closed, once, and not under the hands of who reads from it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from polyspell.scripting.spell import Spell

Opening = Callable[..., AbstractAsyncContextManager[Spell]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
isolations = pytest.mark.parametrize("isolation", ["inline", "process"])

DROPPED = {
    "lua": """
        local ps = require("polyspell")
        local function read() local s = ps.probe.numbers("a") return s() end
        local first = read()
        for i = 1, 20000 do local t = {{}, {}} end
        ps.sleep(0)
        return first""",
    "javascript": """
        import { probe, sleep } from "polyspell";
        async function read() { const s = probe.numbers("a"); return (await s.next())[0]; }
        const first = await read();
        for (let i = 0; i < 20000; i++) { ({ a: {} }); }
        await sleep(0.001);
        export default first;""",
    "wren": """
        import "polyspell" for Polyspell, Probe
        var read = Fn.new { Probe.numbers("a").next()[0] }
        var result = read.call()
        for (i in 1..600000) [[i], [i]]
        Polyspell.sleep(0.001)""",
}
LEFT = {
    "lua": 'local ps = require("polyspell") for n in ps.probe.numbers("a") do return n end',
    "javascript": """
        import { probe } from "polyspell";
        let first;
        for await (const n of probe.numbers("a")) { first = n; break; }
        export default first;""",
}


@isolations
@pytest.mark.parametrize("language", DROPPED)
async def test_a_stream_that_the_collector_took_is_closed_once(
    opened: Opening, closings: list[str], until: Until, language: str, isolation: str
) -> None:
    async with opened(language, isolation=isolation) as spell:
        assert (await spell.run(DROPPED[language])).value == 0
        await until(lambda: bool(closings))
        assert closings == ["a closed"]
        await spell.close()
        assert closings == ["a closed"]


@isolations
@pytest.mark.parametrize("language", LEFT)
async def test_a_loop_that_is_left_closes_its_stream_once(
    opened: Opening, closings: list[str], language: str, isolation: str
) -> None:
    async with opened(language, isolation=isolation) as spell:
        assert (await spell.run(LEFT[language])).value == 0
        await spell.run(DROPPED[language].replace('"a"', '"b"'))  # the collector comes by
        await spell.close()
        assert sorted(closings) == ["a closed", "b closed"]


@isolations
async def test_a_stream_at_its_end_is_closed_once(
    opened: Opening, closings: list[str], isolation: str
) -> None:
    text = """
        local ps = require("polyspell")
        kept = ps.probe.numbers("a")
        local sum = 0
        for n in kept do sum = sum + n end
        kept:close()
        kept:close()
        return sum"""
    async with opened(isolation=isolation) as spell:
        assert (await spell.run(text)).value == 3
        await spell.close()
    assert closings == ["a closed"]


@isolations
async def test_a_stream_is_not_closed_under_the_hands_of_who_reads_from_it(
    opened: Opening,
    closings: list[str],
    gate: asyncio.Event,
    until: Until,
    isolation: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A generator that runs cannot be closed: it would stay open for ever."""
    text = 'local ps = require("polyspell") return ps.probe.numbers("a", {slow = true})()'
    async with opened(isolation=isolation) as spell:
        run = asyncio.ensure_future(spell.run(text))
        await until(lambda: spell.gate.waiting == 1)
        assert spell.gate.handles.drop([1]) == 1  # as a worker may say at any time
        await asyncio.sleep(0)
        assert closings == []
        gate.set()
        assert (await run).value == 0
        await until(lambda: bool(closings))
    assert closings == ["a closed"]
    assert "could not be closed" not in caplog.text


async def test_a_spell_that_ends_closes_what_is_being_read(
    opened: Opening, closings: list[str], until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    text = 'local ps = require("polyspell") return ps.probe.numbers("a", {slow = true})()'
    async with opened() as spell:
        run = asyncio.ensure_future(spell.run(text))
        await until(lambda: spell.gate.waiting == 1)
        await spell.close()
        assert closings == ["a closed"]
        with pytest.raises(Exception, match="has ended"):
            await run
    assert caplog.text == ""


async def test_what_a_call_gives_back_is_not_closed_though_it_was_dropped_meanwhile(
    opened: Opening, closings: list[str], gate: asyncio.Event, until: Until
) -> None:
    text = """
        local ps = require("polyspell")
        local same = ps.batch(function()
          local same = ps.probe.same_later(ps.probe.thing("a"))
          for i = 1, 20000 do local t = {{}, {}} end
          return same
        end)
        return same.name"""
    async with opened() as spell:
        run = asyncio.ensure_future(spell.run(text))
        await until(lambda: len(spell.gate.handles) == 0 and spell.gate.waiting == 1)
        gate.set()
        assert (await run).value == "a"
        assert closings == []
    assert closings == ["a"]
