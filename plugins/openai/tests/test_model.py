"""The provider against a real llama.cpp server with a real model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from polyspell.errors import AuthError, BadRequestError, ContextTooLong, LimitExceeded
from polyspell.host import Host
from polyspell.messages import Message, Response, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell.providers.fold import generate
from polyspell.testing.matchers import collect_events

pytestmark = pytest.mark.model

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = ToolSpec("weather", "Current weather of a city", {**CITY, "additionalProperties": False})


async def provider_of(endpoint: Any, key: str | None = None) -> AsyncIterator[Any]:
    config = {"providers": {"llamacpp": {"base_url": endpoint.base_url, "retries": 2}}}
    import polyspell_openai

    async with Host(plugins=[polyspell_openai], config=config) as host:
        yield host.providers.get("llamacpp")


@pytest.fixture(autouse=True)
def key(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMACPP_API_KEY", endpoint.api_key)


async def ask(endpoint: Any, *messages: Message, **more: Any) -> Response:
    request = Request("default", messages, **{"temperature": 0, "max_tokens": 64, **more})
    async for provider in provider_of(endpoint):
        return await generate(provider, request)
    raise AssertionError


async def test_it_answers_in_pieces_with_usage(endpoint: Any) -> None:
    request = Request("default", [Message.user("Count from one to five.")], max_tokens=40)
    async for provider in provider_of(endpoint):
        deltas = [delta async for delta in provider.stream(request)]
    assert sum(bool(delta.text) for delta in deltas) > 3
    assert deltas[-1].finish_reason in ("stop", "length")
    usage = deltas[-1].usage
    assert usage is not None and usage.input_tokens > 5 and usage.output_tokens > 3
    assert deltas[-1].extra and "timings" in deltas[-1].extra


async def test_it_stops_where_it_is_told(endpoint: Any) -> None:
    short = await ask(endpoint, Message.user("Write a poem."), max_tokens=3)
    assert short.finish_reason == "length" and short.usage.output_tokens == 3


async def test_it_calls_a_tool_and_uses_its_result(endpoint: Any) -> None:
    question = Message.user("What is the weather in Oslo?")
    asked = await ask(endpoint, question, tools=[WEATHER], tool_choice="required")
    assert asked.finish_reason == "tool_calls"
    (call,) = asked.message.tool_calls
    assert call.name == "weather" and "Oslo" in msgspec.json.decode(call.arguments)["city"]
    result = Message("tool", [ToolResult(call.id, "weather", '{"celsius": 21}')])
    told = await ask(endpoint, question, asked.message, result, tools=[WEATHER])
    assert "21" in told.message.text


async def test_its_answer_fits_a_schema(endpoint: Any) -> None:
    told = await ask(endpoint, Message.user("I live in Rome, Italy."), output_schema=CITY)
    assert "Rome" in msgspec.json.decode(told.message.text)["city"]


async def test_it_counts_what_it_will_read(endpoint: Any) -> None:
    question = [Message.system("Be brief."), Message.user("What is the weather in Oslo?")]
    for tools in ((), (WEATHER,)):
        told = await ask(endpoint, *question, tools=tools, max_tokens=1)
        async for provider in provider_of(endpoint):
            counted = await provider.count_tokens(Request("default", question, tools))
            assert counted == told.usage.input_tokens


async def test_it_lists_its_models(endpoint: Any) -> None:
    async for provider in provider_of(endpoint):
        assert len(await provider.models()) >= 1


async def test_a_wrong_key_is_refused(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMACPP_API_KEY", "wrong")
    with pytest.raises(AuthError) as raised:
        await ask(endpoint, Message.user("Hi"))
    assert raised.value.context["status"] == 401


async def test_a_context_that_is_too_long_says_by_how_much(endpoint: Any) -> None:
    with pytest.raises(ContextTooLong) as raised:
        await ask(endpoint, Message.user("word " * 6000))
    context = raised.value.context
    assert context["given_tokens"] > context["allowed_tokens"] > 1000


async def test_a_malformed_request_is_refused_with_the_servers_words(endpoint: Any) -> None:
    with pytest.raises(BadRequestError) as raised:
        await ask(endpoint, Message.user("Hi"), options={"messages": "nonsense"})
    assert raised.value.context["provider_message"]


async def test_many_calls_share_the_server(endpoint: Any) -> None:
    import asyncio

    questions = [Message.user(f"Say the number {n}.") for n in range(4)]
    told = await asyncio.gather(*[ask(endpoint, q, max_tokens=8) for q in questions])
    assert all(response.message.text for response in told)


async def test_a_call_that_its_limit_cut_off_is_not_made(endpoint: Any) -> None:
    import polyspell_openai
    from polyspell import Agent, tool

    written: list[str] = []

    @tool
    def write(path: str, text: str) -> str:
        """Write a file."""
        written.append(path)
        return "written"

    config = {"providers": {"llamacpp": {"base_url": endpoint.base_url}}}
    async with Host(plugins=[polyspell_openai], config=config) as host:
        agent = Agent(
            "llamacpp/default", tools=[write], tool_choice="required", max_tokens=24,
            temperature=0, limits={"turns": 1}, host=host,
        )  # fmt: skip
        with collect_events(host.events, "agent.call.cut") as cut, pytest.raises(LimitExceeded):
            await agent.run("Write a long poem about the sea into the file poem.txt.")
    assert [event.data["finish_reason"] for event in cut] == ["length"]
    assert written == []
