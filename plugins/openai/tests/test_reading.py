"""Chunks as services send them, folded into answers."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from polyspell.errors import (
    BadRequestError,
    BadResponseError,
    OverloadedError,
    ProviderError,
    RateLimitError,
)
from polyspell.messages import Delta, Media, Response, Text, Thinking
from polyspell.providers.base import Request
from polyspell.providers.fold import Fold
from polyspell_openai.reading import Reader
from polyspell_openai.usage import usage


def chunk(finish: str | None = None, *, index: int = 0, **delta: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "model": "m-1", "object": "x", "created": 1, "choices": [choice]}


def call(arguments: Any = "", **more: Any) -> dict[str, Any]:
    name = {"name": more.pop("name")} if "name" in more else {}
    return {"function": {**name, "arguments": arguments}, **more}


def deltas(*chunks: dict[str, Any], done: bool = True, **options: Any) -> list[Delta]:
    reader = Reader("acme", Request("m", [], options=options))
    found = [delta for chunk in chunks for delta in reader.read(chunk)]
    reader.done = done
    return found + reader.finish()


def folded(*chunks: dict[str, Any], **more: Any) -> Response:
    fold = Fold()
    for delta in deltas(*chunks, **more):
        fold.add(delta)
    return fold.response()


def called(*chunks: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = folded(*chunks).message.tool_calls
    return [(call.id, call.name, call.arguments) for call in found]


def test_text_comes_in_its_pieces_and_the_end_comes_last() -> None:
    counts = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    found = deltas(
        chunk(role="assistant", content=""),
        chunk(content="Hel"),
        chunk(content="lo"),
        chunk("stop"),
        {"id": "c1", "choices": [], "usage": counts},
    )
    assert [d.text for d in found] == ["Hel", "lo", ""]
    assert (found[0].id, found[0].model, found[1].id) == ("c1", "m-1", None)
    assert found[-1].finish_reason == "stop" and found[-1].usage is not None
    assert found[-1].usage.total_tokens == 7 and found[-1].extra is None


def test_a_whole_message_in_place_of_a_stream_is_read() -> None:
    message = {"role": "assistant", "content": "Hi", "tool_calls": [call("{}", id="a", name="t")]}
    found = folded({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    assert found.message.text == "Hi" and found.message.tool_calls[0].name == "t"


def test_text_and_what_comes_with_it_are_both_read() -> None:
    found = folded(
        chunk(content="a", tool_calls=[call("{}", index=0, id="c", name="x")]),
        chunk(content="b", reasoning="hm"),
    )
    assert [type(part).__name__ for part in found.message.parts] == [
        "Text", "ToolCall", "Thinking", "Text",
    ]  # fmt: skip


def test_parallel_calls_are_told_apart() -> None:
    found = called(
        chunk(tool_calls=[call(index=0, id="a", name="x")]),
        chunk(tool_calls=[call('{"n"', index=0)]),
        chunk(tool_calls=[call(index=1, id="b", name="y")]),
        chunk(tool_calls=[call(":1}", index=0), call("{}", index=1)]),
        chunk("tool_calls"),
    )
    assert found == [("a", "x", '{"n":1}'), ("b", "y", "{}")]


def test_calls_without_numbers_are_told_apart() -> None:
    by_id = called(
        chunk(tool_calls=[call("{", id="a", name="x")]),
        chunk(tool_calls=[call("}")]),
        chunk(tool_calls=[call("{}", id="b", name="y")]),
        chunk("stop"),
    )
    assert by_id == [("a", "x", "{}"), ("b", "y", "{}")]
    nameless = called(chunk(tool_calls=[call({"n": 1}, name="x"), call({}, name="x")]))
    assert [(name, text) for _, name, text in nameless] == [("x", '{"n":1}'), ("x", "{}")]
    assert nameless[0][0] != nameless[1][0]


def test_calls_that_share_a_number_are_told_apart_by_their_ids() -> None:
    found = called(
        chunk(tool_calls=[call("{", index=0, id="a", name="x")]),
        chunk(tool_calls=[call("}", index=0, id="a", name="x")]),
        chunk(tool_calls=[call("{}", index=0, id="b", name="x")]),
    )
    assert found == [("a", "x", "{}"), ("b", "x", "{}")]


def test_a_demand_for_tools_that_is_called_a_stop_is_one_for_tools() -> None:
    found = folded(chunk(tool_calls=[call("{}", index=0, id="a", name="x")]), chunk("stop"))
    assert found.finish_reason == "tool_calls"


def test_the_old_form_of_a_call_is_read() -> None:
    found = folded(
        chunk(function_call={"name": "x", "arguments": "{"}),
        chunk(function_call={"arguments": "}"}),
        chunk("function_call"),
    )
    assert found.message.tool_calls[0].arguments == "{}" and found.finish_reason == "tool_calls"


def test_what_a_call_has_besides_is_kept_with_it() -> None:
    signed = call("{}", index=0, id="a", name="x", extra_content={"signature": "s"})
    found = folded(chunk(tool_calls=[signed])).message.tool_calls[0]
    assert found.extra == {"provider": "acme", "extra_content": {"signature": "s"}}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_thinking_that_knows_its_name(field: str) -> None:
    found = folded(
        chunk(**{field: "Let me "}), chunk(**{field: "see."}), chunk(content="Yes"), chunk("stop")
    )
    thought, text = found.message.parts
    assert thought == Thinking("Let me see.", extra={"provider": "acme", "field": field})
    assert text == Text("Yes")


def test_thinking_between_answers_stays_where_it_was() -> None:
    found = folded(
        chunk(reasoning="a"),
        chunk(content="1"),
        chunk(reasoning="b"),
        chunk(tool_calls=[call("{}", index=0, id="a", name="x")]),
    )
    kinds = [type(part).__name__ for part in found.message.parts]
    assert kinds == ["Thinking", "Text", "Thinking", "ToolCall"]


def test_details_of_reasoning_are_made_whole() -> None:
    def detail(**more: Any) -> dict[str, Any]:
        return {"type": "reasoning.text", "index": 0, "format": "f", **more}

    found = folded(
        chunk(reasoning="He", reasoning_details=[detail(text="He")]),
        chunk(reasoning="y", reasoning_details=[detail(text="y", signature=None)]),
        chunk(reasoning_details=[detail(signature="sig")]),
        chunk(reasoning_details=[{"type": "reasoning.encrypted", "index": 1, "data": "x"}]),
        chunk(content="Yes"),
    )
    thought = found.message.parts[0]
    assert isinstance(thought, Thinking) and thought.text == "Hey" and thought.extra
    assert thought.extra["reasoning_details"] == [
        detail(text="Hey", signature="sig"),
        {"type": "reasoning.encrypted", "index": 1, "data": "x"},
    ]


def test_content_in_blocks_is_read() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    reference = {"type": "reference", "reference_ids": [1]}
    found = folded(
        chunk(content=[thinking]), chunk(content=[{"type": "text", "text": "Yes"}, reference])
    )
    assert [type(part) for part in found.message.parts] == [Thinking, Text]
    assert found.extra == {"content": [reference]}


def test_a_refusal_is_the_text_and_says_what_it_is() -> None:
    found = folded(chunk(refusal="I can't "), chunk(refusal="do that."), chunk("stop"))
    assert found.message.text == "I can't do that." and found.finish_reason == "content_filter"
    assert found.extra == {"refusal": "I can't do that."}


def test_images_and_sound_are_media() -> None:
    data = base64.b64encode(b"sound").decode()
    picture = {"image_url": {"url": "data:image/png;base64," + base64.b64encode(b"png").decode()}}
    found = folded(
        chunk(images=[picture, {"image_url": {"url": "https://x/y"}}]),
        chunk(audio={"id": "au1", "transcript": "Good "}),
        chunk(audio={"transcript": "day", "data": data}),
        chunk(audio={"expires_at": 9}),
        audio={"format": "pcm16"},
    )
    assert found.message.text == "Good day"
    media = [part for part in found.message.parts if isinstance(part, Media)]
    assert media == [
        Media("image/png", b"png"),
        Media("image/*", url="https://x/y"),
        Media("audio/pcm16", b"sound", extra={"audio_id": "au1", "expires_at": 9}),
    ]


def logged(logprobs: list[int], **delta: Any) -> dict[str, Any]:
    return {"choices": [{"delta": delta, "logprobs": {"content": logprobs}}]}


def test_what_has_no_name_here_is_kept() -> None:
    found = folded(
        {**chunk(content="a", annotations=[1]), "system_fingerprint": "f", "provider": "P"},
        {
            "choices": [
                {"delta": {"content": "b", "annotations": [2]}, "logprobs": {"content": [1]}}
            ]
        },
        {
            "choices": [{"delta": {"content": "c"}, "logprobs": {"content": [2]}}],
            "timings": {"n": 1},
        },
    )
    assert found.message.text == "abc"
    assert found.extra == {
        "annotations": [1, 2],
        "system_fingerprint": "f",
        "provider": "P",
        "logprobs": {"content": [1, 2]},
        "timings": {"n": 1},
    }


@pytest.mark.parametrize(
    ("said", "meant"),
    [("length", "length"), ("model_length", "length"), ("content_filter", "content_filter"),
     ("eos", "stop"), ("error", "error"), ("pondering", "other")],
)  # fmt: skip
def test_reasons_to_end_have_one_vocabulary(said: str, meant: str) -> None:
    found = folded(chunk(content="x"), chunk(said))
    assert found.finish_reason == meant
    assert found.extra == ({"finish_reason": "pondering"} if meant == "other" else None)


def test_an_end_mark_without_a_reason_is_an_end() -> None:
    assert folded(chunk(content="x")).finish_reason == "stop"
    assert folded(chunk(content="x"), chunk("stop"), done=False).finish_reason == "stop"


def test_an_answer_without_any_end_broke_off() -> None:
    with pytest.raises(BadResponseError, match="broke off"):
        deltas(chunk(content="x"), done=False)


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (RateLimitError, {"error": {"message": "slow", "code": 429}}),
        (OverloadedError, {"error": {"message": "busy", "type": "overloaded_error"}}),
        (OverloadedError, {"choices": [{"error": {"message": "up", "code": 502}, "delta": {}}]}),
        (BadRequestError, {"error": {"message": "no", "type": "invalid_request_error"}}),
        (RateLimitError, {"object": "error", "message": "slow", "code": 429}),
        (BadResponseError, {"choices": ["nonsense"]}),
        (BadResponseError, {"choices": [{"delta": {"tool_calls": [3]}}]}),
        (BadResponseError, ["nonsense"]),
    ],
)
def test_an_error_in_the_stream_is_of_its_kind(kind: type[ProviderError], sent: Any) -> None:
    with pytest.raises(ProviderError) as raised:
        deltas(chunk(content="x"), sent)
    assert type(raised.value) is kind and raised.value.context["provider"] == "acme"


def test_counts_are_read_in_the_services_forms() -> None:
    openai = usage(
        {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 8},
        }
    )
    assert (openai.input_tokens, openai.output_tokens, openai.requests) == (100, 20, 1)
    assert (openai.cached_tokens, openai.reasoning_tokens) == (64, 8)
    assert openai.extra and openai.extra["prompt_tokens_details"]["audio_tokens"] == 1
    xai = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 22}
    assert usage({**xai, "completion_tokens_details": {"reasoning_tokens": 7}}).output_tokens == 12
    assert usage({"prompt_tokens": 9, "prompt_cache_hit_tokens": 4}).cached_tokens == 4
    assert usage({"prompt_tokens": 9, "cost": 0.25, "prompt_tokens_details": None}).cost == 0.25
