"""Which API a request goes to; what both have beside answers: counts and batches."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from polyspell.errors import (
    AuthError,
    BadRequestError,
    ConfigError,
    OverloadedError,
    RateLimitError,
)
from polyspell.host import Host
from polyspell.messages import Media, Message
from polyspell.providers.base import Request, ToolSpec
from polyspell.providers.batch import has_batches
from polyspell.providers.fold import generate
from polyspell.providers.tokens import count_tokens
from polyspell.testing.wire import Received, answer, events
from polyspell_openai.apis import choose
from polyspell_openai.presets import PRESETS

Wired = Any  # the fixture in conftest.py
HI = Request("gpt-5", [Message.user("Hi")])
WHOLE = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "model": "gpt-5",
    "output": [{"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Yes"}]}],
    "usage": {"input_tokens": 3, "output_tokens": 1},
}


def chosen(at_openai: bool = True, configured: str = "auto", **more: Any) -> str:
    request = Request(**{"model": "gpt-5", "messages": [Message.user("Hi")], **more})
    api, left = choose(request, configured, at_openai=at_openai)
    assert "api" not in left.options
    return api


def test_reasoning_models_of_openai_are_asked_where_their_reasoning_is_kept() -> None:
    assert chosen() == chosen(model="o3") == chosen(model="codex-mini-latest") == "responses"
    assert chosen(model="gpt-4o") == chosen(model="gpt-5-chat-latest") == "chat"
    assert chosen(at_openai=False) == "chat"


def test_what_only_one_of_them_has_decides() -> None:
    assert chosen(stop=["x"]) == chosen(seed=7) == "chat"
    assert chosen(options={"reasoning_effort": "low"}) == "chat"
    assert chosen(messages=[Message.user(Media("audio/wav", b""))]) == "chat"
    assert chosen(model="gpt-4o", options={"previous_response_id": "r"}) == "responses"


def test_what_is_asked_for_is_done() -> None:
    assert chosen(configured="chat") == chosen(options={"api": "chat"}) == "chat"
    assert chosen(at_openai=False, configured="responses", model="x") == "responses"
    with pytest.raises(ConfigError, match="no API 'x'"):
        chosen(options={"api": "x"})


async def test_the_option_of_a_request_takes_it_to_the_responses_api(wired: Wired) -> None:
    done = {"type": "response.completed", "response": WHOLE}
    request = msgspec.structs.replace(HI, options={"api": "responses"})
    async with wired(events(done, done=False)) as (wire, provider):
        assert (await generate(provider, request)).message.text == "Yes"
    assert wire.requests[0].path == "/v1/responses"
    assert "api" not in wire.requests[0].json


async def test_tokens_are_counted_by_the_service(wired: Wired) -> None:
    request = msgspec.structs.replace(HI, stop=["x"], tools=[ToolSpec("t", "", {})], max_tokens=5)
    async with wired(answer({"object": "response.input_tokens", "input_tokens": 42})) as (
        wire,
        provider,
    ):
        assert await provider.count_tokens(request) == 42
    (sent,) = wire.requests
    assert sent.path == "/v1/responses/input_tokens"
    assert sent.json.keys() == {"model", "input", "tools"}


async def test_a_batch_goes_up_as_a_file(wired: Wired) -> None:
    made = {"id": "batch_1", "status": "validating", "request_counts": {"total": 2}}
    answers = [answer({"id": "file_1"}), answer(made), answer(made)]
    async with wired(*answers, api="responses") as (wire, provider):
        assert await provider.batch_submit({"a": HI, "b": HI}) == "batch_1"
        assert (await provider.batch_status("batch_1")).state == "running"
    file, batch, _ = wire.requests
    assert file.path == "/v1/files" and b'name="purpose"\r\n\r\nbatch\r\n' in file.body
    border = file.headers["content-type"].partition("boundary=")[2].encode()
    content = file.body.split(b"--" + border)[2].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
    lines = [msgspec.json.decode(line) for line in content.split(b"\n")]
    assert [line["custom_id"] for line in lines] == ["a", "b"]
    assert lines[0]["url"] == "/v1/responses" and "stream" not in lines[0]["body"]
    assert batch.json == {
        "input_file_id": "file_1",
        "endpoint": "/v1/responses",
        "completion_window": "24h",
    }


async def test_the_results_of_a_batch_are_responses_and_errors(wired: Wired) -> None:
    chat = {"object": "chat.completion", "choices": [{"message": {"content": "Hi"}}]}
    lines = [
        {"custom_id": "a", "response": {"status_code": 200, "body": WHOLE}, "error": None},
        {"custom_id": "b", "response": {"status_code": 200, "body": chat}, "error": None},
    ]
    failed = [
        {"custom_id": "c", "response": {"status_code": 429, "body": {"error": {"message": "!"}}}},
        {"custom_id": "d", "response": None, "error": {"code": "batch_expired", "message": "Late"}},
    ]

    def served(request: Received) -> bytes:
        if request.path == "/v1/batches/x":
            done = {"status": "completed", "output_file_id": "f1", "error_file_id": "f2"}
            return answer({"id": "x", **done})
        wanted = lines if request.path == "/v1/files/f1/content" else failed
        return answer(b"\n".join(msgspec.json.encode(line) for line in wanted))

    async with wired(served) as (_, provider):
        found = {result.name: result async for result in provider.batch_results("x")}
    assert found["a"].response.message.text == "Yes" and found["a"].response.usage.input_tokens == 3
    assert found["b"].response.message.text == "Hi"
    assert isinstance(found["c"].error, RateLimitError)
    assert found["d"].error.context["provider_message"] == "Late"


async def test_where_the_service_does_not_count_tokens_are_estimated() -> None:
    async with Host(plugins=["openai"], config={}) as host:
        count = await count_tokens(host, "groq/x", [Message.user("Hi")])
    assert count.estimated and count.tokens > 0


async def test_a_compatible_server_that_does_not_count_is_asked_once(wired: Wired) -> None:
    async with wired(answer({"error": {"message": "Not Found"}}, 404)) as (wire, provider):
        assert await provider.count_tokens(HI) is None
        assert await provider.count_tokens(HI) is None
    assert len(wire.requests) == 1
    async with wired(answer({"error": {"message": "No."}}, 401)) as (wire, provider):
        with pytest.raises(AuthError):
            await provider.count_tokens(HI)


async def test_presets_have_the_batches_that_their_service_has() -> None:
    async with Host(plugins=["openai"], config={}) as host:
        having = [name for name in PRESETS if has_batches(host.providers.get(name))]
    assert having == ["openai", "groq"]


async def test_routes_and_named_providers_reach_counts_and_batches(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    def served(request: Received) -> bytes:
        if request.path == "/v1/files":
            return answer({"id": "file_1"})
        if request.path == "/v1/responses/input_tokens":
            return answer({"input_tokens": 42})
        return answer({"id": "batch_1", "status": "in_progress"})

    async with wired(served) as (wire, _):
        config = {
            "providers": {"office": {"type": "openai", "base_url": f"{wire.url}/v1"}},
            "models": {"best": "office/gpt-5", "nearby": {"try": ["vllm/x", "office/gpt-5"]}},
        }
        async with Host(plugins=["openai"], config=config) as host:
            for model in ("office/gpt-5", "route/best"):
                count = await count_tokens(host, model, [Message.user("Hi")])
                assert (count.tokens, count.estimated) == (42, False)
            provider = host.providers.get("route")
            batch = await provider.batch_submit({"a": Request("nearby", HI.messages)})
            assert batch == "office/batch_1"
            assert (await provider.batch_status(batch)).state == "running"
    assert b'"model":"gpt-5"' in wire.requests[-3].body


async def test_results_that_are_not_there_are_a_clear_error(wired: Wired) -> None:
    async with wired(answer({"id": "x", "status": "in_progress"})) as (_, provider):
        with pytest.raises(BadRequestError, match="in_progress"):
            async for _result in provider.batch_results("x"):
                pass
        with pytest.raises(BadRequestError, match="empty"):
            await provider.batch_submit({})
        await provider.batch_cancel("x")


async def test_without_a_key_nothing_is_sent(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    async with wired(answer({})) as (wire, provider):
        monkeypatch.delenv("OPENAI_API_KEY")
        provider._endpoint._needs_key = True
        with pytest.raises(AuthError, match="OPENAI_API_KEY"):
            await provider.count_tokens(HI)
    assert wire.requests == []


async def test_making_a_batch_is_not_tried_twice(wired: Wired) -> None:
    async with wired(answer({"id": "file_1"}), answer({}, 500)) as (wire, provider):
        with pytest.raises(OverloadedError):
            await provider.batch_submit({"a": HI})
    assert [request.path for request in wire.requests] == ["/v1/files", "/v1/batches"]
