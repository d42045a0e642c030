"""One tool call of a run: from the model's words to a result that the model can read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import PolyspellError, ValidationError, describe
from polyspell.events import Event
from polyspell.events.bus import make_event
from polyspell.hooks import HookCall, through
from polyspell.messages import Media, ToolCall, ToolResult
from polyspell.schema import parse_json
from polyspell.tools import Tool, ToolContext, ToolOutput

if TYPE_CHECKING:
    from polyspell.agents.run import Run


def _fallback(value: Any) -> Any:
    """JSON for what has none: a pydantic model's own, else how Python would print it."""
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if dump is not None else str(value)


_encode = msgspec.json.Encoder(enc_hook=_fallback).encode


def started(call: ToolCall) -> Event:
    """The event before a call."""
    return make_event(
        "tool.call.started", {"id": call.id, "name": call.name, "arguments": call.arguments}
    )


def ended(result: ToolResult, seconds: float) -> Event:
    """The event after a call."""
    name = "tool.call.failed" if result.error else "tool.call.completed"
    data = {"id": result.id, "name": result.name, "content": result.content, "seconds": seconds}
    return make_event(name, data)


async def execute(run: Run, call: ToolCall, arguments: dict[str, Any] | None = None) -> ToolResult:
    """Call the tool that a model asked for. Whatever goes wrong becomes a result that says so;
    only cancellation passes.

    Args:
        run: the run; its agent has the tools.
        call: what the model asked for.
        arguments: instead of the model's, where a person changed them.
    """
    tool = run.tools.get(call.name)
    if tool is None:
        known = ", ".join(run.tools) or "none"
        return failure(call, f"There is no tool {call.name!r}. The tools are: {known}.")
    try:
        given = parse_json(call.arguments, want_object=True) if arguments is None else arguments
        value = await invoke(run, tool, call, given)
        return success(call, value)
    except ValidationError as error:
        return failure(call, f"{error} The arguments must fit {_encode(tool.parameters).decode()}")
    except PolyspellError as error:
        return failure(call, str(error))
    except Exception as error:
        run.log.debug("tool %s failed", call.name, exc_info=error)
        return failure(call, describe(error)["message"])


async def invoke(run: Run, tool: Tool, call: ToolCall, arguments: dict[str, Any]) -> Any:
    """Call a tool within its hooks; gives the value or raises."""
    context = ToolContext(
        call, run.host, run.agent.name, run.run_id, run.context, run.grants, run.usage
    )
    chain = run.hooks.chain("tool.call")
    if chain is None:
        return await tool.call(arguments, context)
    values = {
        "tool": tool.name, "arguments": arguments, "call_id": call.id, "agent": run.agent.name,
    }  # fmt: skip

    async def inner(call: HookCall) -> Any:
        return await tool.call(call.values["arguments"], context)

    return await through(chain, HookCall("tool.call", values), inner)


def success(call: ToolCall, value: Any) -> ToolResult:
    """A tool's value as the model reads it: text as it is, all else as JSON."""
    if type(value) is str:
        return ToolResult(call.id, call.name, value, value)
    if isinstance(value, ToolOutput):
        return ToolResult(call.id, call.name, value.text, value.data, value.error, value.media)
    if isinstance(value, Media):
        return ToolResult(call.id, call.name, f"[{value.media_type}]", media=[value])
    if isinstance(value, bytes):
        media = Media("application/octet-stream", value)
        return ToolResult(call.id, call.name, f"[{len(value)} bytes]", media=[media])
    text = _encode(value)
    return ToolResult(call.id, call.name, text.decode(), msgspec.json.decode(text))


def failure(call: ToolCall, reason: str) -> ToolResult:
    """What the model reads where a call failed."""
    return ToolResult(call.id, call.name, f"Error: {reason}", error=True)


def clock() -> float:
    """Seconds, for durations."""
    return time.perf_counter()
