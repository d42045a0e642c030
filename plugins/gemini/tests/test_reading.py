"""Chunks of streamGenerateContent, as Google's documentation describes them, as a response."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from polyspell.errors import (
    AuthError,
    BadRequestError,
    BadResponseError,
    ContentFiltered,
    ContextTooLong,
    OverloadedError,
    ProviderError,
    RateLimitError,
)
from polyspell.messages import Media, Message, Other, Response, Text, Thinking
from polyspell.providers.base import Request
from polyspell.providers.fold import Fold, generate
from polyspell.testing.wire import RESET, answer, stream
from polyspell_gemini.parts import piece
from polyspell_gemini.reading import Reader

Wired = Any  # the fixture in conftest.py
HI = Request("gemini-2.5-flash", [Message.user("Hi")])
PCM = "audio/L16;codec=pcm;rate=24000"


def chunk(*parts: dict[str, Any], end: str | None = None, **fields: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, **fields}
    if parts:
        candidate["content"] = {"role": "model", "parts": list(parts)}
    if end:
        candidate["finishReason"] = end
    return {"candidates": [candidate], "modelVersion": "gemini-2.5-flash", "responseId": "r_1"}


def text(words: str, **fields: Any) -> dict[str, Any]:
    return {"text": words, **fields}


def called(name: str = "weather", args: Any = None, **fields: Any) -> dict[str, Any]:
    call = {"name": name} | ({} if args is None else {"args": args})
    return {"functionCall": call, **fields}


def folded(*given: Any, by_tool: bool = False) -> Response:
    reader, fold = Reader("gemini", "gemini-2.5-flash", by_tool), Fold()
    for each in given:
        for delta in reader.read(each):
            fold.add(delta)
    for delta in reader.finish():
        fold.add(delta)
    return fold.response()


def test_a_text_in_pieces_is_one_text_with_all_that_was_counted() -> None:
    counts = {
        "promptTokenCount": 10,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 30,
        "cachedContentTokenCount": 4,
        "toolUsePromptTokenCount": 3,
        "totalTokenCount": 48,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}],
    }
    first = chunk(text("Hel")) | {"usageMetadata": {"promptTokenCount": 10}}
    found = folded(first, chunk(text("lo"), end="STOP") | {"usageMetadata": counts})
    assert found.message.parts == [Text("Hello")] and found.finish_reason == "stop"
    assert (found.id, found.model, found.extra) == ("r_1", "gemini-2.5-flash", None)
    usage = found.usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (13, 35, 30)
    assert usage.cached_tokens == 4 and usage.extra is not None
    assert usage.extra.keys() == {"promptTokensDetails"}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("LANGUAGE", "other"),
        ("FINISH_REASON_UNSPECIFIED", "other"),
        ("SOMETHING_NEW", "other"),
    ],
)
def test_reasons_to_end_are_mapped_and_none_is_lost(reason: str, expected: str) -> None:
    found = folded(chunk(text("Hi")), chunk(end=reason, finishMessage="Why"))
    assert found.finish_reason == expected and found.message.text == "Hi"
    assert found.extra is not None and found.extra["finishMessage"] == "Why"
    kept = reason if expected not in ("stop", "length") else None
    assert found.extra.get("finish_reason") == kept


def test_an_empty_answer_is_one_and_says_why() -> None:
    ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}]
    found = folded(chunk(end="SAFETY", safetyRatings=ratings))
    assert found.message.parts == [] and found.finish_reason == "content_filter"
    assert found.extra is not None and found.extra["safetyRatings"] == ratings
    assert folded(chunk(end="MAX_TOKENS")).finish_reason == "length"
    assert folded({**chunk(end="STOP"), "candidates": [{"content": {}, "finishReason": "STOP"}]})


@pytest.mark.parametrize("reason", ["SAFETY", "PROHIBITED_CONTENT", "OTHER"])
def test_a_prompt_that_is_blocked_is_an_error(reason: str) -> None:
    with pytest.raises(ContentFiltered, match=reason):
        folded({"promptFeedback": {"blockReason": reason}, "usageMetadata": {}})


def test_feedback_that_blocks_nothing_is_kept() -> None:
    feedback = {"safetyRatings": [{"category": "X", "probability": "LOW"}]}
    found = folded(chunk(text("Hi"), end="STOP") | {"promptFeedback": feedback})
    assert found.extra == {"promptFeedback": feedback}


def test_no_candidates_at_all_are_a_broken_answer() -> None:
    for given in ([], [{"usageMetadata": {"promptTokenCount": 3}}], [{"candidates": []}]):
        with pytest.raises(BadResponseError, match="broke off"):
            folded(*given)


def test_thoughts_stream_and_are_closed_by_their_signature() -> None:
    found = folded(
        chunk(text("I ", thought=True)),
        chunk(text("think.", thought=True)),
        chunk(text("", thought=True, thoughtSignature="c2ln")),
        chunk(text("Yes"), end="STOP"),
    )
    thought, said = found.message.parts
    assert isinstance(thought, Thinking) and thought.text == "I think."
    assert thought.signature == "c2ln" and said == Text("Yes")
    back = {"text": "I think.", "thought": True, "thoughtSignature": "c2ln"}
    assert piece(thought, "gemini") == back and piece(thought, "vertex") is None
    unsigned = folded(chunk(text("Hm", thought=True), text("Yes"), end="STOP")).message.parts[0]
    assert isinstance(unsigned, Thinking) and piece(unsigned, "gemini") is None


def test_a_signed_text_stays_apart_and_goes_back_as_it_came() -> None:
    found = folded(
        chunk(text("One ")),
        chunk(text("two "), text("three", thoughtSignature="c2ln")),
        chunk(text(" four")),
        chunk(text("", thoughtSignature="ZW5k"), end="STOP"),
    )
    assert found.message.text == "One two three four"
    assert [piece(part, "gemini") for part in found.message.parts] == [
        {"text": "One two "},
        {"text": "three", "thoughtSignature": "c2ln"},
        {"text": " four"},
        {"text": "", "thoughtSignature": "ZW5k"},
    ]


def test_several_calls_have_ids_of_their_own_and_keep_the_signature_of_the_first() -> None:
    found = folded(
        chunk(called(args={"city": "Oslo"}, thoughtSignature="c2ln"), called(args={"city": "Ü"})),
        chunk(called("clock"), end="STOP"),
    )
    one, two, three = found.message.tool_calls
    assert (one.name, one.arguments) == ("weather", '{"city":"Oslo"}')
    assert two.arguments == '{"city":"Ü"}' and (three.name, three.arguments) == ("clock", "{}")
    assert len({one.id, two.id, three.id}) == 3 and found.finish_reason == "tool_calls"
    assert piece(one, "gemini") == {
        "functionCall": {"id": one.id, "name": "weather", "args": {"city": "Oslo"}},
        "thoughtSignature": "c2ln",
    }
    back = piece(two, "gemini")
    assert back is not None and "thoughtSignature" not in back


def test_an_id_of_the_service_is_kept() -> None:
    part = {"functionCall": {"id": "fc-1", "name": "weather", "args": {}}}
    assert folded(chunk(part, end="STOP")).message.tool_calls[0].id == "fc-1"


def test_arguments_that_come_in_pieces_are_put_together() -> None:
    def growing(*pieces: dict[str, Any], more: bool = True, **fields: Any) -> dict[str, Any]:
        partial = [{"jsonPath": path, **value} for p in pieces for path, value in p.items()]
        return {"functionCall": {"partialArgs": partial, "willContinue": more, **fields}}

    first = growing(name="trip") | {"thoughtSignature": "c2ln"}
    found = folded(
        chunk(first),
        chunk(growing({"$.to.city": {"stringValue": "Os", "willContinue": True}})),
        chunk(growing({"$.to.city": {"stringValue": "lo"}}, {"$.days[1]": {"numberValue": 3.0}})),
        chunk(growing({"$.days[0]": {"numberValue": 1.5}}, {"$['a b']": {"boolValue": True}})),
        chunk(growing({"$.none": {"nullValue": "NULL_VALUE"}})),
        chunk({"functionCall": {}}),
        chunk(called("clock", {}), end="STOP"),
    )
    trip, clock = found.message.tool_calls
    assert trip.name == "trip" and clock.name == "clock"
    assert msgspec.json.decode(trip.arguments) == {
        "to": {"city": "Oslo"},
        "days": [1.5, 3],
        "a b": True,
        "none": None,
    }
    assert trip.extra == {"provider": "gemini", "thoughtSignature": "c2ln"}


def test_an_answer_by_tool_is_text_and_what_was_said_beside_it_is_not() -> None:
    given = chunk(text("Here:"), called("polyspell_answer", {"a": 1}), end="STOP")
    found = folded(given, by_tool=True)
    assert found.message.parts == [Text('{"a":1}')] and found.finish_reason == "stop"
    value = chunk(called("polyspell_answer_value", {"answer": [1]}), end="STOP")
    assert folded(value, by_tool=True).message.text == "[1]"
    assert folded(chunk(text("No."), end="STOP"), by_tool=True).message.text == "No."


def test_pictures_files_and_sound_are_media() -> None:
    png = base64.b64encode(b"png").decode()
    sound = [{"inlineData": {"mimeType": PCM, "data": "AAE="}} for _ in range(2)]
    found = folded(
        chunk(text("See "), {"inlineData": {"mimeType": "image/png", "data": png}}),
        chunk({"fileData": {"mimeType": "video/mp4", "fileUri": "https://x/v"}}),
        chunk(sound[0]),
        chunk(sound[1]),
        chunk(text("Heard."), end="STOP"),
    )
    assert found.message.parts == [
        Text("See "),
        Media("image/png", b"png"),
        Media("video/mp4", url="https://x/v"),
        Media(PCM, b"\0\1\0\1"),
        Text("Heard."),
    ]
    assert piece(found.message.parts[1], "gemini") == {
        "inlineData": {"mimeType": "image/png", "data": png}
    }
    last = folded(chunk(sound[0], end="STOP")).message.parts
    assert last == [Media(PCM, b"\0\1")]
    signed = {"inlineData": {"mimeType": "image/png", "data": png}, "thoughtSignature": "c2ln"}
    (picture,) = folded(chunk(signed, end="STOP")).message.parts
    assert piece(picture, "gemini") == signed


def test_code_and_parts_that_nobody_knows_are_kept_and_go_back() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "print(1)"}, "thoughtSignature": "s"}
    outcome = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}
    odd = {"dream": {"deep": [1]}}
    found = folded(chunk(code), chunk(outcome), chunk(odd, text("One."), end="STOP"))
    assert found.message.parts == [
        *(Other("gemini", p) for p in (code, outcome, odd)),
        Text("One."),
    ]
    assert [piece(part, "gemini") for part in found.message.parts[:3]] == [code, outcome, odd]


def test_grounding_citations_and_likelihoods_are_in_extra() -> None:
    likely = {"chosenCandidates": [{"token": "Hi", "logProbability": -0.1}]}
    cited = {"citationSources": [{"uri": "https://x"}]}
    found = folded(
        chunk(text("Hi"), logprobsResult=likely, citationMetadata=cited, groundingMetadata={}),
        chunk(text("!"), logprobsResult=likely, groundingMetadata={"webSearchQueries": ["x"]}),
        chunk(end="STOP", avgLogprobs=-0.2) | {"createTime": "2026"},
    )
    assert found.extra == {
        "logprobsResult": {"chosenCandidates": likely["chosenCandidates"] * 2},
        "citationMetadata": cited,
        "groundingMetadata": {"webSearchQueries": ["x"]},
        "avgLogprobs": -0.2,
        "createTime": "2026",
    }


def test_chunks_in_a_list_and_other_candidates_are_understood() -> None:
    other = chunk(text("No"), end="STOP")["candidates"][0] | {"index": 1}
    first = chunk(text("Hi"))
    first["candidates"].append(other)
    found = folded([first, chunk(text("!"), end="STOP")])
    assert found.message.text == "Hi!"


@pytest.mark.parametrize(
    ("code", "status", "message", "expected"),
    [
        (503, "UNAVAILABLE", "The model is overloaded. Try later.", OverloadedError),
        (500, "INTERNAL", "An internal error has occurred.", OverloadedError),
        (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", RateLimitError),
        (400, "INVALID_ARGUMENT", "Function call is missing a thought_signature", BadRequestError),
        (403, "PERMISSION_DENIED", "Not allowed", AuthError),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count (1200) exceeds the maximum number of tokens allowed (1000).",
            ContextTooLong,
        ),
    ],
)
def test_an_error_in_the_stream_is_mapped(
    code: int, status: str, message: str, expected: type[ProviderError]
) -> None:
    failure = {"error": {"code": code, "message": message, "status": status}}
    for given in (failure, [failure]):
        with pytest.raises(expected) as raised:
            folded(chunk(text("Hel")), given)
        assert raised.value.context["provider_message"] == message


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with pytest.raises(BadResponseError, match="broke off"):
        folded(chunk(text("Hel")))


@pytest.mark.parametrize("nonsense", [7, "x", {"candidates": 7}, {"candidates": [[]]}])
def test_nonsense_is_a_clear_error(nonsense: Any) -> None:
    with pytest.raises(BadResponseError, match="cannot be read"):
        folded(nonsense)


EXCHANGE = (
    chunk(text("Grüße", thought=True)),
    chunk(text("Hé")),
    chunk(text("llo 🌍")),
    chunk(called(args={"city": "Tromsø"}, thoughtSignature="c2ln")),
    chunk(text(""), end="STOP") | {"usageMetadata": {"promptTokenCount": 3}},
)


def raw(*given: Any) -> bytes:
    """As it goes over the wire: lines end in CRLF there."""
    return b"".join(b"data: " + msgspec.json.encode(each) + b"\r\n\r\n" for each in given)


async def test_a_stream_cut_at_every_byte_is_the_same_answer(wired: Wired) -> None:
    packets = [bytes([byte]) for byte in raw(*EXCHANGE)]
    async with wired(stream(*packets)) as (_, provider):
        found = await generate(provider, HI)
    expected = folded(*EXCHANGE)
    found.message.tool_calls[0].id = expected.message.tool_calls[0].id
    assert found == expected


async def test_a_stream_that_breaks_keeps_what_came(wired: Wired) -> None:
    heard = ""
    async with wired([*stream(raw(chunk(text("Hel"))))[:-1], RESET]) as (wire, provider):
        with pytest.raises(ProviderError):
            async for delta in provider.stream(HI):
                heard += delta.text
        assert heard == "Hel" and len(wire.requests) == 1


async def test_a_limit_says_how_long_to_wait(wired: Wired) -> None:
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
    error = {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED", "details": [retry]}
    async with wired(answer([{"error": error}], 429), retries=0) as (_, provider):
        with pytest.raises(RateLimitError) as raised:
            await generate(provider, HI)
    assert raised.value.retry_after == 7


def test_the_chunks_of_these_tests_are_those_of_the_vendors_own_types() -> None:
    types = pytest.importorskip("google.genai.types")
    for each in EXCHANGE:
        types.GenerateContentResponse.model_validate(each)
