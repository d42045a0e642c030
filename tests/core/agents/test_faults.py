from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from polyspell import Agent, Host, PolyspellError, Tool
from polyspell.errors import (
    BadRequestError,
    BadResponseError,
    LimitExceeded,
    RateLimitError,
    ToolError,
    TransportError,
)
from polyspell.messages import Delta, ToolCallDelta
from polyspell.providers.base import ModelInfo, Request
from polyspell.testing.matchers import collect_events, has_event, valid_conversation

Make = Callable[..., Agent]


async def broken(reason: str = "bad luck") -> str:
    """Does not work."""
    raise ValueError(reason)


async def add(a: int, b: int = 0) -> int:
    """Adds."""
    return a + b


def calls(name: str, arguments: Any = None) -> dict[str, Any]:
    return {"tool": name, "arguments": {} if arguments is None else arguments}


async def answers(agent: Agent) -> str:
    """What the model was told of the one tool call, and that the run went on after it."""
    result = await agent.run("?")
    assert result.text == "I see."
    assert valid_conversation(result.messages)
    (part,) = result.messages[2].parts
    assert part.error  # type: ignore[union-attr]
    return part.content  # type: ignore[union-attr]


async def test_a_tool_that_raises_tells_the_model_why(agent_of: Make, host: Host) -> None:
    agent = agent_of(calls("broken"), "I see.", tools=[broken])
    with collect_events(host.events, "tool.**") as told:
        assert await answers(agent) == "Error: ValueError: bad luck"
    assert has_event(told, "tool.call.failed", name="broken")


async def test_an_error_of_the_tree_tells_the_model_what_to_do(agent_of: Make) -> None:
    async def pick() -> None:
        raise ToolError("No such file.", hint="List the folder first.")

    agent = agent_of(calls("pick"), "I see.", tools=[pick])
    assert await answers(agent) == "Error: No such file. List the folder first."


@pytest.mark.parametrize("plain", [False, True])
async def test_a_tool_that_ends_the_program_only_fails(agent_of: Make, plain: bool) -> None:
    def leave() -> None:
        sys.exit(3)

    async def leave_async() -> None:
        sys.exit(3)

    tool = Tool(leave if plain else leave_async, name="leave")
    assert await answers(agent_of(calls("leave"), "I see.", tools=[tool])) == "Error: SystemExit: 3"


async def test_a_tool_whose_own_task_was_cancelled_only_fails(agent_of: Make) -> None:
    async def wait() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    for several in (False, True):
        reply: Any = [calls("wait"), calls("add", {"a": 1})] if several else calls("wait")
        result = await agent_of(reply, "I see.", tools=[wait, add]).run("?")
        assert "was cancelled" in result.tool_calls[0]["error"]
        assert result.text == "I see."


async def test_a_tool_that_hangs_ends_with_its_timeout(agent_of: Make) -> None:
    ended = []

    async def hang() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    agent = agent_of(calls("hang"), "I see.", tools=[Tool(hang, timeout=0.01)])
    assert "took longer than 0.01 s" in await answers(agent)
    assert ended == [True]
    assert len(asyncio.all_tasks()) == 1


async def test_a_plain_function_that_hangs_is_left_behind_by_its_timeout(agent_of: Make) -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait()

    agent = agent_of(calls("hang"), "I see.", tools=[Tool(hang, timeout=0.01)])
    assert "took longer" in await answers(agent)
    release.set()


async def test_a_tool_s_own_time_out_is_told_as_its_own(agent_of: Make) -> None:
    async def ask() -> None:
        raise TimeoutError("the server did not answer")

    agent = agent_of(calls("ask"), "I see.", tools=[Tool(ask, timeout=60)])
    assert await answers(agent) == "Error: TimeoutError: the server did not answer"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"b": 1}, "missing required field `a`"),
        ({"a": "one"}, "Expected `int`, got `str`"),
        ({"a": 1, "c": 2}, "unknown field `c`"),
        ({"a": None}, "Expected `int`, got `null`"),
        ("no json", "Not JSON: 'no json'"),
        ("[1]", "Not JSON: '[1]'"),
        ("", "missing required field `a`"),
    ],
)
async def test_arguments_that_do_not_fit_come_back_with_the_reason_and_the_schema(
    agent_of: Make, arguments: Any, said: str
) -> None:
    told = await answers(agent_of(calls("add", arguments), "I see.", tools=[add]))
    assert said in told
    assert '"required":["a"]' in told


