from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from polyspell import Agent, Host, Message, Tool
from polyspell.errors import ConfigError, NotFoundError, ValidationError
from polyspell.messages import ToolCall, ToolResult, decode_messages, encode_messages
from polyspell.providers.base import Request
from polyspell.testing.matchers import collect_events, has_event, valid_conversation
from polyspell.tools import ToolContext, ToolOutput

Make = Callable[..., Agent]
OSLO = {"tool": "weather", "arguments": {"city": "Oslo"}}


async def test_a_run_asks_the_model_calls_the_tool_and_answers(
    agent_of: Make, weather: Tool
) -> None:
    agent = agent_of(["Let me see.", OSLO], "It is 21 degrees.", tools=[weather])
    result = await agent.run("The weather in Oslo?")
    assert result.text == result.output == "It is 21 degrees."
    assert [m.role for m in result.messages] == ["user", "assistant", "tool", "assistant"]
    assert valid_conversation(result.messages)
    (call,) = result.messages[1].tool_calls
    content = '{"city":"Oslo","celsius":21}'
    assert result.messages[2].parts == [
        ToolResult(call.id, "weather", content, {"city": "Oslo", "celsius": 21})
    ]
    assert result.tool_calls == [
        {
            "id": call.id,
            "name": "weather",
            "arguments": {"city": "Oslo"},
            "result": {"city": "Oslo", "celsius": 21},
            "error": None,
        }
    ]
    assert (result.finish_reason, result.agent, result.pending) == ("stop", "agent", [])
    assert result.usage.requests == 2
    assert result.usage.input_tokens > 0


async def test_a_run_is_told_in_events_under_one_span(
    agent_of: Make, weather: Tool, host: Host
) -> None:
    agent = agent_of([{"thinking": "Hm."}, "Wait.", OSLO], "Warm.", tools=[weather])
    with collect_events(host.events) as told:
        async with agent.stream("?") as stream:
            seen = [event async for event in stream]
    assert [e.name for e in seen] == [
        "agent.run.started",
        "agent.thinking",
        "agent.text",
        "agent.message",
        "tool.call.started",
        "tool.call.completed",
        "agent.text",
        "agent.message",
        "agent.run.completed",
    ]
    assert [e for e in told if not e.name.startswith("provider.")] == seen
    assert {e.run_id for e in told} == {stream.result.run_id}
    assert len({e.span_id for e in told}) == 1
    assert msgspec.json.decode(msgspec.json.encode(told), type=list[Any])
    assert has_event(told, "provider.request.completed", model="echo/script")


async def test_a_conversation_goes_on_from_the_messages_of_a_result(agent_of: Make) -> None:
    agent = agent_of("one", "two", lambda request: f"I was given {len(request.messages)} messages.")
    first = await agent.run("1")
    second = await agent.run("2", messages=first.messages)
    kept = decode_messages(encode_messages(second.messages))
    third = await agent.run("3", messages=kept)
    assert third.text == "I was given 5 messages."
    assert [m.text for m in third.new_messages] == ["3", third.text]
    assert len(first.messages) == 2  # each run has its own list


async def test_messages_that_end_with_the_prompt_need_no_other(agent_of: Make) -> None:
    agent = agent_of("yes", memory=True)
    result = await agent.run(messages=[Message.user("Hello?")])
    assert [m.text for m in result.new_messages] == ["Hello?", "yes"]
    assert [m.text for m in await agent.history()] == ["Hello?", "yes"]


async def test_a_prompt_may_be_parts_or_a_message(agent_of: Make) -> None:
    agent = agent_of(lambda request: request.messages[-1].text)
    assert (await agent.run(["a", "b"])).text == "ab"
    assert (await agent.run(Message.user("c"))).text == "c"


async def test_nothing_to_answer_is_an_error(agent_of: Make) -> None:
    agent = agent_of("never")
    for messages in ([], [Message.user("a"), Message.assistant("b")]):
        with pytest.raises(ValidationError, match="nothing to answer"):
            await agent.run(messages=messages)


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_instructions_may_be_a_function_of_the_context(
    agent_of: Make, asynchronous: bool
) -> None:
    def plain(context: Any) -> str:
        return f"Call the user {context['name']}."

    async def waiting(context: Any) -> str:
        return plain(context)

    agent = agent_of(
        lambda request: f"{request.messages[0].role}: {request.messages[0].text}",
        instructions=waiting if asynchronous else plain,
    )
    result = await agent.run("?", context={"name": "Ada"})
    assert result.text == "system: Call the user Ada."
    assert [m.role for m in result.messages] == ["user", "assistant"]


async def test_a_tool_gets_the_context_of_its_run(agent_of: Make, host: Host) -> None:
    seen: list[ToolContext] = []

    async def look(where: str, about: ToolContext) -> str:
        seen.append(about)
        return where

    agent = agent_of({"tool": "look", "arguments": {"where": "x"}}, "ok", tools=[look], name="seer")
    result = await agent.run("?", context="mine")
    (context,) = seen
    assert context.call is not None
    assert (context.call.name, context.agent, context.context) == ("look", "seer", "mine")
    assert (context.run_id, context.host) == (result.run_id, host)


