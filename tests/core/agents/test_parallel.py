from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from polyspell import Agent, Host
from polyspell.messages import ToolResult
from polyspell.testing.matchers import collect_events

Make = Callable[..., Agent]


def call(n: int, name: str = "work") -> dict[str, Any]:
    return {"tool": name, "arguments": {"n": n}}


async def test_calls_run_at_the_same_time_and_their_results_keep_the_order_of_the_calls(
    agent_of: Make, host: Host
) -> None:
    turn = [asyncio.Event() for _ in range(4)]
    turn[2].set()

    async def work(n: int) -> int:
        await turn[n].wait()  # the last ends first
        if n:
            turn[n - 1].set()
        return n

    agent = agent_of([call(0), call(1), call(2)], "done", tools=[work])
    with collect_events(host.events, "tool.call.*") as told:
        result = await asyncio.wait_for(agent.run("?"), 10)
    assert [c["result"] for c in result.tool_calls] == [0, 1, 2]
    assert [p.data for p in result.messages[2].parts if isinstance(p, ToolResult)] == [0, 1, 2]
    ended = [e.data["content"] for e in told if e.name == "tool.call.completed"]
    assert sorted(ended) == ["0", "1", "2"]
    assert [e.name for e in told[:3]] == ["tool.call.started"] * 3


async def test_one_that_fails_leaves_the_others(agent_of: Make) -> None:
    async def work(n: int) -> int:
        await asyncio.sleep(0)
        if n == 1:
            raise ValueError("one")
        return n

    agent = agent_of([call(0), call(1), call(2), call(3, "none")], "done", tools=[work])
    result = await agent.run("?")
    assert [c["result"] for c in result.tool_calls] == [0, None, 2, None]
    assert [bool(c["error"]) for c in result.tool_calls] == [False, True, False, True]


async def test_cancelling_the_run_cancels_all_and_waits_for_them(agent_of: Make) -> None:
    ended: list[int] = []
    begun = asyncio.Semaphore(0)

    async def work(n: int) -> int:
        begun.release()
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            ended.append(n)
        return n

    agent = agent_of([call(n) for n in range(5)], "done", tools=[work])
    run = asyncio.ensure_future(agent.run("?"))
    for _ in range(5):
        await begun.acquire()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert sorted(ended) == list(range(5))
    assert len(asyncio.all_tasks()) == 1


async def test_what_was_through_before_a_cancellation_keeps_its_result(agent_of: Make) -> None:
    async def work(n: int) -> int:
        await asyncio.sleep(3600 * n)
        return n

    agent = agent_of([call(0), call(1)], "done", tools=[work], memory=True)
    async with agent.stream("?") as stream:
        async for event in stream:
            if event.name == "tool.call.completed":
                break
    contents = [p.content for p in stream.messages[2].parts if isinstance(p, ToolResult)]
    assert contents == ["0", "Error: The call was cancelled."]
    assert await agent.history() == stream.messages


async def test_a_hundred_calls_at_once(agent_of: Make) -> None:
    async def work(n: int) -> int:
        await asyncio.sleep(0)
        return n

    result = await agent_of([call(n) for n in range(100)], "done", tools=[work]).run("?")
    assert [c["result"] for c in result.tool_calls] == list(range(100))


async def test_plain_functions_run_at_the_same_time_too(agent_of: Make) -> None:
    import threading

    together = threading.Barrier(3)

    def work(n: int) -> int:
        together.wait(10)  # through only when all three are here
        return n

    result = await agent_of([call(0), call(1), call(2)], "done", tools=[work]).run("?")
    assert [c["result"] for c in result.tool_calls] == [0, 1, 2]