@pytest.mark.parametrize(
    "arguments", ['```json\n{"a": 1}\n```', "{'a': 1}", '{"a": 1,}', '{"a": "1"}']
)
async def test_arguments_that_can_be_made_right_are(agent_of: Make, arguments: str) -> None:
    result = await agent_of(calls("add", arguments), "I see.", tools=[add]).run("?")
    assert result.tool_calls[0]["result"] == 1


async def test_an_unknown_tool_is_named_with_those_there_are(agent_of: Make) -> None:
    told = await answers(agent_of(calls("subtract"), "I see.", tools=[add, broken]))
    assert told == "Error: There is no tool 'subtract'. The tools are: add, broken."
    assert "The tools are: none." in await answers(agent_of(calls("add"), "I see."))


async def test_a_model_that_calls_tools_for_ever_is_stopped(agent_of: Make) -> None:
    agent = agent_of(*[calls("add", {"a": 1})] * 50, tools=[add], memory=True, limits={"turns": 5})
    with pytest.raises(LimitExceeded, match="limit of 5 turns") as caught:
        await agent.run("?")
    assert caught.value.context == {"limit": "turns", "allowed": 5}
    history = await agent.history()
    assert sum(len(m.tool_calls) for m in history) == 5
    assert valid_conversation(history)


async def test_an_error_of_the_model_leaves_what_was_said(agent_of: Make, host: Host) -> None:
    agent = agent_of({"error": "rate_limit"}, "Better.", memory=True)
    with collect_events(host.events) as told, pytest.raises(RateLimitError) as caught:
        await agent.run("Hello?")
    assert caught.value.retryable
    assert [m.text for m in await agent.history()] == ["Hello?"]
    assert has_event(told, "agent.run.failed", agent="agent")
    assert has_event(told, "provider.request.failed")
    failed = next(e for e in told if e.name == "agent.run.failed")
    assert failed.data["error"]["code"] == "rate_limit"


async def test_a_model_that_breaks_off_leaves_its_text_and_the_usage(agent_of: Make) -> None:
    agent = agent_of(["Half an answ", {"error": "transport"}], "All of it.", memory=True, chunk=4)
    stream = agent.stream("?")
    with pytest.raises(TransportError):
        async with stream:
            text = [piece async for piece in stream.text()]
            assert text
    history = await agent.history()
    assert [m.text for m in history] == ["?", "Half an answ"]
    assert history[-1].metadata == {"incomplete": True}
    assert stream.usage.requests == 1
    assert (await agent.run("Again?")).text == "All of it."


async def test_a_model_that_breaks_off_in_a_tool_call_leaves_no_half_call(agent_of: Make) -> None:
    agent = agent_of(
        ["I will add.", calls("add", {"a": 1}), {"error": "bad_response"}], "ok", tools=[add],
        memory=True, chunk=3,
    )  # fmt: skip
    with pytest.raises(BadResponseError):
        await agent.run("?")
    history = await agent.history()
    assert [m.role for m in history] == ["user", "assistant"]
    assert valid_conversation(history)
    only_a_call = agent_of([calls("add"), {"error": "bad_response"}], tools=[add], memory=True)
    with pytest.raises(BadResponseError):
        await only_a_call.run("?")
    assert [m.role for m in await only_a_call.history()] == ["user"]


