"""What echo answers, by rule and by script."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from polyspell.errors import BadRequestError, ConfigError, OverloadedError, RateLimitError
from polyspell.messages import Delta, Message, Response, ToolCall, ToolResult
from polyspell.providers.base import Provider, Request, ToolSpec
from polyspell.providers.fold import Fold, generate
from polyspell_echo.provider import EchoProvider

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = ToolSpec("weather", "Current weather of a city", CITY)
CLOCK = ToolSpec("clock", "The time", {"type": "object", "properties": {}})


def request(prompt: str = "Hi", model: str = "echo", **more: Any) -> Request:
    return Request(model, [Message.user(prompt)], **more)


async def ask(provider: EchoProvider, request: Request) -> Response:
    return await generate(provider, request)


async def told(provider: EchoProvider, request: Request) -> list[Delta]:
    return [delta async for delta in provider.stream(request)]


def arguments(response: Response) -> dict[str, Any]:
    (call,) = response.message.tool_calls
    return msgspec.json.decode(call.arguments)


def after_tools(model: str, *results: str) -> Request:
    calls = [ToolCall(f"c{n}", "weather") for n in range(len(results))]
    answers = [ToolResult(f"c{n}", "weather", text) for n, text in enumerate(results)]
    turns = [
        Message.user("Hi"),
        Message.assistant(*calls),
        *(Message("tool", [r]) for r in answers),
    ]
    return Request(model, turns, tools=[WEATHER])


def test_it_is_a_provider() -> None:
    assert isinstance(EchoProvider(), Provider)


async def test_echo_says_what_the_user_said_and_counts() -> None:
    response = await ask(EchoProvider(), request("Good morning"))
    assert (response.message.text, response.finish_reason) == ("Good morning", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 3)
    assert response.usage.requests == 1


async def test_it_says_what_all_tools_returned_in_their_order() -> None:
    for model in ("echo", "tools"):
        response = await ask(EchoProvider(), after_tools(model, "21 degrees", "rain"))
        assert response.message.text == "21 degrees\nrain"


async def test_tools_calls_the_tool_that_the_prompt_names() -> None:
    prompt = request("the weather in Oslo?", "tools", tools=[CLOCK, WEATHER])
    response = await ask(EchoProvider(), prompt)
    assert response.finish_reason == "tool_calls"
    assert response.message.tool_calls[0].name == "weather"
    assert arguments(response) == {"city": "Oslo"}


async def test_tools_calls_the_first_tool_where_the_prompt_names_none() -> None:
    response = await ask(EchoProvider(), request("Hi", "tools", tools=[CLOCK, WEATHER]))
    assert response.message.tool_calls[0].name == "clock"


async def test_json_in_the_prompt_is_the_arguments() -> None:
    prompt = request('weather {of "x"} {"city": "Rome"} please', "tools", tools=[WEATHER])
    assert arguments(await ask(EchoProvider(), prompt)) == {"city": "Rome"}


async def test_a_tool_choice_is_obeyed_by_every_model() -> None:
    tools = [CLOCK, WEATHER]
    named = await ask(EchoProvider(), request("Hi", tools=tools, tool_choice="weather"))
    assert named.message.tool_calls[0].name == "weather"
    required = await ask(EchoProvider(), request("Hi", tools=tools, tool_choice="required"))
    assert len(required.message.tool_calls) == 1
    none = await ask(EchoProvider(), request("Hi", "tools", tools=tools, tool_choice="none"))
    assert none.message.tool_calls == [] and none.message.text == "Hi"


async def test_a_schema_is_filled_from_the_prompt() -> None:
    schema = {
        "type": "object",
        "properties": {
            "who": {"$ref": "#/$defs/name"},
            "scores": {"type": "array", "items": {"type": "number"}},
            "kind": {"enum": ["cat", "dog"]},
            "ok": {"type": "boolean"},
            "left": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "unneeded": {"type": "string"},
        },
        "required": ["who", "scores", "kind", "ok", "left"],
        "$defs": {"name": {"type": "string"}},
    }
    prompt = 'My dog "Rex the Great" scored 3 and 4.5.'
    response = await ask(EchoProvider(), request(prompt, output_schema=schema))
    assert msgspec.json.decode(response.message.text) == {
        "who": "Rex the Great",
        "scores": [3, 4.5],
        "kind": "dog",
        "ok": True,
        "left": 1,
    }


async def test_given_replies_are_used_one_after_the_other_then_it_is_an_error() -> None:
    provider = EchoProvider(replies=["one", lambda r: r.messages[0].text.upper()])
    assert (await ask(provider, request())).message.text == "one"
    assert (await ask(provider, request("two"))).message.text == "TWO"
    with pytest.raises(BadRequestError, match="2 replies, and all are used"):
        await ask(provider, request())


async def test_a_function_answers_every_request() -> None:
    provider = EchoProvider(replies=lambda r: f"{len(r.messages)} messages")
    assert [(await ask(provider, request())).message.text for _ in "ab"] == ["1 messages"] * 2


async def test_replies_of_a_request_start_anew_with_each_conversation() -> None:
    provider = EchoProvider()
    options = {"replies": ["one", "two"]}
    for _ in range(2):
        assert (await ask(provider, request(options=options))).message.text == "one"
    later = [Message.user("a"), Message.assistant("one"), Message.user("b")]
    assert (await ask(provider, Request("echo", later, options=options))).message.text == "two"


async def test_one_reply_can_hold_text_thinking_and_parallel_calls() -> None:
    call = {"tool": "weather", "arguments": {"city": "Rome"}}
    reply = [{"thinking": "Hm."}, "Let me see.", call, {"tool": "clock", "arguments": "{bad"}]
    response = await ask(EchoProvider(replies=[reply]), request())
    first, second = response.message.tool_calls
    assert response.message.text == "Let me see." and first.id != second.id
    assert (first.arguments, second.arguments) == ('{"city":"Rome"}', "{bad")


async def test_a_reply_comes_in_pieces_that_make_it_whole_again() -> None:
    reply = ["Hello there", {"tool": "weather", "arguments": {"city": "Oslo"}}]
    pieces = await told(EchoProvider(replies=[reply], chunk=4), request())
    assert [d.text for d in pieces if d.text] == ["Hell", "o th", "ere"]
    fold = Fold()
    for piece in pieces:
        fold.add(piece)
    assert arguments(fold.response()) == {"city": "Oslo"}


async def test_an_error_is_raised_as_its_kind_with_its_context() -> None:
    slow = {"error": "rate_limit", "message": "Slow.", "context": {"retry_after": 2}}
    provider = EchoProvider(replies=[slow, OverloadedError("Later."), {"error": "no_such_code"}])
    with pytest.raises(RateLimitError, match="Slow") as raised:
        await ask(provider, request())
    assert raised.value.retry_after == 2 and raised.value.retryable
    with pytest.raises(OverloadedError):
        await ask(provider, request())
    with pytest.raises(Exception, match="told to fail"):
        await ask(provider, request())


async def test_what_stood_before_an_error_in_a_reply_is_told() -> None:
    provider = EchoProvider(replies=[["half an ans", {"error": "transport"}]])
    heard = []
    with pytest.raises(Exception, match="told to fail"):
        async for delta in provider.stream(request()):
            heard.append(delta.text)
    assert heard == ["half an ans"]


async def test_a_delayed_reply_can_be_cancelled_between_pieces() -> None:
    provider = EchoProvider(replies=["abcd"], chunk=1, delay=60)
    task = asyncio.create_task(told(provider, request()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_hosts_configuration_counts_and_the_program_wins() -> None:
    options = {"replies": ["configured"], "chunk": 5}
    host: Any = SimpleNamespace(config=SimpleNamespace(options=lambda name: options))
    assert len(await told(EchoProvider(host), request())) == 3
    assert len(await told(EchoProvider(host, replies=["x"]), request())) == 2


def test_a_wrong_option_is_named() -> None:
    with pytest.raises(ConfigError, match="dellay"):
        EchoProvider(dellay=1)
    with pytest.raises(ConfigError, match="list"):
        EchoProvider(replies="x")


async def test_a_script_without_replies_says_what_to_give() -> None:
    with pytest.raises(BadRequestError, match="replies"):
        await ask(EchoProvider(), request(model="script"))


async def test_its_models_are_named() -> None:
    assert [m.name for m in await EchoProvider().models()] == ["echo", "tools", "script"]
