"""Events of the messages API, as Anthropic's documentation describes them, read into a response."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from polyspell.errors import (
    AuthError,
    BadRequestError,
    BadResponseError,
    ContextTooLong,
    OverloadedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)
from polyspell.messages import Message, Other, Response, Text, Thinking
from polyspell.providers.base import Request
from polyspell.providers.fold import Fold, generate
from polyspell.testing.wire import RESET, answer, stream
from polyspell_anthropic.parts import block as written
from polyspell_anthropic.reading import Reader

Wired = Any  # the fixture in conftest.py
HI = Request("claude-sonnet-4-5", [Message.user("Hi")])
STOP = {"type": "message_stop"}
PING = {"type": "ping"}


def begin(**usage: Any) -> dict[str, Any]:
    counts = {"input_tokens": 10, "output_tokens": 1, **usage}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
    about = {"content": [], "stop_reason": None, "stop_sequence": None, "usage": counts}
    return {"type": "message_start", "message": {**message, **about}}


def end(reason: str | None = "end_turn", tokens: int = 5, **fields: Any) -> dict[str, Any]:
    delta = {"stop_reason": reason, "stop_sequence": None, **fields}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": tokens}}


def block(index: int, content: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content},
        *[{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas],
        {"type": "content_block_stop", "index": index},
    ]


def text(*pieces: str, index: int = 0, cited: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    marks = [{"type": "citations_delta", "citation": citation} for citation in cited]
    return block(index, {"type": "text", "text": ""}, *deltas, *marks)


def tool(*pieces: str, index: int = 0, **fields: Any) -> list[dict[str, Any]]:
    content = {"type": "tool_use", "id": f"toolu_{index}", "name": "weather", "input": {}, **fields}
    return block(index, content, *[{"type": "input_json_delta", "partial_json": p} for p in pieces])


def thinking(*pieces: str, index: int = 0, signature: str = "EqQB") -> list[dict[str, Any]]:
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    content = {"type": "thinking", "thinking": "", "signature": ""}
    return block(index, content, *deltas, {"type": "signature_delta", "signature": signature})


def folded(*given: Any, by_tool: bool = False) -> Response:
    reader, fold = Reader("anthropic", "claude", by_tool), Fold()
    for each in given:
        for delta in reader.read(each):
            fold.add(delta)
    for delta in reader.finish():
        fold.add(delta)
    return fold.response()


def test_a_text_in_pieces_is_one_text() -> None:
    found = folded(begin(), PING, *text("Hel", "lo"), PING, end(), STOP)
    assert found.message.parts == [Text("Hello")] and found.finish_reason == "stop"
    assert (found.id, found.model) == ("msg_1", "claude-sonnet-4-5")
    assert found.extra is None


def test_usage_counts_the_cache_as_input_and_the_last_word_counts() -> None:
    start = begin(
        cache_read_input_tokens=100,
        cache_creation_input_tokens=20,
        cache_creation={"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 0},
        service_tier="standard",
    )
    last = end(tokens=50)
    last["usage"] |= {
        "input_tokens": 12,
        "server_tool_use": {"web_search_requests": 1},
        "output_tokens_details": {"thinking_tokens": 30},
        "cache_read_input_tokens": None,
    }
    usage = folded(start, *text("Hi"), last, STOP).usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (132, 50, 30)
    assert (usage.cached_tokens, usage.cache_write_tokens) == (100, 20)
    assert usage.extra is not None and usage.extra["service_tier"] == "standard"
    assert usage.extra["server_tool_use"] == {"web_search_requests": 1}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause"),
        ("something_new", "other"),
    ],
)
def test_reasons_to_end_are_mapped_and_none_is_lost(reason: str, expected: str) -> None:
    found = folded(begin(), *text("Hi"), end(reason), STOP)
    assert found.finish_reason == expected
    assert (found.extra or {}).get("finish_reason") == (reason if expected == "other" else None)


def test_a_stop_text_and_the_details_of_a_refusal_are_told() -> None:
    found = folded(begin(), *text("Hi"), end("stop_sequence", stop_sequence="END"), STOP)
    assert found.extra == {"stop_sequence": "END"}
    why = {"type": "refusal", "category": "cyber", "explanation": "No."}
    refused = folded(begin(), end("refusal", stop_details=why), STOP)
    assert refused.finish_reason == "content_filter" and refused.extra == {"stop_details": why}
    assert refused.message.parts == []


def test_thinking_has_its_signature_and_what_is_redacted_stays_in_its_place() -> None:
    hidden = {"type": "redacted_thinking", "data": "Emw="}
    found = folded(
        begin(), *thinking("Hm", "m."), *block(1, hidden), *text("Yes", index=2), end(), STOP
    )
    first, second, third = found.message.parts
    assert isinstance(first, Thinking) and (first.text, first.signature) == ("Hmm.", "EqQB")
    assert second == Other("anthropic", hidden) and third == Text("Yes")
    assert written(first, "anthropic") == {
        "type": "thinking",
        "thinking": "Hmm.",
        "signature": "EqQB",
    }
    assert written(second, "anthropic") == hidden


def test_two_thoughts_and_one_without_words_stay_apart() -> None:
    given = [*thinking("A"), *thinking(index=1, signature="S2"), *thinking("B", index=2)]
    found = folded(begin(), *given, end(), STOP).message.parts
    assert [(p.text, p.signature) for p in found if isinstance(p, Thinking)] == [
        ("A", "EqQB"),
        ("", "S2"),
        ("B", "EqQB"),
    ]


def test_several_calls_are_told_apart_even_where_they_are_mixed() -> None:
    one, two = tool("", '{"city": ', '"Oslo"}'), tool('{"city":"Rome"}', index=1)
    mixed = [one[0], two[0], one[1], two[1], one[2], one[3], two[2], one[4]]
    found = folded(begin(), *mixed, end("tool_use"), STOP)
    first, second = found.message.tool_calls
    assert (first.id, first.name, first.arguments) == ("toolu_0", "weather", '{"city": "Oslo"}')
    assert (second.id, second.arguments) == ("toolu_1", '{"city":"Rome"}')
    assert found.finish_reason == "tool_calls"


@pytest.mark.parametrize("pieces", [(), ("",), ("{}",), ("", "{}")])
def test_a_call_without_arguments_has_none(pieces: tuple[str, ...]) -> None:
    (call,) = folded(begin(), *tool(*pieces), end("tool_use"), STOP).message.tool_calls
    assert call.arguments == "{}"


def test_an_input_that_comes_at_once_is_taken() -> None:
    (call,) = folded(begin(), *tool(input={"a": 1}), end("tool_use"), STOP).message.tool_calls
    assert call.arguments == '{"a":1}'


def test_what_a_call_has_besides_goes_back_with_it() -> None:
    caller = {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"}
    (call,) = folded(begin(), *tool("{}", caller=caller), end(), STOP).message.tool_calls
    assert call.extra == {"provider": "anthropic", "caller": caller}
    assert written(call, "anthropic") == {
        "type": "tool_use",
        "id": "toolu_0",
        "name": "weather",
        "input": {},
        "caller": caller,
    }


def test_tools_of_the_service_are_kept_with_their_results() -> None:
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    query = {"type": "input_json_delta", "partial_json": '{"query": "weather"}'}
    hit = {"type": "web_search_result", "url": "https://x", "encrypted_content": "Eq"}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [hit]}
    found = folded(
        begin(), *block(0, use, query), *block(1, result), *text("Sun", index=2), end(), STOP
    )
    assert found.message.parts == [
        Other("anthropic", {**use, "input": {"query": "weather"}}),
        Other("anthropic", result),
        Text("Sun"),
    ]
    assert found.finish_reason == "stop" and found.message.tool_calls == []


def test_citations_stay_with_the_text_that_they_are_of() -> None:
    citation = {"type": "char_location", "cited_text": "Sun", "document_index": 0}
    found = folded(
        begin(),
        *text("It says "),
        *text("sun", index=1, cited=(citation, citation)),
        *text(".", index=2),
        *text(" Well.", index=3),
        end(),
        STOP,
    )
    extra = {"provider": "anthropic", "citations": [citation, citation]}
    assert found.message.parts == [Text("It says "), Text("sun", extra), Text("."), Text(" Well.")]
    assert written(found.message.parts[1], "anthropic") == {
        "type": "text",
        "text": "sun",
        "citations": [citation, citation],
    }


def test_blocks_deltas_and_events_that_nobody_knows_do_no_harm() -> None:
    odd = {"type": "compaction", "content": None}
    more = {"type": "compaction_delta", "content": "What was said"}
    event = {"type": "context_hint", "index": 9}
    last = {**end(), "context_management": {"applied_edits": []}}
    found = folded(begin(), event, *block(0, odd, more), *text("Hi", index=1), last, STOP)
    whole = {"type": "compaction", "content": "What was said"}
    assert found.message.parts == [Other("anthropic", whole), Text("Hi")]
    assert found.extra == {"context_management": {"applied_edits": []}}


def test_an_answer_in_one_piece_is_read_the_same() -> None:
    given = [*thinking("Hm."), *text("Hi", index=1), *tool('{"a":1}', index=2)]
    content = [
        {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"},
        {"type": "text", "text": "Hi", "citations": None},
        {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {"a": 1}},
    ]
    message = begin()["message"]
    usage = {"input_tokens": 10, "output_tokens": 5}
    whole = {**message, "content": content, "stop_reason": "tool_use", "usage": usage}
    assert folded(whole) == folded(begin(), *given, end("tool_use"), STOP)


def test_an_answer_by_tool_is_text_and_what_was_said_beside_it_is_not() -> None:
    call = tool('{"city":', ' "Oslo"}', index=1, name="polyspell_answer")
    found = folded(begin(), *text("Here:"), *call, end("tool_use"), STOP, by_tool=True)
    assert found.message.parts == [Text('{"city": "Oslo"}')] and found.finish_reason == "stop"
    value = tool('{"answer": [1, 2]}', name="polyspell_answer_value")
    assert folded(begin(), *value, end("tool_use"), STOP, by_tool=True).message.text == "[1,2]"


def test_where_no_answer_came_by_tool_what_was_said_counts() -> None:
    found = folded(begin(), *text("I ", "cannot."), end(), STOP, by_tool=True)
    assert found.message.text == "I cannot."
    called = folded(begin(), *text("Wait."), *tool("{}", index=1), end("tool_use"), by_tool=True)
    assert called.message.parts[0] == Text("Wait.") and called.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("overloaded_error", "Overloaded", OverloadedError),
        ("api_error", "Internal server error", OverloadedError),
        ("timeout_error", "Too slow", OverloadedError),
        ("rate_limit_error", "Number of requests", RateLimitError),
        ("invalid_request_error", "messages: at least one", BadRequestError),
        ("invalid_request_error", "prompt is too long: 213 tokens > 200 maximum", ContextTooLong),
        ("authentication_error", "invalid x-api-key", AuthError),
        ("permission_error", "Not yours", AuthError),
        ("not_found_error", "model: claude-x", BadRequestError),
        ("billing_error", "Pay", QuotaError),
        ("new_error", "Something", OverloadedError),
    ],
)
def test_an_error_in_the_stream_is_mapped(
    kind: str, message: str, expected: type[ProviderError]
) -> None:
    failure = {
        "type": "error",
        "error": {"type": kind, "message": message, "details": None},
        "request_id": "req_1",
    }
    with pytest.raises(expected) as raised:
        folded(begin(), *text("Hel")[:2], failure)
    assert raised.value.context["provider_message"] == message
    assert raised.value.context["request_id"] == "req_1"


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with pytest.raises(BadResponseError, match="broke off"):
        folded(begin(), *text("Hel")[:2])


def test_a_block_that_is_not_closed_is_kept() -> None:
    found = folded(begin(), *tool('{"a":')[:2], end("max_tokens"), STOP)
    assert found.message.tool_calls[0].arguments == '{"a":' and found.finish_reason == "length"


@pytest.mark.parametrize("nonsense", [7, "x", [1], {"type": "content_block_start", "index": 0}])
def test_nonsense_is_a_clear_error(nonsense: Any) -> None:
    with pytest.raises(BadResponseError, match="cannot be read"):
        folded(nonsense)


def raw(*given: dict[str, Any]) -> bytes:
    """As it goes over the wire: each event with its name."""
    lines = [f"event: {e['type']}\ndata: ".encode() + msgspec.json.encode(e) for e in given]
    return b"\n\n".join(lines) + b"\n\n"


EXCHANGE = (
    begin(),
    PING,
    *thinking("Grü", "ße 🌍"),
    *text("Hé", "llo", index=1),
    *tool('{"city": "', 'Tromsø"}', index=2),
    end("tool_use"),
    STOP,
)


async def test_a_stream_cut_at_every_byte_is_the_same_answer(wired: Wired) -> None:
    packets = [bytes([byte]) for byte in raw(*EXCHANGE)]
    async with wired(stream(*packets)) as (_, provider):
        found = await generate(provider, HI)
    assert found == folded(*EXCHANGE)


async def test_a_stream_that_breaks_keeps_what_came(wired: Wired) -> None:
    steps = [*stream(raw(begin(), *text("Hel")[:2]))[:-1], RESET]
    heard = ""
    async with wired(steps) as (wire, provider):
        with pytest.raises(ProviderError):
            async for delta in provider.stream(HI):
                heard += delta.text
        assert heard == "Hel" and len(wire.requests) == 1


async def test_a_service_that_is_overloaded_is_asked_again(wired: Wired) -> None:
    busy = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    async with wired(answer(busy, 529), stream(raw(begin(), *text("Hi"), end(), STOP))) as (
        _,
        provider,
    ):
        assert (await generate(provider, HI)).message.text == "Hi"


async def test_the_vendors_own_library_reads_the_same_exchange(wired: Wired) -> None:
    anthropic = pytest.importorskip("anthropic")
    async with wired(stream(raw(*EXCHANGE))) as (wire, provider):
        ours = await generate(provider, HI)
        client = anthropic.AsyncAnthropic(api_key="k", base_url=wire.url, max_retries=0)
        messages = [{"role": "user", "content": "Hi"}]
        asked = {"model": "m", "max_tokens": 9, "messages": messages}
        async with client, client.messages.stream(**asked) as streamed:
            theirs = await streamed.get_final_message()
    thought, said, call = theirs.content
    first, second, third = ours.message.parts
    assert isinstance(first, Thinking) and isinstance(second, Text)
    assert (first.text, first.signature) == (thought.thinking, thought.signature)
    assert second.text == said.text
    assert msgspec.json.decode(third.arguments) == call.input  # type: ignore[union-attr]
    assert ours.usage.output_tokens == theirs.usage.output_tokens
