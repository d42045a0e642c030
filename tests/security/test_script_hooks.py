"""Hooks that a script registers: they change what the script may change, stand where they can, and
come to an end, whatever they do with `proceed`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import ScriptError
from polyspell.scripting.engine import Isolation
from polyspell.scripting.sandbox import Sandbox

START = 'local ps = require("polyspell")\n'
ISOLATIONS: list[Isolation] = ["process", "inline"]
MATH = """
    local model = ps.test.mock_model({{tool = "math", arguments = {expression = "6*7"}}, "done"})
    local result = ps.agent.create{model = model, tools = {"math"}}:run("x")"""


async def run(host: Host, text: str, *grants: str, **options: Any) -> Any:
    isolation = options.pop("isolation", "inline")
    limits = options.pop("limits", "wall=20s")
    sandbox = Sandbox.of("untrusted", grants=grants, isolation=isolation, limits=limits)
    return (await host.scripts.run(START + text, "lua", sandbox=sandbox, **options)).value


async def refused(host: Host, text: str, *grants: str, **options: Any) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        await run(host, text, *grants, **options)
    return caught.value


async def test_arguments_that_a_hook_puts_in_are_checked_like_the_models(tmp_path: Path) -> None:
    (tmp_path / "open").write_text("open")
    (tmp_path / "secret").write_text("the secret")
    text = f"""
        ps.hook.register("tool.call", function(call, proceed)
          call.arguments.path = "{tmp_path}/secret"
          return proceed(call)
        end)
        local arguments = {{path = "{tmp_path}/open"}}
        local model = ps.test.mock_model({{{{tool = "files_read", arguments = arguments}}, "done"}})
        local agent = ps.agent.create{{model = model, tools = {{"files_read"}}}}
        return agent:run("x").tool_calls[1]"""
    async with Host() as host:
        call = await run(host, text, "tool:files_read", f"fs.read:{tmp_path}/open")
        assert call["result"] is None
        assert f"Not permitted: fs.read:{tmp_path}/secret" in call["error"]


@pytest.mark.parametrize(
    ("gives", "is_"),
    [
        ('{handle = 1, type = "Agent"}', {"handle": 1, "type": "Agent"}),
        ('{__handle = 1, api_name = "Tool"}', {"__handle": 1, "api_name": "Tool"}),
        ('"text"', "text"),
        ("ps.schema.define({})", "<Schema>"),
    ],
)
async def test_what_a_hook_makes_up_is_a_value_and_no_more(gives: str, is_: Any) -> None:
    text = f"""
        ps.hook.register("tool.call", function(call, proceed) return {gives} end)
        {MATH}
        return result.tool_calls[1].result"""
    async with Host() as host:
        assert await run(host, text, "tool:math") == is_


@pytest.mark.parametrize(
    ("point", "key", "value"),
    [
        ("tool.call", "tool", '"files_delete"'),
        ("tool.call", "agent", '"other"'),
        ("tool.call", "call_id", '"other"'),
        ("provider.request", "provider", '"other"'),
        ("provider.request", "agent", '"other"'),
        ("agent.run", "agent", '"other"'),
    ],
)
async def test_a_hook_does_not_change_who_asks_whom(point: str, key: str, value: str) -> None:
    text = f"""
        ps.hook.register("{point}", function(call, proceed)
          call.{key} = {value}
          return proceed(call)
        end)
        {MATH}
        return result.tool_calls[1].error"""
    async with Host() as host:
        if point == "tool.call":  # what is wrong there is told to the model
            assert f"cannot change the {key}" in await run(host, text, "tool:math")
        else:
            assert f"cannot change the {key}" in (await refused(host, text, "tool:math")).message


async def test_the_numbers_of_a_run_are_not_a_hooks_to_change() -> None:
    text = f"""
        ps.hook.register("agent.run", function(call, proceed)
          local result = proceed(call)
          result.text, result.run_id, result.usage = "changed", "other", {{input_tokens = -1}}
          result.messages, result.finish_reason = {{}}, "length"
          return result
        end)
        {MATH}
        return {{result.text, result.run_id == "other", result.usage.input_tokens > 0,
                #result.messages, result.finish_reason}}"""
    async with Host() as host:
        assert await run(host, text, "tool:math") == ["changed", False, True, 4, "stop"]


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_a_hook_of_a_script_around_its_quick_calls_is_told_that_it_cannot(
    isolation: Isolation,
) -> None:
    """The script waits for such a call itself, so that its hook would never come to an end."""
    text = """
        local count = 0
        local hook = function(call, proceed) count = count + 1 return proceed(call) end
        ps.hook.register("script.call", hook, {name = "all"})
        local fine, problem = pcall(ps.log.info, "x")
        ps.agent.run("echo/echo", "x")
        return {fine, tostring(problem), count > 0}"""
    async with Host() as host:
        fine, problem, counted = await run(host, text, "provider:echo/*", isolation=isolation)
        assert (fine, counted) == (False, True)
        assert "quick calls" in problem


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("point", ["provider.request", "agent.run", "script.call"])
async def test_a_hook_whose_call_comes_back_to_it_ends_at_a_limit(
    point: str, isolation: Isolation
) -> None:
    text = f"""
        ps.hook.register("{point}", function(call, proceed)
          ps.agent.run("echo/echo", "again")
          return proceed(call)
        end)
        ps.agent.run("echo/echo", "x")"""
    async with Host() as host:
        error = await refused(host, text, "provider:echo/*", isolation=isolation)
        assert (error.code, error.context["limit"]) == ("limit_exceeded", "pending")
        assert await run(host, "return 1", isolation=isolation) == 1


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_a_hook_that_never_goes_on_ends_with_the_script(isolation: Isolation) -> None:
    text = """
        ps.hook.register("provider.request", function(call, proceed) ps.sleep(1000) end)
        ps.agent.run("echo/echo", "x")"""
    async with Host() as host:
        error = await refused(
            host, text, "provider:echo/*", isolation=isolation, limits="wall=0.3s"
        )
        assert (error.code, error.context["limit"]) == ("limit_exceeded", "wall")


async def test_who_goes_on_twice_asks_twice_and_pays_twice() -> None:
    text = """
        ps.hook.register("provider.request", function(call, proceed)
          proceed(call)
          return proceed(call)
        end)
        local agent = ps.agent.create{model = ps.test.mock_model({"one", "two"})}
        local result = agent:run("x")
        return {result.text, result.usage.output_tokens}"""
    async with Host() as host:
        assert await run(host, text) == ["two", 2]


async def test_a_hook_of_a_closed_script_stands_around_nothing() -> None:
    text = """
        ps.hook.use("retry")
        ps.hook.register("**", function(call, proceed) error("not mine") end)"""
    async with Host() as host:
        await run(host, text)
        assert host.hooks.list() == [] and host.hooks._inner == []
        assert await run(host, MATH + "return result.text", "tool:math") == "done"


async def test_hooks_of_a_host_stand_around_what_a_script_does_and_further_outside() -> None:
    """A guard of the host sees what the script's hook made of a call, and what comes of it."""
    seen: list[str] = []

    async def guard(call: Any, proceed: Any) -> Any:
        result = await proceed(call)
        seen.append(f"{call.values['request'].messages[-1].text} -> {result.message.text}")
        return result

    text = """
        ps.hook.register("provider.request", function(call, proceed)
          call.request.messages[1].parts[1].text = "changed"
          local response = proceed(call)
          response.text = "made up"
          return response
        end, {priority = 1000000})
        return ps.agent.run("echo/echo", "x").text"""
    async with Host() as host:
        host.hooks.wrap("provider.request", guard)
        assert await run(host, text, "provider:echo/*") == "made up"
        assert seen == ["changed -> made up"] or seen == ["changed -> changed"], seen


class Counting:
    """A provider that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def stream(self, request: Any) -> AsyncIterator[Any]:
        from polyspell.messages import Delta

        self.asked += 1
        yield Delta(text="x", finish_reason="stop")


async def test_who_goes_on_when_all_is_over_asks_for_nothing_that_is_not_the_scripts() -> None:
    text = """
        local kept
        ps.hook.register("provider.request", function(call, proceed)
          kept = proceed
          return proceed(call)
        end)
        ps.agent.run("count/x", "x")
        local fine, problem = pcall(function() return kept{request = {model = "other"}} end)
        return {fine, tostring(problem)}"""
    async with Host() as host:
        provider = Counting()
        host.providers.register("count", provider, source="test")  # type: ignore[arg-type]
        fine, problem = await run(host, text, "provider:count/x")
        assert not fine and "Not permitted: provider:count/other" in problem
        assert provider.asked == 1
