"""Spells beside each other in one host: each has its own names, handles, models, state and limits,
whatever it is granted, and hears nothing of the others that it was not granted."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import PolyspellError, ScriptError
from polyspell.scripting.engine import Call, Isolation, Reply
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell
from polyspell.scripting.values import FunctionRef, HandleRef

START = 'local ps = require("polyspell")\n'
EVERYTHING = ["provider", "tool", "memory", "agent", "event", "schema", "hook"]
MAKES = """
    model = ps.test.mock_model({"the content of one", "more", "and more"}, {name = "shared"})
    route = ps.provider.fallback({model}, {name = "shared"})
    tool = ps.tool.define{name = "shared", run = function() return "of one" end}
    agent = ps.agent.create{name = "shared", model = model, memory = true}
    memory = ps.memory.create{name = "shared"}
    memory:add("the content of one")
    schema = ps.schema.define("shared", {content = "string"})
    ps.hook.register("tool.call", function(call, proceed) return "hooked by one" end)
    ps.state.set("shared", "the content of one")
    return {model, route}"""


async def opened(host: Host, *grants: str, **options: Any) -> Spell:
    limits = options.pop("limits", None)
    isolation: Isolation = options.pop("isolation", "inline")
    sandbox = Sandbox.of("untrusted", grants=grants, isolation=isolation, limits=limits)
    return await host.scripts.open("lua", sandbox=sandbox, **options)


async def value(spell: Spell, text: str) -> Any:
    return (await spell.run(START + text)).value


async def test_a_name_that_one_made_is_nothing_to_the_other() -> None:
    async with Host() as host:
        one, two = await opened(host, *EVERYTHING), await opened(host, *EVERYTHING)
        model, route = await value(one, MAKES)
        for text in (
            'ps.tool.get("shared")', 'ps.tool.call("shared")', 'ps.agent.get("shared")',
            'ps.memory.open("shared")', 'ps.schema.get("shared")', f'ps.test.requests("{model}")',
            f'ps.agent.run("{model}", "x")', f'ps.provider.complete("{route}", "x")',
            f'ps.provider.fallback({{"{model}"}})', f'ps.provider.capabilities("{route}")',
            f'ps.agent.create{{model = "{model}"}}', f'ps.provider.count_tokens("{model}", "x")',
        ):  # fmt: skip
            with pytest.raises(ScriptError) as caught:
                await value(two, text)
            assert caught.value.code in ("not_found", "invalid"), (text, caught.value)
        everything = """
            local found = {ps.tool.list(), ps.agent.list(), ps.memory.list(), ps.schema.list(),
              ps.hook.list(), ps.provider.models{provider = "mock"}, ps.state.keys()}
            return ps.json.encode(found)"""
        assert "shared" not in await value(two, everything)
        again = await value(two, MAKES)  # the same names, and others
        assert not set(again) & {model, route}
        assert await value(one, 'return ps.agent.run(model, "x").text') == "the content of one"


async def test_numbers_of_handles_and_functions_are_a_spells_own() -> None:
    """A script whose engine was taken over sends what numbers it likes."""
    async with Host() as host:
        one, two = await opened(host, *EVERYTHING), await opened(host, *EVERYTHING)
        await value(one, MAKES)
        numbers = [ref for number in range(1, 50) for ref in (HandleRef(number, "Memory"),)]
        for ref in numbers:
            call = Call(1, 1, ref, "messages", [])
            reply = two.ask(call)
            assert isinstance(reply, Reply) and reply.error is not None
            assert reply.error["code"] == "not_found"
        reply = two.ask(
            Call(1, 1, "agent", "create", [{"model": "echo/echo", "memory": numbers[0]}])
        )
        assert "no such Memory" in str(reply if isinstance(reply, Reply) else (await reply).error)
        function = one.function(FunctionRef(1))
        with pytest.raises(PolyspellError, match="from one script to another"):
            two.gate.to_script({"deep": [function]})


async def test_a_kind_that_was_made_up_is_no_handle() -> None:
    async with Host() as host:
        spell = await opened(host, *EVERYTHING)
        await value(spell, MAKES)
        for number in range(1, 50):
            for kind in ("", "agent", "Nothing", "state", "host", "AgentHandle", "__class__"):
                reply = spell.ask(Call(1, 1, HandleRef(number, kind), "run", ["x"]))
                assert isinstance(reply, Reply) and reply.error is not None, (number, kind)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("agent", "_keep"), ("agent", "spell"), ("agent", "__init__"), ("agent", "name"),
        ("state", "__class__"), ("", "spell"), ("tool", "find"), ("gate", "ask"),
        ("Agent", "run"), ("Proceed", "run"), ("host", "open"), ("tool", "list_"),
    ],
)  # fmt: skip
async def test_what_is_not_declared_cannot_be_called(target: str, name: str) -> None:
    async with Host() as host:
        spell = await opened(host, "*")
        reply = spell.ask(Call(1, 1, target, name, []))
        assert isinstance(reply, Reply) and reply.error is not None


@pytest.mark.parametrize("granted", [False, True])
async def test_one_hears_of_the_other_what_it_was_granted(granted: bool) -> None:
    listen = """
        heard = {}
        ps.event.on("**", function(event) heard[#heard + 1] = ps.json.encode(event.data) end)"""
    grants = ["event:agent.*"] if granted else []
    async with Host() as host:
        one = await opened(host, *EVERYTHING)
        two = await opened(host, *grants)
        await value(two, listen)
        await value(one, MAKES + "\n")
        await value(one, 'ps.event.emit("shop.secret", {content = "the content of one"})')
        await value(one, 'ps.log.info("the content of one") ps.agent.run(model, "x")')
        await value(two, "ps.sleep(0.05)")
        heard = await value(two, "return heard")
        mine = [each for each in heard if "the content of one" in each]
        assert bool(mine) is granted
        assert not any("shop" in each for each in heard)


async def test_fifty_runs_of_a_spell_at_once_are_fifty_spells() -> None:
    text = (
        MAKES.replace("the content of one", "content of ")
        + """
        ps.state.set("mine", ps.input)
        local said = ps.agent.create{name = "shared", model = "echo/echo"}:run(ps.input).text
        ps.sleep(0.01)
        return {said, ps.state.get("mine"), #ps.memory.open("shared"):messages()}"""
    )
    text = text.replace("    return {model, route}", "")
    async with Host() as host:
        sandbox = Sandbox.of("untrusted", grants=EVERYTHING, isolation="inline")
        runs = [
            host.scripts.run(START + text, "lua", sandbox=sandbox, input=str(number))
            for number in range(50)
        ]
        results = await asyncio.gather(*runs)
        assert [r.value for r in results] == [[str(n), str(n), 1] for n in range(50)]


async def test_two_spells_with_one_file_of_state_keep_it_whole(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    async with Host() as host:
        one = await opened(host, state=file)
        two = await opened(host, state=file)
        await value(one, 'ps.state.set("a", 1)')
        await value(two, 'ps.state.set("b", 2)')
        three = await opened(host, state=file)
        assert await value(three, "return #ps.state.keys() >= 1") is True
    assert os.listdir(tmp_path) == ["state.json"]


@pytest.mark.parametrize("isolation", ["process", "inline"])
async def test_a_listener_that_wakes_itself_ends_at_a_limit(isolation: Isolation) -> None:
    """Nobody runs anything: it would keep the host busy for as long as the spell is open."""
    text = """
        kept = ps.event.on("a.b", function() ps.event.emit("a.b") end)
        ps.event.emit("a.b")"""
    async with Host() as host:
        limits = "calls=300,wall=60s,cpu=60s"
        spell = await opened(host, isolation=isolation, limits=limits)
        other = await opened(host)
        await value(spell, text)
        for _ in range(500):
            if spell.lost:
                break
            await asyncio.sleep(0.01)
        with pytest.raises(ScriptError) as caught:
            await value(spell, "return 1")
        assert caught.value.context["limit"] == "calls"
        assert await value(other, "return 1") == 1
