from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from polyspell import Agent, Host, tool
from polyspell.errors import ConfigError
from polyspell.messages import Delta, Usage
from polyspell.providers.base import Request
from polyspell.providers.exchange import HttpCall
from polyspell.scripting.sandbox import Sandbox
from polyspell.testing.wire import Wire

Make = Callable[..., Host]
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Traced:
    """A host that traces, and its spans by name."""

    def __init__(self, make: Make, plugins: Any = ("echo", "tracing"), **options: Any) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.host = make(plugins, {"hooks": {"tracing": {"provider": self.provider, **options}}})

    @property
    def spans(self) -> list[Any]:
        """Those that have ended, in the order in which they began."""
        return sorted(self._exporter.get_finished_spans(), key=lambda s: s.start_time)

    def span(self, name: str) -> Any:
        return next(span for span in self.spans if span.name == name)

    def tree(self) -> list[tuple[str, str | None]]:
        """Each name with that of its parent."""
        names = {span.context.span_id: span.name for span in self.spans}
        return [(s.name, names.get(s.parent.span_id) if s.parent else None) for s in self.spans]


@pytest.fixture
def traced(make_polyspell_host: Make) -> Callable[..., Traced]:
    return lambda *args, **options: Traced(make_polyspell_host, *args, **options)


@tool
async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


async def test_one_trace_spans_agents_models_and_tools(traced: Callable[..., Traced]) -> None:
    seen = traced()
    async with seen.host as host:
        agent = Agent("echo/tools", name="sums", tools=[add], host=host)
        result = await agent.run('{"a": 1, "b": 2}')
        assert host.hooks.used("tracing").stats() == {"spans": 4, "open": 0}
    assert seen.tree() == [
        ("invoke_agent sums", None),
        ("chat tools", "invoke_agent sums"),
        ("execute_tool add", "invoke_agent sums"),
        ("chat tools", "invoke_agent sums"),
    ]
    assert len({span.context.trace_id for span in seen.spans}) == 1
    run, chat, call = (dict(span.attributes) for span in seen.spans[:3])
    assert run["gen_ai.operation.name"] == "invoke_agent"
    assert run["polyspell.run_id"] == result.run_id
    assert run["gen_ai.usage.output_tokens"] == result.usage.output_tokens
    assert chat["gen_ai.provider.name"] == "echo"
    assert chat["gen_ai.request.model"] == "tools"
    assert chat["gen_ai.response.finish_reasons"] == ("tool_calls",)
    assert call["gen_ai.tool.name"] == "add"
    assert call["gen_ai.tool.call.id"] == result.tool_calls[0]["id"]
    assert seen.spans[1].kind is trace.SpanKind.CLIENT


async def test_what_a_tool_does_is_within_its_span(traced: Callable[..., Traced]) -> None:
    seen = traced()
    tracer = seen.provider.get_tracer("program")
    async with seen.host as host:
        inner = Agent("echo/echo", name="inner", host=host)

        @tool
        async def ask(prompt: str) -> str:
            """Ask."""
            with tracer.start_as_current_span("work"):
                return (await inner.run(prompt)).text

        outer = Agent("echo/tools", name="outer", tools=[ask], host=host)
        assert (await outer.run('{"prompt": "hi"}')).text == "hi"
    assert ("work", "execute_tool ask") in seen.tree()
    assert ("invoke_agent inner", "work") in seen.tree()
    assert ("chat echo", "invoke_agent inner") in seen.tree()


async def test_tools_at_one_time_are_apart(traced: Callable[..., Traced]) -> None:
    seen = traced()
    async with seen.host as host:
        agents = [Agent("echo/echo", name=f"inner{n}", host=host).as_tool() for n in range(3)]
        calls = [{"tool": t.name, "arguments": {"prompt": "?"}} for t in agents]
        options = {"replies": [calls, "Done."]}
        await Agent("echo/script", name="outer", tools=agents, host=host, options=options).run("?")
    for n in range(3):
        assert (f"invoke_agent inner{n}", f"execute_tool inner{n}") in seen.tree()


