"""What real services say when they fail, and which error it is."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
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
    QuotaError,
    RateLimitError,
)
from polyspell.providers.failures import provider_error
from polyspell.providers.patience import retry_after

OPENAI_LONG = (
    "This model's maximum context length is 8192 tokens. However, you requested 9007 tokens "
    "(1007 in the messages, 8000 in the completion). Please reduce the length of the messages."
)
GEMINI_LONG = (
    "The input token count (1,200,030) exceeds the maximum number of tokens allowed (1048576)."
)


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        # OpenAI
        (AuthError, 401, error("Incorrect API key provided: sk-x.", code="invalid_api_key")),
        (QuotaError, 429, error("You exceeded your current quota.", code="insufficient_quota")),
        (RateLimitError, 429, error("Rate limit reached.", code="rate_limit_exceeded")),
        (ContextTooLong, 400, error(OPENAI_LONG, code="context_length_exceeded")),
        (BadRequestError, 404, error("The model `x` does not exist", code="model_not_found")),
        (BadRequestError, 400, error("max_tokens is too large: 99999. At most 16384.", code=None)),
        (OverloadedError, 500, error("The server had an error", type="server_error")),
        (OverloadedError, 503, error("That model is currently overloaded", type="server_error")),
        # Anthropic
        (
            AuthError,
            401,
            {"type": "error", **error("invalid x-api-key", type="authentication_error")},
        ),
        (OverloadedError, 529, {"type": "error", **error("Overloaded", type="overloaded_error")}),
        (QuotaError, 400, error("Your credit balance is too low.", type="invalid_request_error")),
        (ContextTooLong, 400, error("prompt is too long: 208310 tokens > 200000 maximum")),
        (BadRequestError, 413, error("Request exceeds the maximum size", type="request_too_large")),
        # Gemini
        (AuthError, 400, error("API key not valid.", status="INVALID_ARGUMENT")),
        (AuthError, 403, [error("Denied", status="PERMISSION_DENIED")]),
        (RateLimitError, 429, error("You exceeded your quota", status="RESOURCE_EXHAUSTED")),
        (ContextTooLong, 400, error(GEMINI_LONG, status="INVALID_ARGUMENT")),
        (OverloadedError, 503, error("The model is overloaded.", status="UNAVAILABLE")),
        # Azure
        (ContentFiltered, 400, error("The response was filtered", code="content_filter")),
        # OpenRouter, Groq, Together, DeepSeek, Mistral, xAI, llama.cpp, vLLM, Ollama
        (QuotaError, 402, error("Insufficient credits", code=402)),
        (ContentFiltered, 403, error("Your input was flagged for violence", code=403)),
        (RateLimitError, 413, error("Request too large ... tokens per minute (TPM): Limit 6000")),
        (QuotaError, 402, error("Insufficient Balance", type="unknown_error")),
        (AuthError, 401, {"message": "Unauthorized", "request_id": "r1"}),
        (BadRequestError, 422, {"detail": [{"loc": ["body", "seed"], "msg": "extra field"}]}),
        (AuthError, 403, {"code": "The caller does not have permission", "error": "Blocked."}),
        (ContextTooLong, 400, error("too long", type="exceed_context_size_error", n_ctx=512)),
        (OverloadedError, 503, error("Loading model", code=503, type="unavailable_error")),
        (ContextTooLong, 400, {"object": "error", "message": OPENAI_LONG, "code": 400}),
        (BadRequestError, 404, {"error": "model 'x' not found"}),
        # Anybody
        (BadRequestError, 400, "nonsense"),
        (OverloadedError, 502, ""),
        (RateLimitError, 429, {}),
        (BadResponseError, 304, ""),
    ],
)
def test_a_failure_is_of_its_kind(kind: type[ProviderError], status: int, body: Any) -> None:
    raw = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    found = provider_error(status, raw, provider="acme", model="m1")
    assert type(found) is kind
    assert found.context["status"] == status and found.context["model"] == "m1"
    assert str(found).startswith("acme: ")


@pytest.mark.parametrize(
    ("given", "allowed", "body"),
    [
        (9007, 8192, error(OPENAI_LONG)),
        (208310, 200000, error("prompt is too long: 208310 tokens > 200000 maximum")),
        (1200030, 1048576, error(GEMINI_LONG)),
        (900, 512, error("x", type="exceed_context_size_error", n_ctx=512, n_prompt_tokens=900)),
        (40015, 32768, error("40015 tokens, too large for 32768 maximum context length")),
        (700, 640, error("request (700 tokens) exceeds the available context size (640 tokens)")),
        (None, None, error("context window exceeded")),
    ],
)  # fmt: skip
def test_a_context_that_is_too_long_says_by_how_much(
    given: int | None, allowed: int | None, body: Any
) -> None:
    context = provider_error(400, body).context
    assert (context.get("given_tokens"), context.get("allowed_tokens")) == (given, allowed)


def test_the_providers_own_words_and_the_requests_id_are_kept() -> None:
    found = provider_error(
        400, error("No.", code="odd"), {"x-request-id": "req_1"}, provider="acme"
    )
    assert found.message == "acme: No."
    assert found.context["provider_message"] == "No."
    assert found.context["provider_codes"] == ["odd"]
    assert found.context["request_id"] == "req_1"
    copy = pickle.loads(pickle.dumps(found))
    assert (type(copy), copy.context) == (BadRequestError, found.context)


def test_the_words_of_a_provider_behind_a_router_are_found() -> None:
    raw = '{"error": {"message": "Upstream says no"}}'
    body = error("Provider returned error", code=400, metadata={"raw": raw})
    assert provider_error(400, body).context["provider_message"] == "Upstream says no"


def test_complaints_about_fields_are_told_in_one_line() -> None:
    body = {"detail": [{"loc": ["body", "top_k"], "msg": "not permitted"}]}
    assert "top_k: not permitted" in str(provider_error(422, body))


def test_a_web_page_is_recognised() -> None:
    page = b"<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head></html>"
    found = provider_error(502, page, provider="acme")
    assert isinstance(found, OverloadedError) and found.retryable
    assert "502 Bad Gateway" in str(found) and "proxy" in found.hint
    blocked = provider_error(403, page)
    assert isinstance(blocked, BadResponseError) and not blocked.retryable


def test_a_providers_own_mapper_wins() -> None:
    found = provider_error(400, error("x"), explain=lambda status, body: ContentFiltered)
    assert isinstance(found, ContentFiltered)
    assert isinstance(provider_error(400, error("x"), explain=lambda *_: None), BadRequestError)


def test_what_can_never_succeed_is_not_retryable() -> None:
    assert not provider_error(429, error("Request too large for x")).retryable
    assert not provider_error(500, error("x"), {"x-should-retry": "false"}).retryable
    assert provider_error(500, error("x")).retryable


def test_the_wait_is_read_in_every_form() -> None:
    assert retry_after({"retry-after": "1.5"}) == 1.5
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    now = datetime(2030, 1, 1, tzinfo=UTC)
    later = {"retry-after": format_datetime(now + timedelta(seconds=30), usegmt=True)}
    assert retry_after({**later, "date": format_datetime(now, usegmt=True)}) == 30
    assert (retry_after(later) or 0) > 30
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "nan"}) is None
    assert retry_after({"retry-after": "-3"}) == 0
    assert retry_after({}, [{"details": [{"retryDelay": "17s"}]}]) == 17
    assert retry_after({}, message="Please try again in 20ms.") == 0.02
    assert retry_after({}, message="Please try again in 7m12.5s.") == 432.5
    assert provider_error(429, error("try again in 2s")).context["retry_after"] == 2
