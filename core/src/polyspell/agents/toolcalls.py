"""One tool call of a run: from the model's words to a result that the model can read."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import PolyspellError, ValidationError, describe
from polyspell.messages import Media, ToolCall, ToolResult
from polyspell.schema import parse_json
from polyspell.tools import Tool, ToolContext, ToolOutput
from polyspell.tools.calling import call_within

if TYPE_CHECKING:
    from polyspell.agents.run import Run


def _fallback(value: Any) -> Any:
    """JSON for what has none: a pydantic model's own, else how Python would print it."""
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if dump is not None else str(value)


_encode = msgspec.json.Encoder(enc_hook=_fallback).encode


def started(call: ToolCall) -> tuple[str, dict[str, Any]]:
    """Name and data of the event before a call."""
    data = {"id": call.id, "name": call.name, "arguments": call.arguments}
    return "tool.call.started", data


def ended(result: ToolResult, seconds: float) -> tuple[str, dict[str, Any]]:
    """Name and data of the event after a call."""
    data = {"id": result.id, "name": result.name, "content": result.content, "seconds": seconds}
    return "tool.call.failed" if result.error else "tool.call.completed", data


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
    except asyncio.CancelledError:
        if being_cancelled():
            raise
        return failure(call, "What the tool waited for was cancelled.")
    except (Exception, SystemExit) as error:
        run.log.debug("tool %s failed", call.name, exc_info=error)
        return failure(call, describe(error)["message"])


def being_cancelled() -> bool:
    """Whether somebody asked the current task to end."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def invoke(run: Run, tool: Tool, call: ToolCall, arguments: dict[str, Any]) -> Any:
    """Call a tool within its hooks; gives the value or raises."""
    context = ToolContext(
        call, run.host, run.agent.name, run.run_id, run.context, run.grants, run.usage
    )
    return await call_within(run.hooks, tool, arguments, context)


def success(call: ToolCall, value: Any) -> ToolResult:
    """A tool's value as the model reads it: text as it is, all else as JSON, or as Python would
    print what has no JSON."""
    if type(value) is str:
        text = sendable(value)
        return ToolResult(call.id, call.name, text, text)
    if isinstance(value, ToolOutput):
        return ToolResult(call.id, call.name, value.text, value.data, value.error, value.media)
    if isinstance(value, Media):
        return ToolResult(call.id, call.name, f"[{value.media_type}]", media=[value])
    if isinstance(value, bytes):
        media = Media("application/octet-stream", value)
        return ToolResult(call.id, call.name, f"[{len(value)} bytes]", media=[media])
    try:
        encoded = _encode(value)
    except (TypeError, ValueError, RecursionError, OverflowError):
        text = sendable(str(value))
        return ToolResult(call.id, call.name, text, text)
    return ToolResult(call.id, call.name, encoded.decode(), msgspec.json.decode(encoded))


def failure(call: ToolCall, reason: str) -> ToolResult:
    """What the model reads where a call failed."""
    return ToolResult(call.id, call.name, sendable(f"Error: {reason}"), error=True)


def sendable(text: str) -> str:
    """The text as UTF-8 can carry it: `?` for half a surrogate pair (of odd file names, say)."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def clock() -> float:
    """Seconds, for durations."""
    return time.perf_counter()
