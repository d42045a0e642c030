from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.memory import estimate_tokens, window
from polyspell.memory.window import whole
from polyspell.messages import Media, Message, Text, ToolCall, ToolResult
from polyspell.testing.matchers import valid_conversation


def exchange(first: int, calls: int) -> list[Message]:
    """A message that calls tools, and what they gave."""
    ids = [f"{first}.{n}" for n in range(calls)]
    return [
        Message("assistant", [ToolCall(i, "f") for i in ids]),
        Message("tool", [ToolResult(i, "f", "x" * first) for i in ids]),
    ]


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """Valid ones: turns of a user, any number of exchanges with tools, an answer or none; with pins
    anywhere, and perhaps something before the first user speaks."""
    messages = [Message.assistant("Welcome.")] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 6))):
        messages.append(Message.user("u" * draw(st.integers(0, 40))))
        for _ in range(draw(st.integers(0, 2))):
            messages += exchange(len(messages), draw(st.integers(1, 3)))
        if draw(st.booleans()):
            messages.append(Message.assistant("a" * draw(st.integers(1, 40))))
    pins = draw(st.lists(st.booleans(), min_size=len(messages), max_size=len(messages)))
    rare = draw(st.booleans())
    return [
        msgspec.structs.replace(m, pinned=pin and rare)
        for m, pin in zip(messages, pins, strict=True)
    ]


LIMIT = st.none() | st.integers(0, 20)


@given(conversations(), LIMIT, st.none() | st.integers(0, 200))
def test_a_window_is_a_valid_conversation_in_the_same_order(
    messages: list[Message], most: int | None, tokens: int | None
) -> None:
    seen = window(messages, most, tokens)
    assert valid_conversation(seen)
    places = [next(i for i, m in enumerate(messages) if m is s) for s in seen]
    assert places == sorted(places)
    assert all(any(m is s for s in seen) for m in messages if m.pinned)


@given(conversations(), LIMIT, st.none() | st.integers(0, 200))
def test_a_window_keeps_the_last_turn_and_is_else_within_its_limits(
    messages: list[Message], most: int | None, tokens: int | None
) -> None:
    seen = window(messages, most, tokens)
    users = [i for i, m in enumerate(messages) if m.role == "user"]
    last = messages[users[-1] :] if users else messages
    assert all(any(m is s for s in seen) for m in last)
    pinned = [m for m in seen if m.pinned]
    if not pinned and len(seen) > len(last):
        assert most is None or len(seen) <= most
        assert tokens is None or sum(map(estimate_tokens, seen)) <= tokens


@given(conversations())
def test_a_window_without_limits_is_everything(messages: list[Message]) -> None:
    assert window(messages) == messages


@given(conversations(), st.data())
def test_what_lost_its_other_half_is_left_out(messages: list[Message], data: Any) -> None:
    kept = [m for m in messages if data.draw(st.booleans())]
    assert valid_conversation(list(whole(kept)))
    assert whole(messages) is messages


def test_half_an_exchange_leaves_the_text_beside_it() -> None:
    said = Message("assistant", [Text("Let me see."), ToolCall("1", "f"), ToolCall("2", "f")])
    answer = Message("tool", [ToolResult("2", "f", "ok"), ToolResult("3", "f", "of another")])
    first, second = whole([said, answer])
    assert first.parts == [Text("Let me see."), ToolCall("2", "f")]
    assert second.parts == [ToolResult("2", "f", "ok")]


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        (Message.user(""), 4),
        (Message.user("x" * 40), 14),
        (Message.user("ø" * 20), 14),
        (Message.user("\ud800" * 4), 7),
        (Message.user(Media("image/png", b"")), 1004),
        (Message("tool", [ToolResult("1", "ffff", "ø" * 18)]), 14),
        (Message("tool", [ToolResult("1", "", "", media=[Media("image/png")])]), 1004),
    ],
)
def test_tokens_are_estimated_by_bytes(message: Message, tokens: int) -> None:
    assert estimate_tokens(message) == tokens
