"""A model's answer before a run goes by it: what ended it, and whether its calls are whole.

| it ended with | |
|---|---|
| `stop`, `tool_calls` | it is taken |
| `length` | a text is taken; half a call is not made, half an output is not taken |
| `pause` | the model is asked to go on |
| `content_filter` | ContentFiltered |
| `error`, `cancelled` | BadResponseError |
| `other` | taken, unless there is nothing in it |
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from polyspell.errors import BadResponseError, ContentFiltered, LimitExceeded, ValidationError
from polyspell.events import new_id
from polyspell.messages import Message, Part, Response, Text, Thinking, ToolCall
from polyspell.providers.call import require_answered
from polyspell.schema import parse_json

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def require_usable(model: str, response: Response, max_tokens: int | None) -> None:
    """Go on with what is an answer, or a part of one.

    Args:
        model: `provider/model`.
        response: what it said.
        max_tokens: that it could say, where somebody set a limit.

    Raises:
        ContentFiltered: it refused.
        BadResponseError: it failed, or ended for no known reason before it said anything.
        LimitExceeded: its limit of tokens left no room for an answer.
    """
    require_answered(model, response)
    reason = response.finish_reason
    if reason == "content_filter":
        words = _refusal(response)
        raise ContentFiltered(
            f"{model} refused to answer{': ' + words if words else '.'}",
            hint="Ask otherwise; in the same conversation, what it refused is still there.",
            context={"model": model},
        )
    if reason not in ("length", "other") or _says_something(response.message):
        return
    if reason == "length":
        raise too_short(f"{model} was cut off before it said anything.", max_tokens)
    raise BadResponseError(
        f"{model} said nothing, and not why.",
        hint="Try again.",
        context={"model": model, "finish_reason": reason},
    )


def too_short(message: str, max_tokens: int | None, **context: str) -> LimitExceeded:
    """The error of an answer that had no room, with what to do about it."""
    now = f"Raise max_tokens (it is {max_tokens})" if max_tokens else "Give it a max_tokens"
    limit = {"limit": "max_tokens"} | ({"allowed": max_tokens} if max_tokens else {})
    return LimitExceeded(
        message, hint=f"{now}, or let it do less at once.", context={**limit, **context}
    )


def _refusal(response: Response) -> str:
    """The words of a refusal, wherever the service puts them."""
    extra = response.extra or {}
    details = extra.get("stop_details")
    said = details.get("explanation") if isinstance(details, dict) else None
    return str(extra.get("refusal") or said or response.message.text).strip()[:500]


def _says_something(message: Message) -> bool:
    return any(
        bool(part.text.strip()) if isinstance(part, Text) else not isinstance(part, Thinking)
        for part in message.parts
    )


def require_whole(text: str, max_tokens: int | None) -> None:
    """Go on with a text that holds JSON which has an end, though the text was cut off.

    Raises:
        LimitExceeded: it may be half of it.
    """
    if has_no_end(text) or not ("}" in text or "]" in text):
        raise too_short("The answer was cut off before its end.", max_tokens)


class Settled(msgspec.Struct):
    """An answer whose calls can be made, but for those that are `cut`. `repaired` are those whose
    arguments were mended, each with the text that the model wrote."""

    message: Message
    cut: list[ToolCall]
    repaired: list[tuple[ToolCall, str]]


def settle(response: Response, known_ids: Callable[[], set[str]]) -> Settled:
    """Make an answer one to go by. Its calls get ids that no other of the conversation has: some
    models count anew in each answer, and decisions and results go by the id.

    Args:
        response: the answer.
        known_ids: gives those of the calls of the conversation; the answer's are added to them.
    """
    message = response.message
    settled = Settled(message, [], [])
    if not message.tool_calls:
        return settled
    ids = known_ids()
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            # A server may close what was cut, so that the last call of all is not trusted.
            at_end = response.finish_reason == "length" and part is message.parts[-1]
            part = _own_id(part, ids)
            mended = None if at_end else mend(part.arguments)
            if at_end or mended is CUT:
                settled.cut.append(part)
            elif mended is not None:
                wrote = part.arguments
                part = msgspec.structs.replace(part, arguments=mended)
                settled.repaired.append((part, wrote))
        parts.append(part)
    settled.message = msgspec.structs.replace(message, parts=parts)
    return settled


def _own_id(call: ToolCall, ids: set[str]) -> ToolCall:
    if not call.id or call.id in ids:
        call = msgspec.structs.replace(call, id=f"call_{new_id()}")
    ids.add(call.id)
    return call


CUT = ""
"""What `mend` gives for arguments that have no end."""


def mend(arguments: str) -> str | None:
    """The arguments of a call as JSON, CUT where their end is missing, None where nothing is to be
    done: they are as they should be, or nothing like it. What is missing is not made up: servers
    say of calls that were cut that they are whole."""
    try:
        if isinstance(msgspec.json.decode(arguments), dict):
            return None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        if has_no_end(arguments):
            return CUT
    try:
        value = parse_json(arguments, want_object=True)
        return msgspec.json.encode(value).decode()
    except (ValidationError, ValueError, OverflowError, RecursionError):
        return None


def has_no_end(text: str) -> bool:
    """Whether JSON was begun in a text and not ended: a quote or a bracket is open."""
    bare = _STRING.sub("", text)
    return '"' in bare or sum(map(bare.count, "{[")) > sum(map(bare.count, "}]"))
