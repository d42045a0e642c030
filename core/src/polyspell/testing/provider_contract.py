"""The contract of model providers: subclass it, say how one is made and which models it has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

import msgspec
import pytest

from polyspell.agents import Agent
from polyspell.errors import PolyspellError, ProviderError
from polyspell.host import Host
from polyspell.messages import Delta, Message, Response
from polyspell.providers.base import Provider, Request, ToolSpec
from polyspell.providers.fold import generate
from polyspell.tools import tool

R = TypeVar("R")

WEATHER = ToolSpec(
    "weather",
    "Current weather of a city",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)


class ProviderContract:
    """What every provider is held to. The model must be a real one, or answer as one would.

    Attributes:
        name: the provider's name in its host.
        model: a model's own name.
        features: what it can (see `Feature`); tests of the rest are skipped.
        unknown_model: a name that it must refuse; None where it takes any.
        options: options for every request.
    """

    name: ClassVar[str]
    model: ClassVar[str]
    features: ClassVar[frozenset[str]] = frozenset({"tools"})
    unknown_model: ClassVar[str | None] = None
    options: ClassVar[dict[str, Any]] = {}

    def make_host(self) -> Host:
        """A host that has the provider."""
        raise NotImplementedError

    def run(self, work: Callable[[Host, Provider], Awaitable[R]]) -> R:
        """Run work with a host that is open."""

        async def main() -> R:
            async with self.make_host() as host:
                return await work(host, host.providers.get(self.name))

        return asyncio.run(main())

    def ask(self, *messages: Message, **settings: Any) -> Response:
        """One whole answer."""
        request = self.request(*messages, **settings)
        return self.run(lambda _, provider: generate(provider, request))

    def request(self, *messages: Message, **settings: Any) -> Request:
        """A request of the model, short and repeatable."""
        options = {"temperature": 0.0, "max_tokens": 64, "options": self.options}
        return Request(self.model, list(messages), **{**options, **settings})

    def test_it_answers_with_text_and_says_what_it_used(self) -> None:
        """Text, usage and a finish reason of the vocabulary."""
        response = self.ask(Message.system("Be brief."), Message.user("Say hello."))
        assert response.message.role == "assistant"
        assert response.message.text.strip()
        assert response.finish_reason in ("stop", "length")
        assert response.usage.input_tokens > 0
        assert response.usage.output_tokens > 0
        assert response.usage.requests == 1

    def test_the_answer_comes_in_pieces_that_make_the_whole(self) -> None:
        """And the last piece that says so carries the finish reason."""

        async def work(_: Host, provider: Provider) -> list[Delta]:
            request = self.request(Message.user("Count from one to five in words."))
            return [delta async for delta in provider.stream(request)]

        deltas = self.run(work)
        assert "".join(delta.text for delta in deltas).strip()
        assert [d.finish_reason for d in deltas if d.finish_reason] in (["stop"], ["length"])

    def test_a_conversation_with_history_is_taken(self) -> None:
        """User and assistant in turns."""
        response = self.ask(
            Message.user("My name is Ada."),
            Message.assistant("Hello Ada."),
            Message.user("Thank you. Say one word."),
        )
        assert response.message.text.strip()

    def test_leaving_early_stops_the_answer(self) -> None:
        """And the provider can be used again at once."""

        async def work(_: Host, provider: Provider) -> Response:
            stream = provider.stream(self.request(Message.user("Count to one hundred.")))
            async for _delta in stream:
                break
            await stream.aclose()  # type: ignore[attr-defined]
            return await generate(provider, self.request(Message.user("Say hello.")))

        assert self.run(work).message.text.strip()

    def test_several_can_ask_at_once(self) -> None:
        """Each gets its own answer."""

        async def work(_: Host, provider: Provider) -> list[Response]:
            request = self.request(Message.user("Say hello."), max_tokens=8)
            return await asyncio.gather(*[generate(provider, request) for _ in range(3)])

        assert all(r.message.text.strip() for r in self.run(work))

    def test_an_unknown_model_is_a_clear_error(self) -> None:
        """An error of the tree that names the model or says what to do."""
        if self.unknown_model is None:
            pytest.skip("it takes any name")
        request = msgspec.structs.replace(
            self.request(Message.user("Hello.")), model=self.unknown_model
        )
        with pytest.raises(PolyspellError) as caught:
            self.run(lambda _, provider: generate(provider, request))
        assert caught.value.hint or isinstance(caught.value, ProviderError)

    def test_it_lists_its_models(self) -> None:
        """By names that can be asked for."""
        models = self.run(lambda _, provider: provider.models())
        assert all(model.name for model in models)

    def test_it_calls_a_tool_and_answers_from_the_result(self) -> None:
        """The whole way, by an agent."""
        self._needs("tools")

        @tool
        async def weather(city: str) -> dict[str, Any]:
            """Current weather of a city."""
            return {"city": city, "celsius": 21}

        async def work(host: Host, _: Provider) -> Any:
            agent = Agent(
                f"{self.name}/{self.model}",
                instructions="Be brief.",
                tools=[weather],
                temperature=0.0,
                options=self.options,
                host=host,
            )
            return await agent.run("What is the weather in Oslo?")

        result = self.run(work)
        assert [call["name"] for call in result.tool_calls] == ["weather"]
        assert "oslo" in str(result.tool_calls[0]["arguments"]).lower()
        assert "21" in result.text

    def test_a_demanded_tool_is_called_with_arguments_that_are_json(self) -> None:
        """`tool_choice="required"`."""
        self._needs("tools")
        response = self.ask(
            Message.user("The weather in Bergen, please."), tools=[WEATHER], tool_choice="required"
        )
        calls = response.message.tool_calls
        assert [call.name for call in calls] == ["weather"]
        assert calls[0].id
        assert isinstance(msgspec.json.decode(calls[0].arguments), dict)
        assert response.finish_reason == "tool_calls"

    def test_a_schema_for_the_answer_is_kept(self) -> None:
        """The answer is JSON of that schema."""
        self._needs("output_schema")
        schema = {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
            "additionalProperties": False,
        }
        response = self.ask(
            Message.user("Ada is 36 years old. Give name and age as JSON."), output_schema=schema
        )
        value = msgspec.json.decode(response.message.text)
        assert value["name"]
        assert isinstance(value["age"], int)

    def _needs(self, feature: str) -> None:
        if feature not in self.features:
            pytest.skip(f"it has no {feature}")
