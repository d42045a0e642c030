"""A hook around `script.call`: the arguments are those that the script gave, whatever it drops
meanwhile, and those that the hook makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from polyspell.errors import ScriptError
from polyspell.hooks import Hook, HookCall, Proceed
from polyspell.scripting.spell import Spell

Opening = Callable[..., AbstractAsyncContextManager[Spell]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.mark.parametrize("isolation", ["inline", "process"])
async def test_a_handle_given_away_reaches_the_function_though_the_script_dropped_it(
    opened: Opening, gate: asyncio.Event, closings: list[str], until: Until, isolation: str
) -> None:
    """While the hook waits, the script collects garbage: nothing in it holds the thing."""
    text = """
        local ps = require("polyspell")
        return ps.batch(function()
          local name = ps.probe.name_of_later(ps.probe.thing("given"))
          for i = 1, 20000 do local t = {{}, {}} end
          return name
        end)
    """
    seen = []
    gate.set()
    async with opened(isolation=isolation) as spell:

        async def slow(call: HookCall, proceed: Proceed) -> Any:
            if call.values["function"] == "name_of_later":
                await until(lambda: len(spell.gate.handles) == 0)
                seen.append(list(closings))
            return await proceed(call)

        spell.host.hooks.add(Hook("script.call", slow))
        assert (await spell.run(text)).value == "given"
        assert seen == [[]]  # it was dropped, and is closed when the call is over
        assert closings == ["given"]


async def test_what_a_hook_changes_is_what_the_function_gets(opened: Opening) -> None:
    async def change(call: HookCall, proceed: Proceed) -> Any:
        match call.values["function"], call.values["arguments"]:
            case "echo", ["replace"]:
                call.values["arguments"] = [True]
            case "echo", [{"deep": inner}]:
                inner["more"] = 1
            case "echo", [1]:
                call.values["arguments"][0] = 1.0
            case "name_of", [_, second]:
                call.values["arguments"] = [second]
        return await proceed(call)

    text = """
        local ps = require("polyspell")
        local echo = ps.probe.echo
        local one = math.type(echo(1))
        local second = ps.probe.name_of(ps.probe.thing("first"), ps.probe.thing("second"))
        return { echo("replace"), echo({ deep = {} }).deep.more, one, second }
    """
    async with opened() as spell:
        spell.host.hooks.add(Hook("script.call", change))
        assert (await spell.run(text)).value == [True, 1, "float", "second"]


async def test_a_call_that_does_not_fit_reaches_the_hook_which_may_mend_it(opened: Opening) -> None:
    seen: list[str] = []

    async def mend(call: HookCall, proceed: Proceed) -> Any:
        try:
            return await proceed(call)
        except Exception as error:
            seen.append(str(error))
            call.values["arguments"] = [7]
            return await proceed(call)

    text = 'local ps = require("polyspell") return ps.probe.pair("seven").left'
    async with opened() as spell:
        with pytest.raises(ScriptError, match="left must be int"):
            await spell.run(text)
        spell.host.hooks.add(Hook("script.call", mend))
        assert (await spell.run(text)).value == 7
        assert "left must be int" in seen[0]


async def test_a_function_is_given_back_once_though_a_hook_proceeds_twice(opened: Opening) -> None:
    """Given back twice it would be gone for whoever else holds it."""

    async def twice(call: HookCall, proceed: Proceed) -> Any:
        if call.values["function"] == "call":
            await proceed(call)
        return await proceed(call)

    text = """
        local ps = require("polyspell")
        count = 0
        function add() count = count + 1 return count end
        return ps.probe.call(add)
    """
    async with opened() as spell:
        add = None
        await spell.run("function early() return 'still here' end")
        early = await spell.get("early")
        spell.host.hooks.add(Hook("script.call", twice))
        assert (await spell.run(text)).value == 2
        add = await spell.get("add")  # crosses once more
        again = 'local ps = require("polyspell") return ps.probe.call(add)'
        assert (await spell.run(again)).value == 4
        await asyncio.sleep(0)
        assert await add() == 5
        assert await early() == "still here"


async def test_a_function_of_a_call_that_a_hook_refused_is_given_back(opened: Opening) -> None:
    async def refuse(call: HookCall, proceed: Proceed) -> Any:
        if call.values["function"] == "call":
            raise PermissionError("not now")
        return await proceed(call)

    text = """
        local ps = require("polyspell")
        watched = setmetatable({}, { __mode = "k" })
        do
          local big = {}
          watched[big] = true
          pcall(ps.probe.call, function() return big end)
        end
        ps.sleep(0)
        local kept = {}
        for i = 1, 400000 do kept[i % 10] = { i } end
        return next(watched) == nil
    """
    async with opened() as spell:
        spell.host.hooks.add(Hook("script.call", refuse))
        assert (await spell.run(text)).value is True
