"""Several agents: handing over, and one as the tool of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from polyspell import Agent, Host, Tool
from polyspell.errors import ConfigError, RateLimitError
from polyspell.grants import Grants
from polyspell.hooks import HookCall
from polyspell.testing.matchers import collect_events, valid_conversation
from polyspell.tools import ToolContext

Make = Callable[..., Agent]


def names(request: Any) -> str:
    return ",".join(tool.name for tool in request.tools)


async def test_a_conversation_is_handed_over_with_tools_and_instructions(
    agent_of: Make, host: Host, weather: Tool
) -> None:
    other = agent_of(
        None,
        lambda r: f"{r.messages[0].text} {names(r)}",
        name="Weather Desk",
        instructions="I know the weather.",
        tools=[weather],
    )
    agent = agent_of({"tool": "transfer_to_Weather_Desk"}, handoffs=[other], memory=True)
    async with agent.stream("?") as stream:
        told = [event async for event in stream]
    result = stream.result
    assert (result.text, result.agent) == ("I know the weather. weather", "Weather Desk")
    (handed,) = [e for e in told if e.name == "agent.handoff"]
    assert handed.data == {"from": "agent", "to": "Weather Desk"}
    assert valid_conversation(result.messages)
    assert await agent.history() == result.messages
    assert "I know the weather." in agent.toolset()["transfer_to_Weather_Desk"].description


async def test_agents_to_hand_over_to_must_have_names_of_their_own(agent_of: Make) -> None:
    agent = agent_of("x", handoffs=[agent_of("y", name="a b"), agent_of("z", name="a_b")])
    with pytest.raises(ConfigError, match="named 'transfer_to_a_b'"):
        await agent.run("?")


async def test_a_hand_over_that_failed_hands_nothing_over(agent_of: Make) -> None:
    other = agent_of("never", name="other")
    agent = agent_of({"tool": "transfer_to_other"}, "I stay.", handoffs=[other])

    def forbid(call: HookCall) -> None:
        raise PermissionError("not now")

    agent.hooks.on("tool.call", before=forbid)
    result = await agent.run("?")
    assert (result.text, result.agent) == ("I stay.", "agent")


async def test_agents_can_hand_over_in_a_circle_until_the_limit(agent_of: Make) -> None:
    first = agent_of(*[{"tool": "transfer_to_second"}] * 20, name="first", limits={"turns": 6})
    second = agent_of(*[{"tool": "transfer_to_first"}] * 20, name="second")
    first.handoffs, second.handoffs = [second], [first]
    from polyspell.errors import LimitExceeded

    with pytest.raises(LimitExceeded, match="6 turns"):
        await first.run("?")


async def test_an_agent_is_a_tool_and_its_usage_adds_up(agent_of: Make, host: Host) -> None:
    inner = agent_of("It is warm.", name="weather expert", instructions="Knows the weather.")
    tool = inner.as_tool()
    assert (tool.name, tool.description) == ("weather_expert", "Knows the weather.")
    ask = {"tool": "weather_expert", "arguments": {"prompt": "Oslo?"}}
    agent = agent_of([ask, ask], "Warm.", tools=[tool])
    with collect_events(host.events, "agent.run.completed") as told:
        result = await agent.run("?")
    assert [c["result"] for c in result.tool_calls] == ["It is warm."] * 2
    assert result.usage.requests == 4
    assert sum(e.data["usage"]["requests"] for e in told[:2]) == 2
    outer = told[-1]
    assert {e.run_id for e in told} == {result.run_id}
    assert {e.parent_id for e in told[:2]} == {outer.span_id}


async def test_usage_adds_up_even_if_the_inner_agent_fails(agent_of: Make) -> None:
    inner = agent_of(
        {"tool": "nothing"}, ["half", {"error": "rate_limit"}], name="inner", output_retries=0
    )
    ask = {"tool": "inner", "arguments": {"prompt": "?"}}
    result = await agent_of(ask, "I see.", tools=[inner.as_tool()]).run("?")
    assert "told to fail" in result.tool_calls[0]["error"]
    assert result.usage.requests == 4


async def test_an_output_type_of_the_inner_agent_is_the_value_of_the_tool(agent_of: Make) -> None:
    inner = agent_of('{"n": 3}', name="inner", output={"n": "integer"})
    ask = {"tool": "inner", "arguments": {"prompt": "?"}}
    result = await agent_of(ask, "ok", tools=[inner.as_tool()]).run("?")
    assert result.tool_calls[0]["result"] == {"n": 3}


@pytest.mark.parametrize("way", ["tool", "handoff"])
@pytest.mark.parametrize(
    ("outer", "inner", "allowed"),
    [
        (None, None, {"net:a", "net:b", "fs:x"}),
        (["net:*"], None, {"net:a", "net:b"}),
        (None, ["net:a"], {"net:a"}),
        (["net:a", "fs:*"], ["net:*"], {"net:a"}),
        ([], None, set()),
        (None, [], set()),
    ],
)
async def test_an_inner_agent_may_do_what_both_may(
    agent_of: Make, way: str, outer: Any, inner: Any, allowed: set[str]
) -> None:
    seen: set[str] = set()

    async def look(context: ToolContext) -> str:
        seen.update(w for w in ("net:a", "net:b", "fs:x") if context.grants.allows(w))
        return "ok"

    look_then = [{"tool": "look"}, "done"]
    replies = look_then if way == "tool" else [None, *look_then]
    other = agent_of(*replies, name="other", tools=[look], grants=Grants(inner))
    if way == "tool":
        ask = {"tool": "other", "arguments": {"prompt": "?"}}
        agent = agent_of(ask, "ok", tools=[other.as_tool()], grants=Grants(outer))
    else:
        agent = agent_of({"tool": "transfer_to_other"}, handoffs=[other], grants=Grants(outer))
    await agent.run("?")
    assert seen == allowed


async def test_a_tool_that_needs_a_grant_is_refused_without_it(agent_of: Make) -> None:
    async def fetch() -> str:
        return "fetched"

    tool = Tool(fetch, grants=("net:example.com",))
    refused = await agent_of({"tool": "fetch"}, "ok", tools=[tool], grants=Grants([])).run("?")
    assert "Not permitted: net:example.com" in refused.tool_calls[0]["error"]
    allowed = agent_of({"tool": "fetch"}, "ok", tools=[tool], grants=Grants(["net"]))
    assert (await allowed.run("?")).tool_calls[0]["result"] == "fetched"


async def test_an_error_within_an_agent_as_a_tool_is_read_by_the_outer_model(
    agent_of: Make,
) -> None:
    inner = agent_of({"error": "rate_limit", "message": "Slow down."}, name="inner")
    ask = {"tool": "inner", "arguments": {"prompt": "?"}}
    result = await agent_of(ask, "I see.", tools=[inner.as_tool()]).run("?")
    assert "Slow down." in result.tool_calls[0]["error"]
    with pytest.raises(RateLimitError):
        await inner.run("?")


async def test_agents_that_ask_each_other_without_end_are_told(agent_of: Make) -> None:
    agent = agent_of({"tool": "again", "arguments": {"prompt": "?"}}, "done")  # each asks once
    agent.add_tool(agent.as_tool("again"))
    seen: list[str] = []
    agent.host.events.on("tool.call.failed", lambda event: seen.append(event.data["content"]))
    assert (await agent.run("?")).text == "done"
    await agent.host.events.drain()
    assert len(seen) == 1 and "16 deep" in seen[0]
