"""The provider against a scripted server: keys, lists, counts, batches, failures."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from polyspell.errors import (
    AuthError,
    Cancelled,
    ConfigError,
    ContextTooLong,
    OverloadedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)
from polyspell.messages import Message
from polyspell.providers.base import Provider, Request
from polyspell.providers.fold import generate
from polyspell.testing.wire import Received, answer, events

Wired = Any  # the fixture in conftest.py
HI = Request("claude-sonnet-4-5", [Message.user("Hi")])
WHOLE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 1},
}


async def test_key_version_and_betas_go_with_a_request(wired: Wired) -> None:
    named = answer(WHOLE, request_id="req_7")
    request = msgspec.structs.replace(HI, options={"betas": ["a", "b"]})
    async with wired(named, headers={"x-own": "1"}) as (wire, provider):
        assert isinstance(provider, Provider)
        found = await generate(provider, request)
    assert found.message.text == "Hello" and found.extra == {"request_id": "req_7"}
    (sent,) = wire.requests
    assert sent.path == "/v1/messages" and sent.headers["x-api-key"] == "sk-ant-test"
    assert sent.headers["anthropic-version"] == "2023-06-01"
    assert sent.headers["anthropic-beta"] == "a,b" and sent.headers["x-own"] == "1"


async def test_an_address_may_end_in_the_version(wired: Wired) -> None:
    async with wired(answer(WHOLE), path="/v1/") as (wire, provider):
        await generate(provider, HI)
    assert wire.requests[0].path == "/v1/messages"


@pytest.mark.parametrize(
    ("status", "kind", "message", "expected"),
    [
        (
            400,
            "invalid_request_error",
            "prompt is too long: 213 tokens > 200 maximum",
            ContextTooLong,
        ),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 188 + 213 > 200, decrease",
            ContextTooLong,
        ),
        (400, "invalid_request_error", "Your credit balance is too low", QuotaError),
        (401, "authentication_error", "invalid x-api-key", AuthError),
        (403, "permission_error", "No access", AuthError),
        (429, "rate_limit_error", "This request would exceed your limit", RateLimitError),
        (529, "overloaded_error", "Overloaded", OverloadedError),
        (500, "api_error", "Internal server error", OverloadedError),
    ],
)
async def test_failures_are_mapped_with_the_services_words(
    wired: Wired, status: int, kind: str, message: str, expected: type[ProviderError]
) -> None:
    body = {"type": "error", "error": {"type": kind, "message": message}}
    async with wired(answer(body, status, request_id="req_1"), retries=0) as (_, provider):
        with pytest.raises(expected) as raised:
            await generate(provider, HI)
    context = raised.value.context
    assert (context["provider_message"], context["request_id"]) == (message, "req_1")


async def test_a_rate_limit_says_how_long_to_wait(wired: Wired) -> None:
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}}
    async with wired(answer(body, 429, retry_after="7"), retries=0) as (_, provider):
        with pytest.raises(RateLimitError) as raised:
            await generate(provider, HI)
    assert raised.value.retry_after == 7


async def test_all_pages_of_models_are_listed(wired: Wired) -> None:
    able = {"image_input": {"supported": True}, "pdf_input": {"supported": False}}
    known = {"display_name": "Claude A", "max_input_tokens": 200_000, "max_tokens": 64_000}
    first = {"data": [{"id": "a", **known, "capabilities": able}], "has_more": True, "last_id": "a"}
    second = {"data": [{"id": "b", "display_name": "Claude B"}], "has_more": False}
    async with wired(answer(first), answer(second)) as (wire, provider):
        a, b = await provider.models()
    assert (a.name, a.description, a.context_tokens) == ("a", "Claude A", 200_000)
    assert (a.output_tokens, a.features) == (64_000, {"tools", "images"})
    assert b.name == "b" and b.features == frozenset()
    assert wire.requests[1].path == "/v1/models?limit=1000&after_id=a"


async def test_tokens_are_counted_by_the_service(wired: Wired) -> None:
    request = msgspec.structs.replace(
        HI, temperature=0.5, stop=["x"], output_schema={"type": "array"}
    )
    async with wired(answer({"input_tokens": 42})) as (wire, provider):
        assert await provider.count_tokens(request) == 42
    (sent,) = wire.requests
    assert sent.path == "/v1/messages/count_tokens"
    assert sent.json.keys() == {"model", "messages", "tools", "tool_choice"}
    pydantic = pytest.importorskip("pydantic")
    params = pytest.importorskip("anthropic.types").MessageCountTokensParams
    pydantic.TypeAdapter(params).validate_python(sent.json)


async def test_a_batch_is_sent_watched_and_read(wired: Wired) -> None:
    running = {"id": "msgbatch_1", "processing_status": "in_progress"}
    counts = {"processing": 0, "succeeded": 2, "errored": 1, "canceled": 1, "expired": 1}
    ended = {"id": "msgbatch_1", "processing_status": "ended", "request_counts": counts}
    tool = {"type": "tool_use", "id": "t", "name": "polyspell_answer", "input": {"a": 1}}
    failure = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}}
    results = {
        "a": {"type": "succeeded", "message": WHOLE},
        "b": {"type": "succeeded", "message": {**WHOLE, "content": [tool]}},
        "c": {"type": "errored", "error": failure},
        "d": {"type": "canceled"},
        "e": {"type": "expired"},
    }
    lines = [msgspec.json.encode({"custom_id": n, "result": r}) for n, r in results.items()]

    def served(request: Received) -> bytes:
        if request.path.endswith("/results"):
            return answer(b"\n".join(lines), content_type="application/x-jsonl")
        return answer(running if request.method == "POST" else ended)

    async with wired(served) as (wire, provider):
        request = msgspec.structs.replace(HI, options={"betas": ["x"]})
        id = await provider.batch_submit({"a": HI, "b": request})
        assert id == "msgbatch_1"
        status = await provider.batch_status(id)
        assert status.state == "done" and status.counts["succeeded"] == 2
        found = {result.name: result async for result in provider.batch_results(id)}
        await provider.batch_cancel(id)
    sent = wire.requests[0]
    assert sent.path == "/v1/messages/batches" and sent.headers["anthropic-beta"] == "x"
    assert sent.json["requests"][0]["custom_id"] == "a"
    assert "stream" not in sent.json["requests"][0]["params"]
    assert all(r.headers["anthropic-version"] for r in wire.requests)
    assert found["a"].response.message.text == "Hello"
    assert found["b"].response.message.text == '{"a":1}'
    assert isinstance(found["c"].error, RateLimitError) and isinstance(found["d"].error, Cancelled)
    assert "expired" in str(found["e"].error)


async def test_an_unknown_option_is_refused(wired: Wired) -> None:
    with pytest.raises(ConfigError, match="base_uri"):
        async with wired(answer({}), base_uri="x"):
            pass


async def test_without_a_key_the_variable_is_named(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    async with wired(events(WHOLE, done=False)) as (_, provider):
        await generate(provider, HI)  # elsewhere none is demanded
        provider._endpoint._needs_key = True
        with pytest.raises(AuthError, match="ANTHROPIC_API_KEY"):
            await generate(provider, HI)
