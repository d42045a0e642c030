from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from polyspell import Agent, Host, RunLimits
from polyspell.errors import LimitExceeded
from polyspell.messages import Delta, ToolCallDelta, Usage
from polyspell.providers.base import ModelInfo, Request
from polyspell.testing.matchers import valid_conversation

Make = Callable[..., Agent]


async def add(a: int = 0) -> int:
    return a


class Dear:
    """A model that always calls a tool, and says what that has cost."""

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        yield Delta(tool_call=ToolCallDelta(id=f"{len(request.messages)}", name="add"))
        usage = Usage(input_tokens=10, output_tokens=5, cost=0.25)
        yield Delta(usage=usage, finish_reason="tool_calls")

    async def models(self) -> list[ModelInfo]:
        return []


@pytest.mark.parametrize(
    ("limits", "name", "requests", "calls"),
    [
        ({"turns": 3}, "turns", 3, 3),
        (RunLimits(turns=1), "turns", 1, 1),
        ({"turns": 0}, "turns", 0, 0),
        ({"tool_calls": 2}, "tool_calls", 3, 2),
        ({"tool_calls": 0}, "tool_calls", 1, 0),
        ({"tokens": 44}, "tokens", 3, 2),
        ({"tokens": 45}, "tokens", 4, 3),
        ({"cost": 0.5}, "cost", 3, 2),
        ({"turns": "4"}, "turns", 4, 4),
        (None, "turns", 20, 20),
    ],
)
async def test_a_run_stops_where_its_limit_says(
    host: Host, limits: Any, name: str, requests: int, calls: int
) -> None:
    host.providers.register("dear", Dear())
    agent = Agent("dear/m", host=host, tools=[add], limits=limits, memory=True)
    stream = agent.stream("?")
    with pytest.raises(LimitExceeded) as caught:
        async with stream:
            async for _ in stream:
                pass
    assert caught.value.context["limit"] == name
    assert name.replace("_", " ") in str(caught.value)
    assert stream.usage.requests == requests
    results = [p for m in stream.messages if m.role == "tool" for p in m.parts]
    assert sum(not p.error for p in results) == calls  # type: ignore[union-attr]
    assert valid_conversation(stream.messages)
    assert await agent.history() == stream.messages


async def test_a_batch_of_calls_over_the_limit_runs_none_of_them(agent_of: Make) -> None:
    reply = [{"tool": "add"}] * 3
    agent = agent_of(reply, "never", tools=[add], limits={"tool_calls": 2}, memory=True)
    with pytest.raises(LimitExceeded):
        await agent.run("?")
    results = (await agent.history())[-1].parts
    assert {p.content for p in results} == {"Error: It was not called: the run ended before."}  # type: ignore[union-attr]


async def test_limits_of_a_run_replace_those_of_its_agent(agent_of: Make) -> None:
    agent = agent_of({"tool": "add"}, "done", tools=[add], limits={"turns": 1})
    assert (await agent.run("?", limits={"turns": 2})).text == "done"
    with pytest.raises(LimitExceeded):
        await agent.run("?")


@pytest.mark.parametrize("where", ["model", "tool", "tools", "approve", "instructions"])
async def test_the_time_limit_holds_wherever_the_run_waits(agent_of: Make, where: str) -> None:
    async def hang(*_: Any) -> Any:
        await asyncio.sleep(3600)

    async def wait() -> None:
        await hang()

    from polyspell import Tool

    tool = Tool(wait, needs_approval=where == "approve")
    reply: Any = [{"tool": "wait"}] * (2 if where == "tools" else 1)
    options: dict[str, Any] = {"delay": 3600.0} if where == "model" else {}
    if where in ("approve", "instructions"):
        options[where] = hang
    agent = agent_of(reply, "never", tools=[tool], memory=True, **options)
    with pytest.raises(LimitExceeded, match=r"limit of 0.02 seconds"):
        await agent.run("?", limits={"seconds": 0.02})
    assert valid_conversation(await agent.history())
    assert len(asyncio.all_tasks()) == 1


async def test_a_time_out_around_the_run_is_not_taken_for_its_own(agent_of: Make) -> None:
    agent = agent_of("never", delay=3600.0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await agent.run("?", limits={"seconds": 3600})
