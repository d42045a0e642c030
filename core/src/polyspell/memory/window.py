"""Which messages of a long conversation a model gets to see."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from polyspell.messages import Media, Message, Part, Text, Thinking, ToolCall, ToolResult


def estimate_tokens(message: Message) -> int:
    """An estimate of a message's tokens: a quarter of its UTF-8 bytes, 4 for the frame, 1,000 for
    each picture, sound or document. Not a tokenizer's count."""
    return sum([_size(part) for part in message.parts]) // 4 + 4


def _size(part: Part) -> int:
    if isinstance(part, Text | Thinking):
        return _bytes(part.text)
    if isinstance(part, ToolCall):
        return _bytes(part.name) + _bytes(part.arguments)
    if isinstance(part, ToolResult):
        media = 4000 * len(part.media or ())
        return _bytes(part.name) + _bytes(part.content) + media
    return 4000 if isinstance(part, Media) else 0


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def whole(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages without tool calls that have no result and results that have no call: their
    other half was deleted, or grew too old."""
    asked = {p.id for m in messages for p in m.parts if isinstance(p, ToolCall)}
    answered = {p.id for m in messages for p in m.parts if isinstance(p, ToolResult)}
    if asked == answered:
        return messages
    both = asked & answered
    kept = []
    for message in messages:
        parts = [
            p for p in message.parts if not isinstance(p, ToolCall | ToolResult) or p.id in both
        ]
        if len(parts) == len(message.parts):
            kept.append(message)
        elif parts:
            kept.append(msgspec.structs.replace(message, parts=parts))
    return kept


def window(
    messages: Sequence[Message], max_messages: int | None = None, max_tokens: int | None = None
) -> list[Message]:
    """The newest messages that fit, in order; pinned ones stay, a tool's call and its result
    together.

    A turn is kept or dropped whole, so that no tool result stands without its call: the result
    begins with a user message (or a pinned one). The last turn is always there, even if it alone is
    too long.
    """
    if max_messages is None and max_tokens is None:
        return list(messages)
    pinned = _pinned(messages)
    count = len(pinned)
    tokens = sum(estimate_tokens(messages[i]) for i in pinned)
    kept: set[int] = set(pinned)
    for turn in reversed(_turns(messages)):
        fresh = [i for i in turn if i not in pinned]
        count += len(fresh)
        tokens += sum(estimate_tokens(messages[i]) for i in fresh)
        over = (max_messages is not None and count > max_messages) or (
            max_tokens is not None and tokens > max_tokens
        )
        if over and len(kept) > len(pinned):
            break
        kept.update(fresh)
    return [message for i, message in enumerate(messages) if i in kept]


def _pinned(messages: Sequence[Message]) -> set[int]:
    """Indices of what must stay: a pinned message, and the other half if it calls tools or tells
    what they gave."""
    found: set[int] = set()
    for index, message in enumerate(messages):
        if message.pinned:
            found.add(index)
            if message.tool_calls and index + 1 < len(messages):
                found.add(index + 1)
            if message.role == "tool" and index > 0:
                found.add(index - 1)
    return found


def _turns(messages: Sequence[Message]) -> list[list[int]]:
    """Indices, grouped: a user message and all that answers it."""
    turns: list[list[int]] = []
    for index, message in enumerate(messages):
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(index)
    return turns
