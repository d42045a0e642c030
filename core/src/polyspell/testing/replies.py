"""Replies as people write them, told in deltas as a model would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import msgspec

from polyspell.errors import ConfigError, PolyspellError
from polyspell.messages import Delta, FinishReason, ToolCallDelta, Usage
from polyspell.providers.base import Request

# A text; {"tool": name, "arguments": {...}} ; {"thinking": text}; {"error": code, "message": ...};
# {"finish": reason}; an exception; a list of these; or a function of the request that gives any.
Reply = str | dict[str, Any] | Exception | list[Any] | Callable[[Request], Any]

MAX_DELTAS = 10_000
"""About as many deltas a reply comes in at most: it is made and read in one go."""


def tokens(text: str) -> int:
    """An estimate, four characters a token."""
    return (len(text) + 3) // 4


def deltas(reply: Reply, request: Request, chunk: int, usage: Usage) -> list[Delta | Exception]:
    """All deltas of a reply, the last with `usage` filled in, or with the error that ends it."""
    told: list[Delta | Exception] = []
    calls, finish = 0, None
    parts = reply if isinstance(reply, list) else [reply]
    if chunk > 0:
        chunk = max(chunk, sum(map(_length, parts)) // MAX_DELTAS)
    for part in parts:
        if isinstance(part, str):
            told += [Delta(text=piece) for piece in _pieces(part, chunk)]
        elif isinstance(part, dict) and "tool" in part:
            # The number of messages makes the id unique in the conversation, and repeatable.
            told += _call(part, f"call_{len(request.messages)}_{calls}", calls, chunk)
            calls += 1
        elif isinstance(part, dict) and "thinking" in part:
            told += [Delta(thinking=piece) for piece in _pieces(part["thinking"], chunk)]
        elif isinstance(part, dict) and "finish" in part:
            finish = _reason(part["finish"])
        elif isinstance(part, Exception | dict):
            return [*told, part if isinstance(part, Exception) else _error(part)]
        else:
            raise ConfigError(f"{part!r} is not a reply that a model can give.")
    usage.output_tokens = sum(_size(delta) for delta in told if isinstance(delta, Delta))
    reason = finish or ("tool_calls" if calls else "stop")
    return [*told, Delta(usage=usage, finish_reason=reason, model=request.model)]


def _reason(given: Any) -> FinishReason:
    """Why the answer ends, where it is not for the usual reason."""
    if given not in get_args(FinishReason):
        known = ", ".join(get_args(FinishReason))
        raise ConfigError(f"{given!r} is no reason for an answer to end.", hint=f"One of: {known}.")
    reason: FinishReason = given
    return reason


def _length(part: Any) -> int:
    """Characters of a part that come in pieces."""
    if isinstance(part, dict):
        part = part.get("thinking") or part.get("arguments") or ""
    return len(part if isinstance(part, str) else str(part))


def _pieces(text: str, chunk: int) -> list[str]:
    size = chunk if chunk > 0 else len(text) or 1
    return [text[at : at + size] for at in range(0, len(text), size)]


def _call(part: dict[str, Any], id: str, index: int, chunk: int) -> list[Delta]:
    given = part.get("arguments", {})
    text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    pieces = [ToolCallDelta(index, arguments=piece) for piece in _pieces(text, chunk) or [""]]
    pieces[0].id, pieces[0].name = part.get("id", id), part["tool"]
    return [Delta(tool_call=piece) for piece in pieces]


def _size(delta: Delta) -> int:
    called = delta.tool_call.arguments if delta.tool_call is not None else ""
    return tokens(delta.text + delta.thinking + called)


def _error(part: dict[str, Any]) -> PolyspellError:
    """`{"error": "rate_limit", "message": ..., "context": {...}}` as that error of the tree."""
    if "error" not in part:
        raise ConfigError(f"{part!r} is not a reply: it has no tool, thinking, finish or error.")
    said = {"message": "The model was told to fail.", **part, "code": part["error"]}
    error = PolyspellError.from_dict(said)
    for name in {"hint", "retryable"} - part.keys():
        setattr(error, name, getattr(type(error), name))
    return error