async def test_an_error_after_a_tool_call_keeps_the_call_and_its_result(agent_of: Make) -> None:
    agent = agent_of(
        calls("add", {"a": 1}), {"error": "overloaded"}, "ok", tools=[add], memory=True
    )
    with pytest.raises(PolyspellError):
        await agent.run("?")
    history = await agent.history()
    assert [m.role for m in history] == ["user", "assistant", "tool"]
    assert valid_conversation(history)
    assert (await agent_of(None, "ok", tools=[add]).run("Go on.", messages=history)).text == "ok"


@pytest.mark.parametrize("where", ["instructions", "approve", "needs_approval"])
async def test_functions_of_the_agent_that_raise_end_the_run_or_ask(
    agent_of: Make, where: str
) -> None:
    def bad(*_: Any) -> Any:
        raise ValueError("broken function")

    if where == "needs_approval":  # who cannot say whether to ask, asks
        agent = agent_of(calls("add", {"a": 1}), "ok", tools=[Tool(add, needs_approval=bad)])
        assert (await agent.run("?")).finish_reason == "approval"
        return
    agent = agent_of(
        calls("add", {"a": 1}), "ok", tools=[Tool(add, needs_approval=True)], memory=True,
        **{where: bad},
    )  # fmt: skip
    with pytest.raises(ValueError, match="broken function"):
        await agent.run("?")
    assert valid_conversation(await agent.history())
    assert len(asyncio.all_tasks()) == 1


class Silent(BaseHTTPRequestHandler):
    """Promises more than it sends, and closes the connection."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("content-length", "1000")
        self.end_headers()
        self.wfile.write(b'{"text": "Half"}\n{"text": " an answ')

    def log_message(self, format: str, *args: object) -> None: ...


class OverHttp:
    """A provider as an author would write one: lines of deltas over the host's transport."""

    def __init__(self, host: Host, url: str) -> None:
        self._host, self._url = host, url

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        from polyspell.providers.exchange import HttpCall

        call = HttpCall("POST", self._url, json={}, provider="http", model="m", retries=0)
        async for line in self._host.transport.stream_lines(call):
            yield msgspec.json.decode(line, type=Delta)

    async def models(self) -> list[ModelInfo]:
        return []


async def test_a_connection_that_breaks_in_the_middle_leaves_what_came(host: Host) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/"
            host.providers.register("http", OverHttp(host, url))
            agent = Agent("http/m", host=host, memory=True)
            with pytest.raises((TransportError, BadResponseError)):
                await agent.run("?")
            assert [m.text for m in await agent.history()] == ["?", "Half"]
        finally:
            server.shutdown()
            thread.join()


class Odd:
    """A provider that says whatever the test wants."""

    def __init__(self, *deltas: Any) -> None:
        self._deltas = deltas

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        for delta in self._deltas:
            yield delta

    async def models(self) -> list[ModelInfo]:
        return []


@pytest.mark.parametrize(
    ("deltas", "text"),
    [
        ([Delta(finish_reason="stop")], ""),
        ([Delta(thinking="hm", text="both")], "both"),
        ([Delta(text="a"), Delta(finish_reason="length")], "a"),
        ([Delta(tool_call=ToolCallDelta(name="add", arguments="{}"))], "after the tool"),
        ([Delta(tool_call=ToolCallDelta(id="1"))], "after the tool"),
    ],
)
async def test_a_model_that_says_odd_things_ends_in_a_result(
    host: Host, deltas: list[Delta], text: str
) -> None:
    first = Odd(*deltas)
    after = Odd(Delta("after the tool", finish_reason="stop"))
    turns = iter([first, after])

    class Both(Odd):
        def stream(self, request: Request) -> AsyncIterator[Delta]:
            return next(turns).stream(request)

    host.providers.register("odd", Both())
    result = await Agent("odd/m", tools=[add], host=host).run("?")
    assert result.text == text
    assert valid_conversation(result.messages)


async def test_an_unused_reply_is_an_error_that_says_so(agent_of: Make) -> None:
    with pytest.raises(BadRequestError, match="all are used"):
        await agent_of().run("?")
