"""The provider against a scripted server."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from polyspell.errors import (
    AuthError,
    BadResponseError,
    ConfigError,
    ContextTooLong,
    OverloadedError,
    ProviderError,
    TransportError,
)
from polyspell.hookspecs import ProviderInfo
from polyspell.messages import Message
from polyspell.providers.base import Provider, Request
from polyspell.providers.fold import generate
from polyspell.registry import load_object
from polyspell.testing.wire import RESET, STALL, answer, events
from polyspell_openai import polyspell_providers
from polyspell_openai.presets import PRESETS

Wired = Any  # the fixture in conftest.py
HI = Request("m", [Message.user("Hi")])


def text(piece: str, finish: str | None = None) -> dict[str, Any]:
    return {"id": "c", "choices": [{"delta": {"content": piece}, "finish_reason": finish}]}


ANSWER = events(text("Hel"), text("lo"), text("", "stop"))


async def until_error(provider: Provider, request: Request = HI) -> tuple[str, ProviderError]:
    heard = ""
    with pytest.raises(ProviderError) as raised:
        async for delta in provider.stream(request):
            heard += delta.text
    return heard, raised.value


async def test_an_answer_streams_with_key_headers_and_id(wired: Wired) -> None:
    headers = {"OpenAI-Organization": "org"}
    begin, *rest = ANSWER
    assert isinstance(begin, bytes)
    named = begin.replace(b"\r\n\r\n", b"\r\nx-request-id: req_7\r\n\r\n")
    async with wired([named, *rest], headers=headers) as (wire, provider):
        assert isinstance(provider, Provider)
        response = await generate(provider, HI)
        assert response.message.text == "Hello" and response.extra == {"request_id": "req_7"}
        (request,) = wire.requests
        assert request.path == "/v1/chat/completions"
        assert request.headers["authorization"] == "Bearer sk-test"
        assert request.headers["openai-organization"] == "org"
        assert request.json["model"] == "m"


async def test_one_connection_serves_call_after_call(wired: Wired) -> None:
    async with wired(ANSWER) as (wire, provider):
        for _ in range(3):
            await generate(provider, HI)
        assert wire.connections == 1


async def test_the_query_of_an_address_is_kept(wired: Wired) -> None:
    async with wired(ANSWER) as (wire, provider):
        provider._endpoint.url = f"{wire.url}/openai/?api-version=2"
        await generate(provider, HI)
        assert wire.requests[0].path == "/openai/chat/completions?api-version=2"


async def test_a_broken_stream_keeps_what_came(wired: Wired) -> None:
    async with wired([*events(text("Hel"), done=False)[:-1], RESET]) as (_, provider):
        heard, error = await until_error(provider)
        assert heard == "Hel" and isinstance(error, TransportError)


async def test_a_stream_that_ends_without_an_end_is_an_error(wired: Wired) -> None:
    async with wired(events(text("Hel"), done=False)) as (wire, provider):
        heard, error = await until_error(provider)
        assert heard == "Hel" and isinstance(error, BadResponseError)
        assert "broke off" in str(error) and len(wire.requests) == 1


async def test_json_that_is_cut_is_an_error(wired: Wired) -> None:
    async with wired(events(text("Hel"), '{"choices": [{"del', done=False)) as (_, provider):
        heard, error = await until_error(provider)
        assert heard == "Hel" and isinstance(error, BadResponseError) and "not JSON" in str(error)


async def test_an_error_in_the_middle_is_raised_after_what_came(wired: Wired) -> None:
    failure = {"error": {"message": "Too busy", "code": 503}}
    async with wired(events(text("Hel"), failure)) as (wire, provider):
        heard, error = await until_error(provider)
        assert heard == "Hel" and isinstance(error, OverloadedError)
        assert len(wire.requests) == 1


async def test_a_failure_that_passes_costs_nothing(wired: Wired) -> None:
    busy = answer({"error": {"message": "busy"}}, 503)
    async with wired(busy, ANSWER) as (_, provider):
        assert (await generate(provider, HI)).message.text == "Hello"


async def test_a_context_that_is_too_long_says_by_how_much(wired: Wired) -> None:
    said = "This model's maximum context length is 100 tokens. However, you requested 120 tokens."
    body = {"error": {"message": said, "code": "context_length_exceeded"}}
    async with wired(answer(body, 400)) as (_, provider):
        _, error = await until_error(provider)
        assert isinstance(error, ContextTooLong) and error.context["model"] == "m"
        assert (error.context["given_tokens"], error.context["allowed_tokens"]) == (120, 100)


async def test_a_request_has_its_own_time(wired: Wired) -> None:
    async with wired([STALL], timeout={"connect": 5}) as (_, provider):
        _, error = await until_error(provider, Request("m", [Message.user("Hi")], timeout=0.05))
        assert isinstance(error, TransportError) and error.context["timeout"] == "total"


async def test_closing_the_stream_closes_the_connection(wired: Wired) -> None:
    async with wired([*ANSWER[:2], STALL]) as (wire, provider):
        stream: Any = provider.stream(HI)
        assert (await anext(stream)).text == "Hel"
        await stream.aclose()
        await wire.gone.wait()


@pytest.mark.parametrize("first", [True, False])
def test_a_preset_yields_to_a_plugin_made_for_its_service(first: bool) -> None:
    import polyspell_openai
    from polyspell.hookspecs import hookimpl
    from polyspell.host import Host

    class Special:
        @hookimpl
        def polyspell_providers(self) -> list[ProviderInfo]:
            return [ProviderInfo(name="mistral", load="x:y", key_env="SPECIAL_KEY")]

    plugins = [Special(), polyspell_openai] if first else [polyspell_openai, Special()]
    host = Host(plugins=plugins, config={})
    assert host.failures == [] and host.providers.entry("mistral").info.load == "x:y"
    assert host.keys.variable("mistral") == "SPECIAL_KEY"
    assert host.providers.entry("groq").info.load == "polyspell_openai.factories:groq"


async def test_models_are_listed_with_what_is_known_of_them(wired: Wired) -> None:
    listed = [
        {"id": "a", "context_length": 8192, "description": "Small", "owned_by": "x"},
        {"id": "b", "meta": {"n_ctx_train": 4096}},
    ]
    async with wired(answer({"data": listed}), answer(listed)) as (wire, provider):
        for _ in range(2):
            a, b = await provider.models()
            assert (a.name, a.context_tokens, a.description) == ("a", 8192, "Small")
            assert b.context_tokens == 4096 and a.extra["owned_by"] == "x"
        assert wire.requests[0].method == "GET" and wire.requests[0].path == "/v1/models"


async def test_embeddings_come_in_the_order_of_the_texts(wired: Wired) -> None:
    data = [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]
    async with wired(answer({"data": data})) as (wire, provider):
        assert await provider.embed("e", ["a", "b"]) == [[1.0], [2.0]]
        assert wire.requests[0].json["input"] == ["a", "b"]
        with pytest.raises(BadResponseError, match="2 embeddings for 1"):
            await provider.embed("e", ["a"])


def host(**options: Any) -> Any:
    from polyspell.config import Config, Keys
    from polyspell.providers.transport import Transport

    config = Config({"providers": options})
    return SimpleNamespace(transport=Transport(), keys=Keys(), config=config)


def make(name: str, host: Any) -> Any:
    return load_object(f"polyspell_openai.factories:{name}")(host)


async def test_a_missing_key_names_the_variable_to_set(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(AuthError, match="OPENAI_API_KEY"):
        await generate(make("openai", host()), HI)
    async with wired(ANSWER) as (wire, provider):  # another server may want none
        await generate(provider, HI)
        assert "authorization" not in wire.requests[0].headers


async def test_an_address_in_the_environment_counts(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wired(ANSWER) as (wire, _):
        monkeypatch.setenv("VLLM_BASE_URL", f"{wire.url}/v1")
        monkeypatch.setenv("VLLM_API_KEY", "sk-v")
        here = host()
        assert (await generate(make("vllm", here), HI)).message.text == "Hello"
        assert wire.requests[0].headers["authorization"] == "Bearer sk-v"
        await here.transport.aclose()


def test_a_wrong_option_is_named_with_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"\[providers.groq\].*base_ulr") as raised:
        make("groq", host(groq={"base_ulr": "x"}))
    assert "base_url" in raised.value.hint


def test_every_preset_is_a_provider() -> None:
    infos: list[ProviderInfo] = polyspell_providers()
    assert [info.name for info in infos] == list(PRESETS)
    for info in infos:
        assert load_object(info.load)(host()).name == info.name
        assert info.url and info.url.startswith("http")


def test_a_name_that_is_no_preset_has_no_factory() -> None:
    module = sys.modules["polyspell_openai.factories"]
    with pytest.raises(AttributeError):
        _ = module.nonsense
