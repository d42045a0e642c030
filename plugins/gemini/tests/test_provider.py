"""The provider against a scripted server: keys, lists, counts, embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell.errors import AuthError, BadResponseError
from polyspell.messages import Message
from polyspell.providers.base import Provider, Request
from polyspell.providers.fold import generate
from polyspell.testing.wire import Received, answer, events

Wired = Any  # the fixture in conftest.py
HI = Request("gemini-2.5-flash", [Message.user("Hi")])
SAID = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}


async def test_key_and_model_go_where_they_belong(wired: Wired) -> None:
    async with wired(events(SAID, done=False)) as (wire, provider):
        assert isinstance(provider, Provider)
        await generate(provider, HI)
        await generate(provider, Request("tunedModels/mine", HI.messages))
    first, second = wire.requests
    assert first.path == "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert second.path == "/v1beta/tunedModels/mine:streamGenerateContent?alt=sse"
    assert first.headers["x-goog-api-key"] == "key" and "model" not in first.json


async def test_a_query_of_the_address_is_kept(wired: Wired) -> None:
    async with wired(events(SAID, done=False), base_url="http://x") as (wire, provider):
        provider._endpoint.url = f"{wire.url}/p?a=b"
        await generate(provider, HI)
    assert wire.requests[0].path.endswith(":streamGenerateContent?alt=sse&a=b")


async def test_the_other_name_of_the_key_counts_too(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv("GOOGLE_API_KEY", "google")
    async with wired(events(SAID, done=False)) as (wire, provider):
        await generate(provider, HI)
    assert wire.requests[0].headers["x-goog-api-key"] == "google"
    monkeypatch.delenv("GOOGLE_API_KEY")
    async with wired(events(SAID, done=False)) as (wire, provider):
        provider._endpoint._needs_key = True
        with pytest.raises(AuthError, match="GEMINI_API_KEY"):
            await generate(provider, HI)


async def test_a_wrong_key_is_an_error_of_the_key(wired: Wired) -> None:
    details = [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
    error = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}
    async with wired(answer({"error": {**error, "details": details}}, 400)) as (_, provider):
        with pytest.raises(AuthError):
            await generate(provider, HI)


async def test_all_pages_of_models_are_listed(wired: Wired) -> None:
    chat = {
        "name": "models/gemini-2.5-flash",
        "displayName": "Flash",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "thinking": True,
    }
    vectors = {"name": "models/gemini-embedding-001"}
    vectors["supportedGenerationMethods"] = ["embedContent"]  # type: ignore[assignment]
    pages = [{"models": [chat], "nextPageToken": "p2"}, {"models": [vectors]}]
    async with wired(*map(answer, pages)) as (wire, provider):
        flash, embedding = await provider.models()
    assert (flash.name, flash.description) == ("gemini-2.5-flash", "Flash")
    assert (flash.context_tokens, flash.output_tokens) == (1_048_576, 65_536)
    assert {"tools", "thinking"} <= flash.features and "embeddings" not in flash.features
    assert embedding.features == {"embeddings"}
    assert wire.requests[1].path == "/v1beta/models?pageSize=1000&pageToken=p2"


async def test_tokens_are_counted_by_the_service(wired: Wired) -> None:
    async with wired(answer({"totalTokens": 42})) as (wire, provider):
        assert await provider.count_tokens(HI) == 42
    (sent,) = wire.requests
    assert sent.path == "/v1beta/models/gemini-2.5-flash:countTokens"
    assert sent.json["generateContentRequest"]["model"] == "models/gemini-2.5-flash"


async def test_many_texts_are_embedded_by_the_hundred(wired: Wired) -> None:
    def served(request: Received) -> bytes:
        texts = [r["content"]["parts"][0]["text"] for r in request.json["requests"]]
        return answer({"embeddings": [{"values": [float(text)]} for text in texts]})

    async with wired(served) as (wire, provider):
        vectors = await provider.embed("gemini-embedding-001", [str(n) for n in range(101)])
    assert vectors == [[float(n)] for n in range(101)] and len(wire.requests) == 2


async def test_embeddings_that_are_missing_are_an_error(wired: Wired) -> None:
    async with wired(answer({"embeddings": []})) as (_, provider):
        with pytest.raises(BadResponseError, match="0 embeddings for 1"):
            await provider.embed("m", ["a"])