@pytest.mark.parametrize(
    ("value", "content", "data"),
    [
        ("text", "text", "text"),
        (None, "null", None),
        (3, "3", 3),
        ([1, {"a": 2.5}], '[1,{"a":2.5}]', [1, {"a": 2.5}]),
        (ToolOutput("for the model", {"for": "you"}), "for the model", {"for": "you"}),
        (ToolOutput("no", error=True), "no", None),
        ("half \ud83d", "half ?", "half ?"),
        ({"half": "\ud83d"}, r"{'half': '\ud83d'}", r"{'half': '\ud83d'}"),
        ({1, 2}, "[1,2]", [1, 2]),
        (2**70, str(2**70), 2**70),
    ],
)
async def test_what_a_tool_returns_is_told_to_the_model(
    agent_of: Make, value: Any, content: str, data: Any
) -> None:
    async def give() -> Any:
        return value

    result = await agent_of({"tool": "give"}, "ok", tools=[give]).run("?")
    (part,) = result.messages[2].parts
    assert isinstance(part, ToolResult)
    assert (part.content, part.data) == (content, data)
    assert encode_messages(result.messages)


async def test_a_value_that_refers_to_itself_is_told_as_python_prints_it(agent_of: Make) -> None:
    async def give() -> Any:
        loop: list[Any] = [1]
        loop.append(loop)
        return loop

    result = await agent_of({"tool": "give"}, "ok", tools=[give]).run("?")
    assert result.tool_calls[0]["result"] == "[1, [...]]"


async def test_plain_functions_run_in_a_thread_and_quick_ones_where_they_are_wanted(
    agent_of: Make,
) -> None:
    import threading

    def where() -> str:
        return threading.current_thread().name

    main = threading.current_thread().name
    for inline in (False, True):
        tool = Tool(where, inline=inline)
        result = await agent_of({"tool": "where"}, "ok", tools=[tool]).run("?")
        assert (result.tool_calls[0]["result"] == main) is inline


async def test_a_demanded_tool_call_is_demanded_once(agent_of: Make, weather: Tool) -> None:
    choices = []

    def reply(request: Request) -> Any:
        choices.append(request.tool_choice)
        return OSLO if request.tool_choice == "required" else "done"

    for choice in ("required", "weather", "none", "auto"):
        agent = agent_of(reply, reply, tools=[weather], tool_choice=choice)
        assert (await agent.run("?")).text == "done"
    assert choices == ["required", "auto", "weather", "none", "auto"]


async def test_calls_that_share_an_id_keep_their_own_results(agent_of: Make) -> None:
    async def twice(n: int) -> int:
        return 2 * n

    def call(n: int) -> dict[str, Any]:
        return {"tool": "twice", "arguments": {"n": n}, "id": "call_0"}

    agent = agent_of([call(1), call(2)], call(3), "done", tools=[twice])
    result = await agent.run("?")
    assert [c["result"] for c in result.tool_calls] == [2, 4, 6]
    assert len({c["id"] for c in result.tool_calls}) == 3
    again = await agent_of(None, None, call(4), "ok", tools=[twice]).run(
        "?", messages=result.messages[:4]
    )
    assert len({c.id for m in again.messages for c in m.tool_calls}) == 4
    assert valid_conversation(again.messages)


def test_two_tools_of_one_name_are_an_error(agent_of: Make, weather: Tool) -> None:
    with pytest.raises(ConfigError, match="two tools named 'weather'"):
        agent_of("x", tools=[weather, weather])


def test_what_an_agent_needs_is_missed_when_it_is_made(host: Host) -> None:
    with pytest.raises(NotFoundError, match="pip install polyspell-nowhere"):
        Agent("nowhere/model", host=host)
    with pytest.raises(ConfigError, match="names no provider"):
        Agent("model", host=host)
    with pytest.raises(ConfigError, match="No model is named"):
        Agent(host=host)
    with pytest.raises(NotFoundError, match="No tool 'dig'"):
        Agent("echo/echo", tools=["dig"], host=host)
    with pytest.raises(ConfigError, match="limits"):
        Agent("echo/echo", limits={"turn": 3}, host=host)


def test_the_configured_model_is_used_where_none_is_named(
    make_polyspell_host: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    host = make_polyspell_host(config={"model": "echo/echo"})
    assert Agent(host=host).model == "echo/echo"
    monkeypatch.setenv("POLYSPELL_MODEL", "echo/tools")
    assert Agent(host=host).model == "echo/tools"


def test_named_agents_are_found_in_their_host(host: Host) -> None:
    first = host.agent("echo/echo", name="critic")
    assert host.agents.get("critic") is first
    second = host.agent("echo/echo", name="critic")
    assert host.agents.get("critic") is second
    host.agent("echo/echo")
    assert host.agents.names() == ["critic"]


async def test_a_thousand_runs_at_once_keep_apart(agent_of: Make, weather: Tool) -> None:
    agent = agent_of(
        lambda r: {"tool": "weather", "arguments": {"city": r.messages[0].text}},
        lambda r: r.messages[-1].parts[0].data["city"],
        tools=[weather],
        delay=0.001,
    )
    results = await asyncio.gather(*[agent.run(f"city {n}") for n in range(1000)])
    assert [r.text for r in results] == [f"city {n}" for n in range(1000)]
    assert len({r.run_id for r in results}) == 1000
    assert len(asyncio.all_tasks()) == 1


def test_a_call_knows_its_arguments_even_where_they_are_no_json() -> None:
    from polyspell.agents.types import Result, RunState
    from polyspell.messages import Usage

    messages = [Message("assistant", [ToolCall("1", "f", "{not json")])]
    result = Result("", "", messages, 0, Usage(), "stop", "r", "a", RunState("a", messages))
    assert result.tool_calls[0] == {
        "id": "1",
        "name": "f",
        "arguments": "{not json",
        "result": None,
        "error": None,
    }
