"""A run asks its model once, and takes the answer into the conversation."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.agents.answers import require_usable, settle, too_short
from polyspell.agents.output import schema_of
from polyspell.errors import PolyspellError
from polyspell.events import Event
from polyspell.messages import Message, Part, Response, ToolCall
from polyspell.providers.base import Request
from polyspell.providers.call import ModelCall

if TYPE_CHECKING:
    from polyspell.agents.run import Run


async def ask(run: Run) -> AsyncGenerator[Event, None]:
    """Ask, and tell the answer while it comes."""
    run.turns += 1
    agent = run.agent
    request = await run.in_time(_request(run))
    call = ModelCall(
        run.host, agent.model, request, run.hooks, agent=agent.name, context=run.context
    )
    deltas = call.deltas()
    try:
        while True:
            try:
                delta = await run.in_time(anext(deltas))
            except StopAsyncIteration:
                break
            if delta.thinking:
                yield run.tell("agent.thinking", {"text": delta.thinking})
            if delta.text:
                yield run.tell("agent.text", {"text": delta.text})
    except BaseException:
        partial = call.so_far()
        if partial is not None:
            run.usage.add(call.usage)
            _keep(run, partial.message)
        raise
    finally:
        await deltas.aclose()
    run.usage.add(call.usage)
    for event in _take(run, call.response):
        yield event


async def _request(run: Run) -> Request:
    """What the model is asked. What `tool_choice` demands is demanded until a tool was called; one
    whose call was cut off was not."""
    agent = run.agent
    instructions = agent.instructions
    if callable(instructions):
        made = instructions(run.context)
        instructions = await made if inspect.isawaitable(made) else made
    head = [Message.system(instructions)] if instructions else []
    demand = run.calls_made == len(run.cut) or agent.tool_choice == "none"
    return Request(
        agent.model,
        head + run.messages,
        agent.tool_specs(run.tools),
        agent.tool_choice if demand else "auto",
        None if run.output is None else schema_of(run.output),
        agent.temperature,
        max_tokens=agent.max_tokens,
        options=agent.options,
    )


def _take(run: Run, response: Response) -> Iterator[Event]:
    """Add an answer to the conversation. Of one that has paused the rest is still to come."""
    agent = run.agent
    try:
        require_usable(agent.model, response, agent.max_tokens)
    except PolyspellError:
        _keep(run, response.message)
        raise
    run.finish_reason = response.finish_reason
    settled = settle(response, run.call_ids)
    before, run.cut = run.cut, [call.id for call in settled.cut]
    if response.finish_reason == "pause" and not response.message.tool_calls:
        _say(run, settled.message, {"incomplete": True})
        run.paused = True
        return
    message = _say(run, settled.message, settled.message.metadata)
    yield run.tell("agent.message", {"message": msgspec.to_builtins(message)})
    for call, wrote in settled.repaired:
        about = {"id": call.id, "name": call.name, "text": wrote, "arguments": call.arguments}
        yield run.tell("agent.call.repaired", about)
    for call in settled.cut:
        about = {"id": call.id, "name": call.name, "text": call.arguments}
        yield run.tell("agent.call.cut", {**about, "finish_reason": response.finish_reason})
    if before and settled.cut:
        what = f"Calls of {agent.model} were cut off twice in a row."
        raise too_short(what, agent.max_tokens, tool=settled.cut[0].name)


def _say(run: Run, message: Message, metadata: dict[str, Any] | None) -> Message:
    """Add what a model said, to its last words where it had paused."""
    parts = message.parts
    if run.paused:
        parts = [*run.messages.pop().parts, *parts]
    run.paused = False
    message = msgspec.structs.replace(message, parts=parts, metadata=metadata)
    run.messages.append(message)
    return message


def _keep(run: Run, message: Message) -> None:
    """What came before a failure stays in the conversation, without half a tool call."""
    parts: list[Part] = [part for part in message.parts if not isinstance(part, ToolCall)]
    if parts:
        _say(run, Message("assistant", parts), {"incomplete": True})
