"""A run makes the calls that its model asked for, in parallel, and answers each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.agents import toolcalls
from polyspell.agents.approval import decide
from polyspell.aio import reap
from polyspell.events import Event
from polyspell.messages import Message, ToolCall, ToolResult

if TYPE_CHECKING:
    from polyspell.agents.run import Run


async def call_tools(run: Run, calls: list[ToolCall]) -> AsyncGenerator[Event, None]:
    """Make the calls; their results are in the conversation then. Where one waits for approval,
    none is made, and the run has its result."""
    undecided = await run.in_time(decide(run, calls))
    if undecided:
        asked = [msgspec.to_builtins(call) for call in undecided]
        yield run.tell("agent.approval.required", {"calls": asked})
        text = run.messages[-1].text
        run.end("approval", text, text, [call.id for call in undecided])
        return
    run.limits.check(run.turns, run.calls_made + len(calls), run.usage)
    run.calls_made += len(calls)
    results: dict[str, ToolResult] = {}
    try:
        work = _one(run, calls[0], results) if len(calls) == 1 else _many(run, calls, results)
        async with aclosing(work) as steps:
            async for event in steps:
                yield event
    finally:
        answer(run, calls, results, "The call was cancelled.")
    for call in calls:
        other = run.agent.handoff_named(call.name)
        if other is not None and not results[call.id].error:
            data = {"from": run.agent.name, "to": other.name}
            run.take_over(other)
            yield run.tell("agent.handoff", data)
            return


def answer(run: Run, calls: list[ToolCall], results: dict[str, ToolResult], missing: str) -> None:
    """Add the results to the conversation, one for each call, in the order of the calls; where
    there is none, that says why."""
    parts: list[Any] = [results.get(call.id) or toolcalls.failure(call, missing) for call in calls]
    run.messages.append(Message("tool", parts))


async def _one(
    run: Run, call: ToolCall, results: dict[str, ToolResult]
) -> AsyncGenerator[Event, None]:
    yield run.tell(*toolcalls.started(call))
    begin = toolcalls.clock()
    results[call.id] = result = await run.in_time(_make(run, call))
    yield run.tell(*toolcalls.ended(result, toolcalls.clock() - begin))


async def _many(
    run: Run, calls: list[ToolCall], results: dict[str, ToolResult]
) -> AsyncGenerator[Event, None]:
    begin = toolcalls.clock()
    tasks: dict[asyncio.Task[ToolResult], ToolCall] = {}
    try:
        for call in calls:
            yield run.tell(*toolcalls.started(call))
            tasks[asyncio.ensure_future(_make(run, call))] = call
        waiting = set(tasks)
        while waiting:
            done, waiting = await run.in_time(
                asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            )
            for task in [t for t in tasks if t in done]:
                results[tasks[task].id] = result = task.result()
                yield run.tell(*toolcalls.ended(result, toolcalls.clock() - begin))
    finally:
        await reap(*tasks)


async def _make(run: Run, call: ToolCall) -> ToolResult:
    """Make a call, unless it is half a one or somebody refused it."""
    if call.id in run.cut:
        return toolcalls.failure(call, _cut(run.agent.max_tokens))
    decision = run.decisions.get(call.id, True)
    if decision is False or isinstance(decision, str):
        reason = decision or "no reason was given"
        return toolcalls.failure(call, f"The user did not allow this call: {reason}.")
    changed = decision if isinstance(decision, dict) else None
    return await toolcalls.execute(run, call, changed)


def _cut(max_tokens: int | None) -> str:
    """What a model reads whose call was cut off."""
    limit = f" (an answer has {max_tokens} tokens at most)" if max_tokens else ""
    return (
        f"The call was cut off before its end{limit}, and was not made. Make it again with less in "
        "it, or do it in several smaller steps."
    )
