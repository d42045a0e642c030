"""Events of the Responses API, as OpenAI's documentation describes them, read into a response."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from polyspell.errors import (
    BadRequestError,
    BadResponseError,
    ContentFiltered,
    OverloadedError,
    ProviderError,
    RateLimitError,
)
from polyspell.messages import Media, Other, Response, Text, Thinking
from polyspell.providers.base import Request
from polyspell.providers.fold import Fold, generate
from polyspell.testing.wire import stream
from polyspell_openai.responses_reading import ResponsesReader

Wired = Any  # the fixture in conftest.py
OURS = "openai/responses"


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 1, **fields}


def ended(kind: str = "completed", *output: Any, **fields: Any) -> dict[str, Any]:
    about = {"object": "response", "created_at": 1, "model": "gpt-5", "tools": [], "error": None}
    usage = {
        "input_tokens": 75,
        "input_tokens_details": {"cached_tokens": 50, "cache_write_tokens": 5},
        "output_tokens": 120,
        "output_tokens_details": {"reasoning_tokens": 64},
        "total_tokens": 195,
    }
    response = {"id": "resp_1", "status": kind, "output": list(output), "usage": usage, **about}
    return event(kind, response={**response, **fields})


CREATED = event(
    "created", response={"id": "resp_1", "model": "gpt-5", "status": "in_progress", "usage": None}
)


def folded(*given: Any, **options: Any) -> Response:
    request = Request("gpt-5", [], options=options)
    reader, fold = ResponsesReader("openai", request), Fold()
    for each in given:
        for delta in reader.read(each):
            fold.add(delta)
    for delta in reader.finish():
        fold.add(delta)
    return fold.response()


def message(*texts: str, place: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """All events of a message of one text, in pieces."""
    item = {"id": f"msg_{place}", "type": "message", "role": "assistant", "content": []}
    at = {"output_index": place, "item_id": item["id"]}
    part = {"type": "output_text", "text": "".join(texts), "annotations": [], **fields}
    return [
        event("output_item.added", item={**item, "status": "in_progress"}, output_index=place),
        event("content_part.added", content_index=0, part={**part, "text": ""}, **at),
        *[event("output_text.delta", content_index=0, delta=t, logprobs=[], **at) for t in texts],
        event("output_text.done", content_index=0, text=part["text"], logprobs=[], **at),
        event("content_part.done", content_index=0, part=part, **at),
        event(
            "output_item.done",
            item={**item, "status": "completed", "content": [part]},
            output_index=place,
        ),
    ]


def call(*pieces: str, place: int = 0, **fields: Any) -> list[dict[str, Any]]:
    item = {
        "id": f"fc_{place}",
        "type": "function_call",
        "call_id": f"call_{place}",
        "name": "weather",
        **fields,
    }
    at = {"output_index": place, "item_id": item["id"]}
    whole = "".join(pieces)
    return [
        event("output_item.added", item={**item, "arguments": ""}, output_index=place),
        *[event("function_call_arguments.delta", delta=p, **at) for p in pieces],
        event("function_call_arguments.done", arguments=whole, name="weather", **at),
        event("output_item.done", item={**item, "arguments": whole}, output_index=place),
    ]


def reasoning(*summary: str, place: int = 0) -> list[dict[str, Any]]:
    item = {
        "id": f"rs_{place}",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": text} for text in summary],
        "encrypted_content": "gAAAA",
    }
    out = [event("output_item.added", item={**item, "summary": []}, output_index=place)]
    for n, text in enumerate(summary):
        at = {"output_index": place, "item_id": item["id"], "summary_index": n}
        part = {"type": "summary_text", "text": ""}
        out.append(event("reasoning_summary_part.added", part=part, **at))
        out.append(event("reasoning_summary_text.delta", delta=text, **at))
        out.append(event("reasoning_summary_text.done", text=text, **at))
    return [*out, event("output_item.done", item=item, output_index=place)]


def test_a_text_in_pieces_is_one_text_with_all_that_was_counted() -> None:
    found = folded(CREATED, *message("Hel", "lo"), ended(service_tier="default"))
    assert found.message.text == "Hello" and found.finish_reason == "stop"
    assert (found.id, found.model) == ("resp_1", "gpt-5")
    usage = found.usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (75, 120, 64)
    assert (usage.cached_tokens, usage.cache_write_tokens, usage.requests) == (50, 5, 1)
    assert found.extra == {"service_tier": "default"}


def test_reasoning_is_heard_and_its_item_is_kept_with_what_is_encrypted() -> None:
    found = folded(CREATED, *reasoning("One.", "Two."), *message("Yes", place=1), ended())
    thought, text = found.message.parts
    assert isinstance(thought, Thinking) and thought.text == "One.\n\nTwo."
    assert thought.extra is not None and thought.extra["provider"] == OURS
    assert thought.extra["item"]["encrypted_content"] == "gAAAA"
    assert isinstance(text, Text) and text.extra is not None and text.extra["id"] == "msg_1"


def test_reasoning_without_a_summary_is_kept_too() -> None:
    (thought,) = folded(*reasoning(), ended()).message.parts
    assert isinstance(thought, Thinking) and not thought.text
    assert thought.extra is not None and thought.extra["item"]["id"] == "rs_0"


def test_open_reasoning_streams_as_well() -> None:
    at = {"output_index": 0, "item_id": "rs_0", "content_index": 0}
    item = {"type": "reasoning", "id": "rs_0", "summary": [], "content": [{"text": "hm hm"}]}
    pieces = [event("reasoning_text.delta", delta=t, **at) for t in ("hm ", "hm")]
    found = folded(*pieces, event("output_item.done", item=item, output_index=0), ended())
    assert [p.text for p in found.message.parts if isinstance(p, Thinking)] == ["hm hm"]


def test_several_calls_are_told_apart_and_have_what_came_with_them() -> None:
    first, second = call('{"city":', '"Oslo"}'), call("{}", place=1, namespace="n")
    mixed = [first[0], second[0], first[1], second[1], first[2], *second[2:], *first[3:]]
    found = folded(CREATED, *mixed, ended())
    one, two = found.message.tool_calls
    assert (one.id, one.name, one.arguments) == ("call_0", "weather", '{"city":"Oslo"}')
    assert (two.id, two.arguments) == ("call_1", "{}")
    assert two.extra == {"provider": OURS, "id": "fc_1", "namespace": "n"}
    assert found.finish_reason == "tool_calls"


def test_a_call_without_arguments_has_none() -> None:
    (found,) = folded(*call(), ended()).message.tool_calls
    assert found.arguments == "{}"


def test_arguments_that_come_only_with_the_item_are_taken() -> None:
    events_ = call('{"a":1}')
    (found,) = folded(events_[0], events_[-1], ended()).message.tool_calls
    assert found.arguments == '{"a":1}'
    (late,) = folded(events_[-1], ended()).message.tool_calls
    assert (late.name, late.arguments) == ("weather", '{"a":1}')


def test_a_server_that_tells_no_places_is_understood_by_ids() -> None:
    both = [*message("Hi"), *call('{"a":', "1}", place=1)]
    for each in both:
        each.pop("output_index", None)
    done = [each["item"] for each in both if each["type"].endswith("item.done")]
    found = folded(*both, ended("completed", *done))
    assert found.message.text == "Hi" and found.message.tool_calls[0].arguments == '{"a":1}'
    assert len(found.message.parts) == 2


def test_a_refusal_is_text_with_its_reason() -> None:
    at = {"output_index": 0, "item_id": "msg_0", "content_index": 0}
    item = {"id": "msg_0", "type": "message", "content": [{"type": "refusal", "refusal": "No."}]}
    pieces = [event("refusal.delta", delta=t, **at) for t in ("N", "o.")]
    found = folded(*pieces, event("output_item.done", item=item, output_index=0), ended())
    assert found.message.text == "No." and found.finish_reason == "content_filter"
    assert found.extra == {"refusal": "No."}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("steered", "other")],
)
def test_an_incomplete_answer_says_why(reason: str, expected: str) -> None:
    end = ended("incomplete", incomplete_details={"reason": reason})
    found = folded(CREATED, *message("Hel"), end)
    assert found.finish_reason == expected and found.message.text == "Hel"


def test_citations_and_likelihoods_stay() -> None:
    cited = {"type": "url_citation", "url": "https://x", "title": "X", "start_index": 0}
    likely = [{"token": "Hi", "logprob": -0.1, "bytes": [72], "top_logprobs": []}]
    found = folded(*message("Hi", annotations=[cited], logprobs=likely), ended())
    (text,) = found.message.parts
    assert isinstance(text, Text) and text.extra is not None
    assert text.extra["annotations"] == [cited]
    assert found.extra == {"logprobs": likely}


def test_tools_of_the_service_and_items_that_nobody_knows_are_kept() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"q": "x"}}
    odd = {"type": "dream", "id": "d", "content": {"deep": [1]}}
    found = folded(
        event("output_item.added", item=search, output_index=0),
        event("web_search_call.searching", output_index=0, item_id="ws_1"),
        event("output_item.done", item=search, output_index=0),
        event("dream.deepened", wow=True),
        event("output_item.done", item=odd, output_index=1),
        *message("Found", place=2),
        ended(),
    )
    assert found.message.parts[:2] == [Other(OURS, search), Other(OURS, odd)]
    assert found.message.text == "Found"


def test_a_picture_is_media_and_its_item_is_kept_without_it() -> None:
    item = {
        "type": "image_generation_call",
        "id": "ig_1",
        "status": "completed",
        "output_format": "webp",
        "result": base64.b64encode(b"webp").decode(),
    }
    partial = event("image_generation_call.partial_image", partial_image_b64="eA==", output_index=0)
    done = event("output_item.done", item=item, output_index=0)
    (picture,) = folded(partial, done, ended()).message.parts
    assert isinstance(picture, Media) and picture.data == b"webp"
    assert picture.media_type == "image/webp"
    assert picture.extra is not None and "result" not in picture.extra["item"]


def test_sound_is_media_and_its_transcript_text() -> None:
    found = folded(
        event("audio.delta", delta=base64.b64encode(b"RIF").decode()),
        event("audio.transcript.delta", delta="Hello"),
        event("audio.delta", delta=base64.b64encode(b"Fxx").decode()),
        ended(),
        audio={"format": "mp3"},
    )
    assert found.message.text == "Hello"
    assert [p.data for p in found.message.parts if isinstance(p, Media)] == [b"RIFFxx"]


def test_two_messages_stay_two_texts_and_keep_their_phase() -> None:
    first, second = message("Let me see."), message("It rains.", place=1)
    first[-1]["item"]["phase"] = "commentary"
    found = folded(*first, *second, ended())
    assert [p.text for p in found.message.parts if isinstance(p, Text)] == [
        "Let me see.",
        "It rains.",
    ]
    extra = found.message.parts[0].extra  # type: ignore[union-attr]
    assert extra is not None and extra["phase"] == "commentary"


def test_an_answer_in_one_piece_is_read_the_same() -> None:
    streamed = [CREATED, *reasoning("Hm."), *message("Hi", place=1), *call("{}", place=2)]
    items = [each["item"] for each in streamed if each["type"].endswith("item.done")]
    whole = ended("completed", *items)["response"]
    assert folded(whole) == folded(*streamed, ended())


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ({"code": "server_error", "message": "Oops"}, OverloadedError),
        ({"code": "rate_limit_exceeded", "message": "Slow down"}, RateLimitError),
        ({"code": "invalid_prompt", "message": "flagged as risky"}, ContentFiltered),
        ({"code": "image_content_policy_violation", "message": "No"}, ContentFiltered),
        ({"code": "invalid_image_url", "message": "No"}, BadRequestError),
    ],
)
def test_a_failed_answer_is_an_error(failure: dict[str, Any], kind: type[ProviderError]) -> None:
    for given in (
        ended("failed", error=failure, usage=None),
        {"type": "error", "sequence_number": 3, "param": None, **failure},
        {"type": "error", "error": failure},
        {"error": failure},
    ):
        with pytest.raises(kind) as raised:
            folded(CREATED, *message("Hel"), given)
        assert raised.value.context["provider_message"] == failure["message"]


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with pytest.raises(BadResponseError, match="broke off"):
        folded(CREATED, *message("Hel")[:3])


@pytest.mark.parametrize("nonsense", [7, "x", {"type": "response.output_item.done"}, [1]])
def test_nonsense_is_a_clear_error(nonsense: Any) -> None:
    with pytest.raises(BadResponseError, match="cannot be read"):
        folded(nonsense)


async def test_a_stream_cut_at_every_byte_is_the_same_answer(wired: Wired) -> None:
    given = [CREATED, *reasoning("Grüße."), *message("Hé", "llo 🌍", place=1), ended()]
    raw = b"".join(b"data: " + msgspec.json.encode(each) + b"\n\n" for each in given)
    packets = [bytes([byte]) for byte in raw]
    async with wired(stream(*packets), api="responses") as (_, provider):
        found = await generate(provider, Request("gpt-5", []))
    assert found.message == folded(*given).message


def test_the_events_of_these_tests_are_those_of_the_vendors_own_types() -> None:
    pydantic = pytest.importorskip("pydantic")
    types = pytest.importorskip("openai.types.responses")
    adapter = pydantic.TypeAdapter(types.ResponseStreamEvent)
    for each in [*reasoning("Hm."), *message("Hi", place=1), *call("{}", place=2)]:
        adapter.validate_python(each)
