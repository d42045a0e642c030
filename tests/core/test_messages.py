from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.messages import (
    Media,
    Message,
    Other,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Usage,
    decode_messages,
    encode_messages,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))  # half a surrogate pair is no text
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
EXTRA = st.none() | st.dictionaries(TEXT, JSON, max_size=2)
MEDIA = st.builds(
    Media, TEXT, data=st.none() | st.binary(), url=st.none() | TEXT, name=st.none() | TEXT,
    extra=EXTRA,
)  # fmt: skip
PART = st.one_of(
    st.builds(Text, TEXT, extra=EXTRA),
    st.builds(Thinking, TEXT, signature=st.none() | TEXT, extra=EXTRA),
    MEDIA,
    st.builds(ToolCall, TEXT, TEXT, TEXT, extra=EXTRA),
    st.builds(
        ToolResult, TEXT, TEXT, TEXT, data=JSON, error=st.booleans(),
        media=st.none() | st.lists(MEDIA, max_size=2),
    ),
    st.builds(Other, TEXT, JSON),
)  # fmt: skip
MESSAGE = st.builds(
    Message,
    st.sampled_from(get_args(Role)),
    st.lists(PART, max_size=4),
    name=st.none() | TEXT,
    pinned=st.booleans(),
    metadata=EXTRA,
)


@given(st.lists(MESSAGE, max_size=4))
def test_messages_come_back_from_json_as_they_were(messages: list[Message]) -> None:
    assert decode_messages(encode_messages(messages)) == messages
    plain = msgspec.to_builtins(messages)
    assert msgspec.convert(plain, list[Message]) == messages


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ('[{"role": "robot", "parts": []}]', r"\$\[0\].role"),
        ('[{"role": "user", "parts": [{"type": "noise"}]}]', r"\$\[0\].parts\[0\]"),
        ('[{"role": "user"}]', r"\$\[0\]"),
        ('{"role": "user"}', "array"),
    ],
)
def test_what_is_no_message_is_an_error_that_says_where(data: str, path: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=path):
        decode_messages(data)


def test_text_and_calls_of_a_message() -> None:
    call = ToolCall("1", "f")
    message = Message.assistant("a", Thinking("not said"), call, "b")
    assert (message.text, message.tool_calls) == ("ab", [call])
    assert Message.user("x").text == "x"
    assert Message("user", []).text == ""
    assert Message.system("s").role == "system"


USAGE = st.builds(
    Usage,
    *[st.integers(0, 1000)] * 5,
    cost=st.none() | st.integers(0, 100).map(float),
    requests=st.integers(0, 9),
)


@given(st.lists(USAGE, max_size=5))
def test_usage_adds_up_in_any_order(usages: list[Usage]) -> None:
    def total(order: list[Usage]) -> dict[str, Any]:
        found = Usage()
        for usage in order:
            found.add(usage)
        return msgspec.structs.asdict(found)

    assert total(usages) == total(usages[::-1])
    assert total(usages)["requests"] == sum(u.requests for u in usages)
    known = [u.cost for u in usages if u.cost is not None]
    assert total(usages)["cost"] == (sum(known) if known else None)
