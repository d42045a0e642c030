"""Which messages of a long conversation a model gets to see."""

from __future__ import annotations

from collections.abc import Sequence

from polyspell.messages import Media, Message, Text, Thinking, ToolCall, ToolResult


def estimate_tokens(message: Message) -> int:
    """An estimate of a message's tokens: a quarter of its UTF-8 bytes, 4 for the frame, 1,000 for
    each picture, sound or document. Not a tokenizer's count."""
    size = 0
    for part in message.parts:
        if isinstance(part, Text | Thinking):
            size += len(part.text.encode("utf-8", "surrogatepass"))
        elif isinstance(part, ToolCall):
            size += len(part.name) + len(part.arguments)
        elif isinstance(part, ToolResult):
            size += len(part.name) + len(part.content)
        elif isinstance(part, Media):
            size += 4000
    return size // 4 + 4


def window(
    messages: Sequence[Message], max_messages: int | None = None, max_tokens: int | None = None
) -> list[Message]:
    """The newest messages that fit, in order; pinned ones stay.

    A turn is kept or dropped whole, so that no tool result stands without its call: the result
    begins with a user message (or a pinned one). The last turn is always there, even if it alone is
    too long.
    """
    if max_messages is None and max_tokens is None:
        return list(messages)
    pinned = {i for i, m in enumerate(messages) if m.pinned}
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


def _turns(messages: Sequence[Message]) -> list[list[int]]:
    """Indices, grouped: a user message and all that answers it."""
    turns: list[list[int]] = []
    for index, message in enumerate(messages):
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(index)
    return turns