async def test_runs_at_one_time_have_traces_of_their_own(traced: Callable[..., Traced]) -> None:
    seen = traced()
    async with seen.host as host:
        agent = Agent("echo/tools", tools=[add], host=host)
        await asyncio.gather(*[agent.run('{"a": 1, "b": 2}') for _ in range(5)])
    traces: dict[int, int] = {}
    for span in seen.spans:
        traces[span.context.trace_id] = traces.get(span.context.trace_id, 0) + 1
    assert sorted(traces.values()) == [4] * 5


SPELL = """
local ps = require("polyspell")
local look = ps.tool.define {
  name = "look", description = "Look", run = function() return "seen" end,
}
local agent = ps.agent.create {model = "echo/tools", name = "inner", tools = {look}}
return ps.all({
  function() return agent:run("{}").text end,
  function() return ps.provider.complete("echo/echo", "hi").text end,
})
"""


async def test_a_script_is_part_of_the_trace(traced: Callable[..., Traced]) -> None:
    seen = traced(("echo", "lua", "tracing"))
    tracer = seen.provider.get_tracer("program")
    async with seen.host as host:
        sandbox = Sandbox.of("default", grants=["provider:**"])
        with tracer.start_as_current_span("request"):
            await host.scripts.run(SPELL, "lua", name="spell", sandbox=sandbox)
    tree = seen.tree()
    assert tree[:2] == [("request", None), ("script spell", "request")]
    assert ("invoke_agent inner", "script spell") in tree
    assert ("execute_tool look", "invoke_agent inner") in tree
    assert ("chat echo", "script spell") in tree


async def test_a_script_that_a_tool_runs_is_within_the_tool(traced: Callable[..., Traced]) -> None:
    seen = traced(("echo", "lua", "tracing"))
    async with seen.host as host:

        @tool
        async def compute() -> Any:
            """Compute."""
            source = "return require('polyspell').provider.complete('echo/echo', '42').text"
            sandbox = Sandbox.of("default", grants=["provider:**"])
            return (await host.scripts.run(source, "lua", name="spell", sandbox=sandbox)).value

        await Agent("echo/tools", tools=[compute], host=host).run("{}")
    assert ("script spell", "execute_tool compute") in seen.tree()
    assert ("chat echo", "script spell") in seen.tree()


async def test_a_trace_comes_in_with_a_request(traced: Callable[..., Traced]) -> None:
    seen = traced()
    async with seen.host as host:
        tracing = host.hooks.used("tracing")
        with tracing.incoming({"TraceParent": PARENT}):
            await Agent("echo/echo", host=host).run("?")
        await Agent("echo/echo", host=host).run("?")
    ids = [f"{span.context.trace_id:032x}" for span in seen.spans]
    assert ids[:2] == [TRACE, TRACE]
    assert TRACE not in ids[2:]


