"""Hooks around the points of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from polyspell import Agent, Hook, Host, Message, Tool
from polyspell.errors import ConfigError, LimitExceeded, PolyspellError, RateLimitError
from polyspell.messages import Response, Usage
from polyspell.testing.matchers import valid_conversation

Make = Callable[..., Agent]
ADD = {"tool": "add", "arguments": {"a": 1}}


async def add(a: int) -> int:
    return a


def logged(log: list[str], name: str) -> Any:
    async def hook(call: Any, proceed: Any) -> Any:
        log.append(f"{name}>{call.point}")
        try:
            return await proceed(call)
        finally:
            log.append(f"{name}<{call.point}")

    return hook


async def test_hooks_stand_around_every_point_by_priority(agent_of: Make, host: Host) -> None:
    log: list[str] = []
    agent = agent_of(ADD, "done", tools=[add], hooks=[Hook("**", logged(log, "own"))])
    host.hooks.wrap("**", logged(log, "host"))
    agent.hooks.wrap("tool.*", logged(log, "outermost"), priority=10)
    await agent.run("?")
    assert log == [
        "host>agent.run", "own>agent.run",
        "host>provider.request", "own>provider.request",
        "own<provider.request", "host<provider.request",
        "outermost>tool.call", "host>tool.call", "own>tool.call",
        "own<tool.call", "host<tool.call", "outermost<tool.call",
        "host>provider.request", "own>provider.request",
        "own<provider.request", "host<provider.request",
        "own<agent.run", "host<agent.run",
    ]  # fmt: skip


async def test_hooks_of_one_agent_are_not_those_of_another(agent_of: Make) -> None:
    log: list[str] = []
    agent_of("x", hooks=[Hook("**", logged(log, "own"))])
    await agent_of("x").run("?")
    assert log == []


async def test_a_hook_that_comes_and_goes_is_there_in_between(agent_of: Make, host: Host) -> None:
    agent, log = agent_of("1", "2", "3"), list[str]()
    messages: list[Message] = []
    for step in range(3):
        if step == 1:
            name = host.hooks.wrap("agent.run", logged(log, "h")).name
        if step == 2:
            host.hooks.remove(name)
        messages = (await agent.run("?", messages=messages)).messages
        assert len(log) == (0, 2, 2)[step]


async def test_when_chooses_the_calls(agent_of: Make) -> None:
    log: list[str] = []
    agent = agent_of([ADD, {"tool": "sub", "arguments": {"a": 1}}], "x", tools=[add])
    agent.add_tool(Tool(add, name="sub"))
    agent.hooks.wrap("tool.call", logged(log, "a"), when={"tool": "a*"})
    agent.hooks.wrap("tool.call", logged(log, "b"), when=lambda call: call.values["tool"] == "sub")
    agent.hooks.wrap("tool.call", logged(log, "c"), when={"tool": "add", "agent": "another"})
    await agent.run("?")
    assert sorted(set(log)) == ["a<tool.call", "a>tool.call", "b<tool.call", "b>tool.call"]


async def test_before_after_and_on_error_may_be_plain_or_async(agent_of: Make) -> None:
    def before(call: Any) -> None:
        call.values["arguments"]["a"] += 10

    async def after(call: Any, result: Any) -> Any:
        await asyncio.sleep(0)
        return result * 2 if result < 20 else None

    agent = agent_of([ADD, {"tool": "add", "arguments": {"a": 50}}], "x", tools=[add])
    agent.hooks.on("tool.call", before=before, after=after)
    assert [c["result"] for c in (await agent.run("?")).tool_calls] == [22, 60]


async def test_on_error_may_give_a_result_or_let_the_error_go_on(agent_of: Make) -> None:
    async def broken(a: int) -> int:
        raise ValueError("broken")

    seen: list[str] = []

    def on_error(call: Any, error: Exception) -> Any:
        seen.append(str(error))
        return 7 if call.values["arguments"]["a"] == 1 else None

    call = {"tool": "broken", "arguments": {"a": 1}}
    agent = agent_of([call, {**call, "arguments": {"a": 2}}], "x", tools=[broken])
    agent.hooks.on("tool.call", on_error=on_error)
    first, second = (await agent.run("?")).tool_calls
    assert (first["result"], second["error"]) == (7, "Error: ValueError: broken")
    assert seen == ["broken", "broken"]


async def test_a_hook_that_raises_is_the_error_of_its_point(agent_of: Make) -> None:
    def forbid(call: Any) -> None:
        raise PolyspellError("Not on Sundays.", hint="Come back tomorrow.")

    agent = agent_of(ADD, "I see.", tools=[add])
    agent.hooks.on("tool.call", before=forbid)
    result = await agent.run("?")
    assert result.tool_calls[0]["error"] == "Error: Not on Sundays. Come back tomorrow."
    for point in ("agent.run", "provider.request"):
        agent = agent_of("x", memory=True)
        agent.hooks.on(point, before=forbid)
        with pytest.raises(PolyspellError, match="Not on Sundays"):
            await agent.run("?")
        assert [m.text for m in await agent.history()] == ["?"]


# -- provider.request -----------------------------------------------------------------------------


async def test_a_hook_may_answer_without_asking_the_model(agent_of: Make, host: Host) -> None:
    kept: dict[str, Response] = {}

    async def cache(call: Any, proceed: Any) -> Any:
        key = call.values["request"].messages[-1].text
        if key not in kept:
            kept[key] = await proceed(call)
        return kept[key]

    agent = agent_of("fresh", {"error": "quota"}, chunk=2)
    host.hooks.wrap("provider.request", cache)
    for _ in range(2):
        async with agent.stream("?") as stream:
            assert "".join([t async for t in stream.text()]) == "fresh"
        assert stream.result.text == "fresh"


async def test_a_hook_may_change_the_request_and_the_response(agent_of: Make) -> None:
    def before(call: Any) -> None:
        request = call.values["request"]
        extra = Message.system("Speak up!")
        call.values["request"] = msgspec.structs.replace(
            request, messages=[extra, *request.messages]
        )

    def after(call: Any, response: Response) -> Response:
        said = Message.assistant(response.message.text.upper())
        return msgspec.structs.replace(response, message=said)

    agent = agent_of(lambda r: f"{r.messages[0].text} {len(r.messages)}", memory=True)
    agent.hooks.on("provider.request", before=before, after=after)
    assert (await agent.run("?")).text == "SPEAK UP! 2"
    assert [m.text for m in await agent.history()] == ["?", "SPEAK UP! 2"]


async def test_what_is_asked_twice_is_counted_twice(agent_of: Make) -> None:
    async def retry(call: Any, proceed: Any) -> Any:
        for _ in range(2):
            try:
                return await proceed(call)
            except RateLimitError:
                continue
        return await proceed(call)

    left = [{"error": "rate_limit"}, ["hal", {"error": "rate_limit"}], "whole"]
    agent = agent_of(lambda request: left.pop(0))
    agent.hooks.wrap("provider.request", retry)
    result = await agent.run("?")
    assert (result.text, result.usage.requests) == ("whole", 3)
    assert valid_conversation(result.messages)


@pytest.mark.parametrize("given", ["first", "second", "made up", "changed"])
async def test_usage_counts_all_that_was_asked_whichever_answer_is_given(
    agent_of: Make, given: str
) -> None:
    async def twice(call: Any, proceed: Any) -> Any:
        first, second = await proceed(call), await proceed(call)
        if given == "changed":
            return msgspec.structs.replace(second, usage=Usage(1000, 0, requests=1))
        made = Response(Message.assistant("made up"), Usage(1000, 0, requests=1))
        return {"first": first, "second": second, "made up": made}[given]

    left = ["a" * 40, "b" * 80]
    agent = agent_of(lambda request: left.pop(0))
    agent.hooks.wrap("provider.request", twice)
    usage = (await agent.run("?")).usage
    assert usage.requests == 2
    if given in ("first", "second"):
        assert usage.output_tokens == 10 + 20
    else:  # the hook's own figure stands for the last
        assert (usage.input_tokens, usage.output_tokens) == (1000 + 1, 10)


# -- agent.run ------------------------------------------------------------------------------------


async def test_a_hook_may_trim_the_history_and_memory_gets_what_was_said(agent_of: Make) -> None:
    agent = agent_of(*[lambda r: f"{len(r.messages)} seen"] * 9, memory=True)
    for n in range(3):
        await agent.run(f"{n}")

    def trim(call: Any) -> None:
        call.values["messages"] = call.values["messages"][-2:]

    agent.hooks.on("agent.run", before=trim)
    result = await agent.run("last")
    assert result.text == "2 seen"
    assert [m.text for m in result.new_messages] == ["last", "2 seen"]
    history = [m.text for m in await agent.history()]
    assert history == ["0", "1 seen", "1", "3 seen", "2", "5 seen", "last", "2 seen"]


async def test_a_hook_may_change_messages_in_place_and_the_context(agent_of: Make) -> None:
    def put(call: Any) -> None:
        call.values["messages"].insert(0, Message.user("before"))
        call.values["context"] = "changed"

    agent = agent_of(lambda r: str(len(r.messages)), memory=True, instructions=lambda c: c)
    agent.hooks.on("agent.run", before=put)
    result = await agent.run("?", context="given")
    assert result.text == "3"
    assert [m.text for m in result.new_messages] == ["?", "3"]
    assert [m.text for m in await agent.history()] == ["?", "3"]


async def test_a_hook_may_run_it_twice_from_the_same_beginning(agent_of: Make) -> None:
    async def twice(call: Any, proceed: Any) -> Any:
        with pytest.raises(RateLimitError):
            await proceed(call)
        return await proceed(call)

    left = [ADD, {"error": "rate_limit"}, ADD, "done"]
    agent = agent_of(lambda r: left.pop(0), lambda r: left.pop(0), tools=[add], memory=True)
    agent.hooks.wrap("agent.run", twice)
    result = await agent.run("?")
    assert result.text == "done"
    assert [m.role for m in result.messages] == ["user", "assistant", "tool", "assistant"]
    assert await agent.history() == result.messages
    assert result.usage.requests == 3  # the one that failed at once gave nothing to count


async def test_running_it_twice_hands_over_twice_and_stops_at_the_limit(agent_of: Make) -> None:
    async def thrice(call: Any, proceed: Any) -> Any:
        await proceed(call)
        await proceed(call)
        return await proceed(call)

    other = agent_of(None, *["over"] * 5, name="other")
    agent = agent_of(
        *[{"tool": "transfer_to_other"}] * 5, handoffs=[other], limits={"turns": 5}, memory=True
    )
    agent.hooks.wrap("agent.run", thrice)
    with pytest.raises(LimitExceeded, match="5 turns"):
        await agent.run("?")
    history = await agent.history()
    assert valid_conversation(history)
    assert sum(m.role == "user" for m in history) == 1


async def test_a_hook_may_answer_a_whole_run_and_it_is_told_and_remembered(
    agent_of: Make, host: Host
) -> None:
    kept: list[Any] = []

    async def cache(call: Any, proceed: Any) -> Any:
        if not kept:
            kept.append(await proceed(call))
        return kept[0]

    agent = agent_of("fresh", {"error": "quota"}, memory=True)
    agent.hooks.wrap("agent.run", cache)
    await agent.run("?")
    async with agent.stream("? again") as stream:
        told = [event async for event in stream]
    assert stream.result.text == "fresh"
    assert [e.name for e in told] == [
        "agent.run.started",
        "agent.text",
        "agent.message",
        "agent.run.completed",
    ]
    assert [m.text for m in await agent.history()] == ["?", "fresh", "? again", "fresh"]
    assert [m.text for m in stream.result.new_messages] == ["? again", "fresh"]
    assert stream.result.run_id == told[0].run_id


@pytest.mark.parametrize("point", ["agent.run", "provider.request"])
@pytest.mark.parametrize("given", [None, "text", 3])
async def test_a_hook_that_gives_something_else_is_named_by_its_point(
    agent_of: Make, point: str, given: Any
) -> None:
    async def forgetful(call: Any, proceed: Any) -> Any:
        await proceed(call)
        return given

    agent = agent_of("x")
    agent.hooks.wrap(point, forgetful)
    with pytest.raises(ConfigError, match=f"around {point} gave {type(given).__name__}"):
        await agent.run("?")


async def test_a_plain_function_may_wrap_a_point(agent_of: Make) -> None:
    agent = agent_of(ADD, "x", tools=[add])
    agent.hooks.wrap("tool.call", lambda call, proceed: proceed(call))  # type: ignore[arg-type]
    agent.hooks.wrap("tool.call", lambda call, proceed: 9, when={"agent": "another"})  # type: ignore[arg-type]
    assert (await agent.run("?")).tool_calls[0]["result"] == 1
