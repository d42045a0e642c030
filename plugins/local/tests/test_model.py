"""The real model: what the provider promises, kept."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from polyspell.config import Config
from polyspell.errors import Cancelled, ContextTooLong, TransportError
from polyspell.host import Host
from polyspell.messages import Message, Response, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell.providers.fold import generate
from polyspell.testing import ProviderContract
from polyspell_local.provider import LocalProvider
from polyspell_local.testing import model_file

pytestmark = pytest.mark.model

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = ToolSpec("weather", "Current weather of a city", CITY)
ADD = ToolSpec(
    "add",
    "Add two numbers",
    {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/number"}, "b": {"$ref": "#/$defs/number"}},
        "required": ["a", "b"],
        "$defs": {"number": {"type": "number"}},
    },
)
OSLO = [Message.system("Be brief."), Message.user("What is the weather in Oslo?")]
STORY = [Message.user("Write a long story about a ship.")]


class Shared(LocalProvider):
    """Stays open when its host closes, so that all tests load the model once."""

    async def aclose(self) -> None:
        """Not yet."""


@pytest.fixture(scope="module")
def config() -> Config:
    folder = str(model_file().parent)
    return Config({"providers": {"local": {"models_dir": folder, "n_ctx": 2048}}})


@pytest.fixture(scope="module")
def provider(config: Config) -> Iterator[LocalProvider]:
    shared = Shared(Host(plugins=[], config=config))
    yield shared
    asyncio.run(LocalProvider.aclose(shared))


class TestContract(ProviderContract):
    name, model = "local", "default"
    features = frozenset({"tools", "output_schema"})
    unknown_model = "gigantic"

    @pytest.fixture(autouse=True)
    def _provider(self, provider: LocalProvider) -> None:
        self.provider = provider

    def make_host(self) -> Host:
        host = Host(plugins=[], config={})
        host.providers.register("local", self.provider)
        return host


async def ask(provider: LocalProvider, messages: list[Message], **settings: Any) -> Response:
    return await generate(provider, Request("default", messages, **settings))


async def test_a_tool_is_called_and_its_result_told(provider: LocalProvider) -> None:
    asked = await ask(provider, OSLO, tools=[WEATHER, ADD])
    (call,) = asked.message.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Oslo"})
    result = ToolResult(call.id, "weather", '{"city": "Oslo", "celsius": 21}')
    messages = [*OSLO, asked.message, Message("tool", [result])]
    told = await ask(provider, messages, tools=[WEATHER, ADD])
    assert "21" in told.message.text
    assert told.usage.input_tokens > told.usage.cached_tokens > 0


async def test_a_follow_up_is_understood_from_the_history(provider: LocalProvider) -> None:
    history = [*OSLO, Message.assistant("It is 21 degrees in Oslo."), Message.user("And in Rome?")]
    (call,) = (await ask(provider, history, tools=[WEATHER, ADD])).message.tool_calls
    assert json.loads(call.arguments) == {"city": "Rome"}


async def test_where_no_tool_fits_it_just_answers(provider: LocalProvider) -> None:
    answer = await ask(provider, [Message.user("Hello, how are you?")], tools=[WEATHER, ADD])
    assert answer.message.text and not answer.message.tool_calls
    assert answer.finish_reason == "stop"


async def test_the_choice_of_tools_is_respected(provider: LocalProvider) -> None:
    none = await ask(provider, OSLO, tools=[WEATHER], tool_choice="none", max_tokens=8)
    assert none.message.text and not none.message.tool_calls
    named = await ask(provider, OSLO, tools=[WEATHER, ADD], tool_choice="add")
    assert [call.name for call in named.message.tool_calls] == ["add"]
    assert json.loads(named.message.tool_calls[0].arguments).keys() == {"a", "b"}


async def test_a_call_that_is_cut_off_is_no_call(provider: LocalProvider) -> None:
    cut = await ask(provider, OSLO, tools=[WEATHER], tool_choice="required", max_tokens=4)
    assert cut.finish_reason == "length"
    assert cut.message.parts == []


async def test_limits_and_stops_end_an_answer(provider: LocalProvider) -> None:
    assert (await ask(provider, STORY, max_tokens=5)).finish_reason == "length"
    count = [Message.user("Count from 1 to 9 with commas.")]
    stopped = await ask(provider, count, stop=["5"], max_tokens=60)
    assert stopped.finish_reason == "stop"
    assert "4" in stopped.message.text and "5" not in stopped.message.text


async def test_a_seed_repeats_an_answer(provider: LocalProvider) -> None:
    settings = {"seed": 7, "temperature": 1.0, "max_tokens": 12, "options": {"cache_prompt": False}}
    one, other = [await ask(provider, STORY, **settings) for _ in "12"]
    assert one.message.text == other.message.text


async def test_closing_the_stream_frees_the_model(provider: LocalProvider) -> None:
    stream = provider.stream(Request("default", STORY, max_tokens=2000))
    assert (await anext(stream)).text
    await stream.aclose()  # type: ignore[attr-defined]
    # All places are free again only if the first answer stopped: four more would have to wait.
    settings = {"max_tokens": 4}
    answers = await asyncio.gather(*[ask(provider, STORY, **settings) for _ in range(4)])
    assert [answer.finish_reason for answer in answers] == ["length"] * 4


async def test_a_conversation_longer_than_the_context_is_an_error(provider: LocalProvider) -> None:
    with pytest.raises(ContextTooLong, match="2048"):
        await ask(provider, [Message.user("word " * 4000)])


async def test_a_time_out_is_an_error_that_can_be_retried(provider: LocalProvider) -> None:
    with pytest.raises(TransportError) as caught:
        await ask(provider, STORY, timeout=0.001)
    assert caught.value.retryable


async def test_embeddings_are_vectors_of_one_length(config: Config) -> None:
    host = Host(plugins=[], config=config)
    local = LocalProvider(host)
    vectors = await local.embed("default", ["a ship at sea", "a boat on water"])
    assert len(vectors) == 2
    assert len(vectors[0]) == len(vectors[1]) > 100
    await local.aclose()


def own_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("local/")]


async def test_closing_the_provider_stops_what_runs_and_ends_its_threads(config: Config) -> None:
    before = set(own_threads())
    local = LocalProvider(Host(plugins=[], config=config))
    stream = local.stream(Request("default", STORY, max_tokens=2000))
    await anext(stream)
    await local.aclose()
    with pytest.raises(Cancelled):
        async for _ in stream:
            pass
    assert set(own_threads()) == before
