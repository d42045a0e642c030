from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.messages import (
    Delta,
    Media,
    Other,
    Text,
    Thinking,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from polyspell.providers.base import ModelInfo, Request
from polyspell.providers.fold import Fold, generate


def fold(*deltas: Delta) -> Any:
    folded = Fold("m")
    for delta in deltas:
        folded.add(delta)
    return folded.response()


def call(index: int = 0, arguments: str = "", **options: Any) -> Delta:
    return Delta(tool_call=ToolCallDelta(index, arguments=arguments, **options))


PARTS = st.lists(
    st.one_of(
        st.builds(Text, st.text(min_size=1)),
        st.builds(Thinking, st.text(min_size=1)),
        st.builds(ToolCall, st.uuids().map(str), st.just("f"), st.text(min_size=2)),
        st.builds(Media, st.just("image/png"), st.binary()),
        st.builds(Other, st.just("p"), st.integers()),
    ),
    max_size=6,
)


@given(PARTS, st.integers(1, 5))
def test_what_is_cut_to_pieces_comes_together_in_its_order(parts: list[Any], size: int) -> None:
    deltas: list[Delta] = []
    calls = itertools.count()
    for part in parts:
        if isinstance(part, Text | Thinking):
            field = "text" if isinstance(part, Text) else "thinking"
            deltas += [Delta(**{field: piece}) for piece in _cut(part.text, size)]
        elif isinstance(part, ToolCall):
            index = next(calls)
            first, *rest = _cut(part.arguments, size)
            deltas.append(call(index, first, id=part.id, name=part.name))
            deltas += [call(index, piece) for piece in rest]
        else:
            deltas.append(Delta(part=part))
    told = fold(*deltas).message.parts
    assert told == _joined(parts)


def _cut(text: str, size: int) -> list[str]:
    return [text[n : n + size] for n in range(0, len(text), size)]


def _joined(parts: list[Any]) -> list[Any]:
    """Two texts in a row are one."""
    found: list[Any] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, Text | Thinking) and type(part) is type(last):
            found[-1] = type(part)(last.text + part.text)  # type: ignore[union-attr]
        else:
            found.append(part)
    return found


def test_pieces_of_parallel_calls_may_come_mixed() -> None:
    response = fold(
        call(1, '{"b"', id="2", name="g"),
        call(0, '{"a"', id="1", name="f", extra={"x": 1}),
        call(1, ":2}"),
        call(0, ":1}", extra={"y": 2}),
    )
    assert response.message.tool_calls == [
        ToolCall("2", "g", '{"b":2}'),
        ToolCall("1", "f", '{"a":1}', {"x": 1, "y": 2}),
    ]
    assert response.finish_reason == "tool_calls"


def test_a_server_that_counts_every_call_as_the_first_means_several() -> None:
    response = fold(
        call(0, '{"a":', id="1", name="f"), call(0, "1}"), call(0, '{"a":2}', id="2", name="f"),
        call(0, "", id="2"),
    )  # fmt: skip
    assert [c.arguments for c in response.message.tool_calls] == ['{"a":1}', '{"a":2}']


def test_what_a_call_lacks_is_filled_in() -> None:
    first, second = fold(call(0, name="f"), call(1, name="g")).message.tool_calls
    assert first.id
    assert first.id != second.id
    assert first.arguments == second.arguments == "{}"


def test_thinking_and_text_in_one_delta_are_both_kept() -> None:
    response = fold(Delta(thinking="hm", text="yes"))
    assert response.message.parts == [Thinking("hm"), Text("yes")]


def test_a_signature_closes_the_thinking_before_it() -> None:
    parts = fold(
        Delta(thinking="a"), Delta(thinking="b"), Delta(part=Thinking("", "signed")),
        Delta(thinking="c"),
    ).message.parts  # fmt: skip
    assert parts == [Thinking("ab", "signed"), Thinking("c")]


def test_the_last_word_counts() -> None:
    response = fold(
        Delta(usage=Usage(5, 1), model="m1", id="1", extra={"a": 1}),
        Delta(usage=Usage(5, 9, requests=1), finish_reason="length", model="m2", extra={"b": 2}),
    )
    assert (response.usage.output_tokens, response.finish_reason) == (9, "length")
    assert (response.model, response.id, response.extra) == ("m2", "1", {"a": 1, "b": 2})
    assert fold().finish_reason == "other"
    assert fold().usage.requests == 1


def test_a_part_of_an_answer_can_be_looked_at_before_its_end() -> None:
    folded = Fold()
    folded.add(call(0, '{"a"', id="1", name="f"))
    early = msgspec.json.encode(folded.response())
    folded.add(call(0, ":1}"))
    assert b'{\\"a\\""' in early
    assert folded.response().message.tool_calls[0].arguments == '{"a":1}'


async def test_generate_is_the_stream_folded_and_passes_its_errors() -> None:
    class Fails:
        async def stream(self, request: Request) -> AsyncIterator[Delta]:
            yield Delta("a")
            if request.model == "bad":
                raise ValueError("broken off")

        async def models(self) -> list[ModelInfo]:
            return []

    assert (await generate(Fails(), Request("good", []))).message.text == "a"
    with pytest.raises(ValueError, match="broken off"):
        await generate(Fails(), Request("bad", []))
