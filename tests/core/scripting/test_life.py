"""The life of a spell: what runs at once, what is cancelled, what ends it, what it says then."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from polyspell.errors import ScriptError, ValidationError
from polyspell.scripting.spell import Spell
from polyspell.scripting.values import FunctionRef

Opening = Callable[..., AbstractAsyncContextManager[Spell]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
PS = 'local ps = require("polyspell")\n'
isolations = pytest.mark.parametrize("isolation", ["inline", "process"])


@isolations
async def test_a_spell_that_is_closed_says_so_whatever_is_asked(
    opened: Opening, isolation: str
) -> None:
    async with opened(isolation=isolation) as spell:
        await spell.run("function f() return 1 end")
        function = await spell.get("f")
        assert not spell.lost
        await spell.close()
        await spell.close()
        assert spell.lost
        for work in (spell.run("x"), spell.get("f"), spell.set("x", 1), function(),
                     spell.call(FunctionRef(1), [])):  # fmt: skip
            with pytest.raises(ScriptError, match="The script has ended"):
                await work
        del function
        gc.collect()  # what is given back to a script that has ended does no harm
        await asyncio.sleep(0)


@isolations
async def test_tasks_at_once_have_their_own_ends(
    opened: Opening, gate: asyncio.Event, isolation: str
) -> None:
    async with opened(isolation=isolation) as spell:
        waits = [
            asyncio.ensure_future(spell.run(PS + f"return ps.probe.wait() .. {n}"))
            for n in range(3)
        ]
        fails = asyncio.ensure_future(spell.run("error('only I')"))
        with pytest.raises(ScriptError, match="only I"):
            await fails
        assert (await spell.run("return 'before them'")).value == "before them"
        gate.set()
        assert [result.value for result in await asyncio.gather(*waits)] == [
            "open0", "open1", "open2",
        ]  # fmt: skip


@isolations
async def test_a_task_that_is_cancelled_ends_and_the_others_go_on(
    opened: Opening, gate: asyncio.Event, until: Until, isolation: str
) -> None:
    async with opened(isolation=isolation) as spell:
        text = PS + "ended = 'no'\nlocal t <close> = setmetatable({}, {__close = function() "
        text += "ended = 'yes' end})\nps.probe.wait()\nended = 'too far'"
        cancelled = asyncio.ensure_future(spell.run(text))
        other = asyncio.ensure_future(spell.run(PS + "return ps.probe.wait()"))
        await until(lambda: spell.gate.waiting == 2)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert await spell.get("ended") == "yes"
        gate.set()
        assert (await other).value == "open"
        assert await spell.get("ended") == "yes"
        assert (await spell.run("return 1")).value == 1


async def test_limits_count_anew_when_nothing_is_at_work_and_not_before(
    opened: Opening, gate: asyncio.Event
) -> None:
    async with opened(limits="calls=5,output=10") as spell:
        two = PS + "ps.probe.echo(1) ps.probe.echo(2) print('abc')"
        for _ in range(4):
            usage = (await spell.run(two)).usage
            assert (usage.calls, usage.output) == (2, 4)
        waits = asyncio.ensure_future(spell.run(PS + "return ps.probe.wait()"))
        await asyncio.sleep(0)
        assert (await spell.run(two)).usage.calls == 3
        with pytest.raises(ScriptError, match="limit of calls: 5"):
            await spell.run(two + two)
        with pytest.raises(ScriptError, match="limit of calls"):  # the context has ended with it
            await waits
        assert spell.lost


async def test_an_argument_that_cannot_cross_leaves_no_task_behind(opened: Opening) -> None:
    """Else limits would never count anew."""
    for isolation in ("inline", "process"):
        async with opened(isolation=isolation, limits="calls=2") as spell:
            await spell.run("function f(x) return x end")
            function = await spell.get("f")
            with pytest.raises((ValidationError, ScriptError, TypeError, NotImplementedError)):
                await function(object())
            for _ in range(3):
                await spell.run(PS + "ps.probe.echo(1) ps.probe.echo(2)")
            assert await function(1) == 1


async def test_a_function_goes_back_to_its_own_script_only(opened: Opening) -> None:
    async with opened() as spell, await spell.host.scripts.open("lua") as other:
        await spell.run("function f() return 'mine' end")
        function = await spell.get("f")
        await spell.set("again", function)
        assert (await spell.run("return again()")).value == "mine"
        with pytest.raises(ValidationError, match="from one script to another"):
            await other.set("stolen", function)
        assert repr(function).startswith("ScriptFunction(")


@isolations
async def test_closing_ends_what_waits_with_the_reason_and_closes_what_is_held(
    opened: Opening, closings: list[str], gate: asyncio.Event, until: Until, isolation: str
) -> None:
    async with opened(isolation=isolation) as spell:
        text = PS + "kept = ps.probe.thing('kept') function f() return ps.probe.wait() end f()"
        run = asyncio.ensure_future(spell.run(text))
        await until(lambda: spell.gate.waiting == 1)
        call = asyncio.ensure_future(spell.call(FunctionRef(10**6), []))
        await asyncio.gather(spell.close(), spell.close())
        for work in (run, call):
            with pytest.raises(ScriptError):
                await work
        with pytest.raises(ScriptError, match="The script has ended"):
            await run
        assert closings == ["kept"]
        assert spell.gate.waiting == 0


async def test_a_spell_is_closed_from_another_loop(
    opened: Opening, closings: list[str], until: Until
) -> None:
    async with opened() as spell:
        run = asyncio.ensure_future(
            spell.run(PS + "kept = ps.probe.thing('kept') ps.probe.wait()")
        )  # fmt: skip
        await until(lambda: spell.gate.waiting == 1)
        errors: list[BaseException] = []

        def elsewhere() -> None:
            try:
                asyncio.run(spell.close())
                assert spell.lost and closings == ["kept"]
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        with pytest.raises(ScriptError, match="has ended"):
            await run
        await until(lambda: not thread.is_alive())
        assert errors == []


@pytest.mark.parametrize("language", ["lua", "javascript", "wren"])
async def test_what_cannot_be_put_away_says_so(opened: Opening, language: str) -> None:
    async with opened(language) as spell:
        with pytest.raises(ScriptError, match="cannot suspend") as caught:
            await spell.suspend(b"k" * 16)
        assert caught.value.hint == "Sandboxed Python can."
        with pytest.raises(ScriptError, match="was not resumed"):
            await spell.resumed()
        assert not spell.lost  # it was only asked
        with pytest.raises(ScriptError, match="cannot resume"):
            await spell.host.scripts.resume(b"", b"k" * 16, language)


async def test_a_script_that_was_resumed_gives_its_value_once(
    opened: Opening, gate: asyncio.Event, until: Until
) -> None:
    key = b"k" * 16
    text = "from polyspell import probe\nx = await probe.wait()\nx + '!'"
    async with opened("python", isolation="process") as spell:
        with pytest.raises(ScriptError):  # it does not wait
            await spell.suspend(key)
    async with opened("python", isolation="process") as spell:
        run = asyncio.ensure_future(spell.run(text))
        await until(lambda: spell.gate.waiting == 1)
        sealed = await spell.suspend(key)
        with pytest.raises(ScriptError, match="put away"):
            await run
        again = await spell.host.scripts.resume(sealed, key, "python")
        waiting = asyncio.ensure_future(again.resumed())
        await asyncio.sleep(0)
        gate.set()  # for the call that is made again
        assert (await waiting).value == "open!"
        with pytest.raises(ScriptError, match="has given its value"):
            await again.resumed()
        await again.close()


async def test_nobody_need_ask_for_what_was_resumed(
    opened: Opening, gate: asyncio.Event, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    """Else limits would never count anew, and an error would be told as one that was lost."""
    key = b"k" * 16
    async with opened("python", isolation="process", limits="calls=3") as spell:
        run = asyncio.ensure_future(
            spell.run("from polyspell import probe\nawait probe.wait()\n1 / 0")
        )
        await until(lambda: spell.gate.waiting == 1)
        sealed = await spell.suspend(key)
        with pytest.raises(ScriptError, match="put away"):
            await run

        async def go_on() -> None:
            again = await spell.host.scripts.resume(sealed, key, "python", sandbox=spell.sandbox)
            await until(lambda: again.gate.waiting == 1)
            gate.set()
            await until(lambda: again.gate.waiting == 0)
            for _ in range(3):
                usage = (await again.run("from polyspell import probe\nprobe.echo(1)")).usage
            assert usage.calls == 1
            await again.close()

        await go_on()
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_what_is_printed_goes_to_who_takes_it_or_into_the_result(opened: Opening) -> None:
    taken: list[tuple[str, str]] = []
    async with opened(write=lambda stream, text: taken.append((stream, text))) as spell:
        assert (await spell.run("print('a')")).output == ""
        assert taken == [("stdout", "a\n")]
    async with opened() as spell:
        assert (await spell.run("print('a') print('b')")).output == "a\nb\n"
        assert (await spell.run("print('c')")).output == "c\n"


async def test_limits_that_are_near_are_told_once_a_run(opened: Opening) -> None:
    near: list[dict[str, Any]] = []
    async with opened(limits="calls=10,output=100,wall=0.3s,memory=none") as spell:
        spell.host.events.on("script.limit.near", lambda event: near.append(event.data))
        calls = PS + "for i = 1, 9 do ps.probe.echo(i) end print(('x'):rep(90)) print('y')"
        await spell.run(calls)
        await asyncio.sleep(0)
        assert {(n["limit"], n["used"], n["allowed"]) for n in near} == {
            ("calls", 8, 10), ("output", 91, 100),
        }  # fmt: skip
        assert len(near) == 2
        near.clear()
        with pytest.raises(ScriptError, match=r"limit of wall: 0\.3 s"):
            await spell.run(PS + "ps.probe.wait()")
        assert [n["limit"] for n in near] == ["wall"]
        assert near[0]["script"] == "script"


async def test_a_grant_that_is_asked_for_is_told(opened: Opening) -> None:
    told: list[tuple[str, str]] = []
    async with opened(grants=("env:LANG",)) as spell:
        spell.host.events.on("script.grant.*", lambda e: told.append((e.name, e.data["grant"])))
        await spell.run(PS + "ps.env('LANG') pcall(ps.env, 'HOME')")
        await asyncio.sleep(0)
        assert told == [("script.grant.used", "env:LANG"), ("script.grant.denied", "env:HOME")]