async def test_a_trace_comes_in_with_the_environment(
    traced: Callable[..., Traced], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEPARENT", PARENT)
    seen = traced()
    async with seen.host as host:
        await Agent("echo/echo", host=host).run("?")
    assert {f"{span.context.trace_id:032x}" for span in seen.spans} == {TRACE}


class Remote:
    """A provider that asks a server."""

    def __init__(self, host: Host, url: str) -> None:
        self._host, self._url = host, url

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        said, _ = await self._host.transport.json(HttpCall("POST", self._url, json={}))
        yield Delta(text=said["text"], usage=Usage(1, 1, requests=1), finish_reason="stop")


OK = (
    b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{"text": "ok"}'
)


@pytest.mark.parametrize("hooked", [False, True])
async def test_the_trace_goes_out_with_requests(
    traced: Callable[..., Traced], hooked: bool
) -> None:
    seen = traced()
    async with Wire(OK) as wire, seen.host as host:
        host.providers.register("remote", Remote(host, wire.url))
        if hooked:
            host.hooks.on("provider.request", before=lambda call: None)

        @tool
        async def fetch() -> Any:
            """Fetch."""
            return (await host.transport.json(HttpCall("POST", wire.url, json={})))[0]

        await Agent("remote/model", host=host).run("?")
        await Agent("echo/tools", tools=[fetch], host=host).run("{}")
        sent = [request.headers["traceparent"].split("-")[2] for request in wire.requests]
    spans = [seen.span("chat model"), seen.span("execute_tool fetch")]
    assert sent == [f"{span.context.span_id:016x}" for span in spans]


async def test_nothing_goes_out_where_it_must_not(traced: Callable[..., Traced]) -> None:
    seen = traced(propagate=False)
    async with Wire(OK) as wire, seen.host as host:
        host.providers.register("remote", Remote(host, wire.url))
        await Agent("remote/model", host=host).run("?")
        assert "traceparent" not in wire.requests[0].headers


async def test_what_fails_says_so(traced: Callable[..., Traced]) -> None:
    seen = traced()

    @tool
    async def fail() -> str:
        """Fail."""
        raise ValueError("wrong sk-abcdefghij0123456789ABCD")

    async with seen.host as host:
        failing = [{"tool": "fail"}, {"error": "overloaded", "message": "Busy."}]
        agent = Agent("echo/script", tools=[fail], host=host, options={"replies": failing})
        with pytest.raises(Exception, match="Busy"):
            await agent.run("?")
    errors = {s.name: s.attributes.get("error.type") for s in seen.spans}
    assert errors == {
        "invoke_agent agent": "overloaded", "chat script": "overloaded",
        "execute_tool fail": "internal",
    }  # fmt: skip
    status = seen.span("execute_tool fail").status
    assert not status.is_ok
    assert "sk-" not in status.description


async def test_what_is_cancelled_ends(traced: Callable[..., Traced]) -> None:
    seen = traced()
    async with seen.host as host:
        agent = Agent("echo/echo", host=host, options={"delay": 9})
        task = asyncio.ensure_future(agent.run("?"))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait([task])
        assert host.hooks.used("tracing").stats()["open"] == 0
    assert [s.attributes["error.type"] for s in seen.spans] == ["cancelled", "cancelled"]


async def test_content_is_recorded_only_on_request_and_without_secrets(
    traced: Callable[..., Traced],
) -> None:
    @tool
    async def login(password: str, who: str) -> dict[str, str]:
        """Log in."""
        return {"token": "sk-abcdefghij0123456789ABCD", "who": who}

    for content in (False, True):
        seen = traced(content=content)
        async with seen.host as host:
            agent = Agent("echo/tools", tools=[login], host=host)
            await agent.run('{"password": "hunter22", "who": "ada"}')
        attributes = dict(seen.span("execute_tool login").attributes)
        whole = json.dumps([dict(span.attributes) for span in seen.spans])
        assert "hunter22" not in whole
        assert "sk-abc" not in whole
        assert ("gen_ai.tool.call.arguments" in attributes) is content
    assert json.loads(attributes["gen_ai.tool.call.arguments"])["who"] == "ada"


async def test_spans_are_sent_to_an_endpoint(make_polyspell_host: Make) -> None:
    async with Wire(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as wire:
        options = {"endpoint": wire.url, "service": "shop"}
        config = {"hooks": {"tracing": options}}
        async with make_polyspell_host(["echo", "tracing"], config) as host:
            await Agent("echo/tools", name="sums", tools=[add], host=host).run('{"a": 1, "b": 2}')
        assert wire.requests[0].path == "/v1/traces"
        sent = ExportTraceServiceRequest.FromString(wire.requests[0].body).resource_spans[0]
    service = {a.key: a.value.string_value for a in sent.resource.attributes}["service.name"]
    assert service == "shop"
    names = [span.name for scope in sent.scope_spans for span in scope.spans]
    assert sorted(names) == [
        "chat tools", "chat tools", "execute_tool add", "invoke_agent sums",
    ]  # fmt: skip


async def test_without_an_sdk_runs_go_on(make_polyspell_host: Make) -> None:
    async with make_polyspell_host(["echo", "tracing"], {"hooks": {"tracing": {}}}) as host:
        result = await Agent("echo/tools", tools=[add], host=host).run('{"a": 1, "b": 2}')
        assert result.text == "3"


def test_wrong_options_are_refused(make_polyspell_host: Make) -> None:
    with pytest.raises(ConfigError, match="It takes endpoint"):
        make_polyspell_host(["tracing"], {"hooks": {"tracing": {"url": "x"}}})
