from __future__ import annotations

import asyncio
import socket
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from polyspell import Agent, Host, tool
from polyspell.errors import ConfigError
from polyspell.testing.wire import Wire
from prometheus_client.parser import text_string_to_metric_families

Make = Callable[..., Host]


@tool
async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@pytest.fixture
def make(make_polyspell_host: Make) -> Make:
    def make(plugins: Any = ("echo", "metrics"), **options: Any) -> Host:
        return make_polyspell_host(plugins, {"hooks": {"metrics": options}})

    return make


def numbers(host: Host) -> dict[str, float]:
    found: dict[str, float] = host.hooks.used("metrics").stats()
    return found


async def test_runs_models_tools_and_tokens_are_counted(make: Make) -> None:
    async with make() as host:
        agent = Agent("echo/tools", name="sums", tools=[add], host=host)
        usage = (await agent.run('{"a": 1, "b": 2}')).usage
        seen = numbers(host)
    assert seen['polyspell_runs_total{agent="sums",outcome="completed"}'] == 1
    assert seen['polyspell_runs_active{agent="sums"}'] == 0
    assert seen['polyspell_run_seconds_count{agent="sums"}'] == 1
    model = 'provider="echo",model="tools"'
    assert seen[f'polyspell_requests_total{{{model},outcome="completed"}}'] == 2
    assert seen[f"polyspell_request_seconds_count{{{model}}}"] == 2
    assert seen[f'polyspell_tokens_total{{{model},type="input"}}'] == usage.input_tokens
    assert seen[f'polyspell_tokens_total{{{model},type="output"}}'] == usage.output_tokens
    assert seen['polyspell_tool_calls_total{tool="add",outcome="completed"}'] == 1
    assert seen['polyspell_tool_call_seconds_count{tool="add"}'] == 1


async def test_failures_and_cancellations_are_told_apart(make: Make) -> None:
    async with make() as host:
        failing = {"replies": [{"tool": "none"}, {"error": "overloaded", "message": "Busy."}]}
        with pytest.raises(Exception, match="Busy"):
            await Agent("echo/script", host=host, options=failing).run("?")
        task = asyncio.ensure_future(Agent("echo/echo", host=host, options={"delay": 9}).run("?"))
        await asyncio.sleep(0.02)
        assert numbers(host)['polyspell_runs_active{agent="agent"}'] == 1
        task.cancel()
        await asyncio.wait([task])
        seen = numbers(host)
    for outcome in ("failed", "cancelled"):
        assert seen[f'polyspell_runs_total{{agent="agent",outcome="{outcome}"}}'] == 1
    for model, outcome in (("script", "failed"), ("echo", "cancelled")):
        labels = f'provider="echo",model="{model}",outcome="{outcome}"'
        assert seen[f"polyspell_requests_total{{{labels}}}"] == 1
    assert seen['polyspell_tool_calls_total{tool="none",outcome="failed"}'] == 1


async def test_scripts_and_hooks_are_counted(make: Make) -> None:
    async with make(("echo", "lua", "metrics")) as host:
        await host.scripts.run("return 1", "lua")
        with pytest.raises(Exception, match="no"):
            await host.scripts.run("error('no')", "lua")
        host.events.emit("hook.cache.hit", {})
        seen = numbers(host)
    for outcome in ("completed", "failed"):
        assert seen[f'polyspell_script_runs_total{{outcome="{outcome}"}}'] == 1
    assert seen["polyspell_script_run_seconds_count"] == 2
    assert seen['polyspell_hook_events_total{event="cache.hit"}'] == 1


async def test_prometheus_can_read_the_text(make: Make) -> None:
    async with make() as host:
        await Agent("echo/echo", name='a "quoted"\nname', host=host).run("?")
        families = list(text_string_to_metric_families(host.hooks.used("metrics").text()))
    runs = next(f for f in families if f.name == "polyspell_runs")
    assert runs.samples[0].labels == {"agent": 'a "quoted"\nname', "outcome": "completed"}


async def test_they_are_served_on_a_port(make: Make) -> None:
    async with make(port=0) as host:
        await Agent("echo/echo", host=host).run("?")
        url = f"http://127.0.0.1:{host.hooks.used('metrics').port}/metrics"

        def fetch() -> str:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())

        assert "polyspell_runs_total" in await asyncio.to_thread(fetch)
    with pytest.raises(OSError):
        await asyncio.to_thread(fetch)


def test_a_port_that_is_taken_is_an_error(make: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="Choose another port"):
            make(port=taken.getsockname()[1])


async def test_names_that_models_make_up_do_not_fill_the_memory(make: Make) -> None:
    async with make(most=3) as host:
        for n in range(9):
            options = {"replies": [{"tool": f"made_up_{n}"}, "."]}
            await Agent("echo/script", host=host, options=options).run("?")
        tools = {k: v for k, v in numbers(host).items() if k.startswith("polyspell_tool_calls")}
    assert sum(tools.values()) == 9
    assert tools['polyspell_tool_calls_total{tool="other",outcome="other"}'] == 6


async def test_open_telemetry_gets_the_same(make: Make) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    async with make(provider=provider) as host:
        await Agent("echo/tools", name="sums", tools=[add], host=host).run('{"a": 1, "b": 2}')
        data = reader.get_metrics_data()
    provider.shutdown()
    assert data is not None
    found = {m.name: m for m in data.resource_metrics[0].scope_metrics[0].metrics}
    assert found["polyspell.runs"].data.data_points[0].value == 1
    duration = found["gen_ai.client.operation.duration"].data.data_points[0]
    assert duration.count == 2
    assert duration.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "echo",
        "gen_ai.request.model": "tools",
    }
    tokens = found["gen_ai.client.token.usage"].data.data_points
    assert {point.attributes["gen_ai.token.type"] for point in tokens} == {"input", "output"}
    assert found["polyspell.runs.active"].data.data_points[0].value == 0


async def test_they_are_sent_to_an_endpoint(make: Make) -> None:
    async with Wire(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as wire:
        async with make(endpoint=wire.url, service="shop") as host:
            await Agent("echo/echo", host=host).run("?")
        assert wire.requests[0].path == "/v1/metrics"
        sent = ExportMetricsServiceRequest.FromString(wire.requests[0].body).resource_metrics[0]
    names = {metric.name for scope in sent.scope_metrics for metric in scope.metrics}
    assert {"polyspell.runs", "gen_ai.client.token.usage"} <= names


async def test_a_script_counts_its_own_work(make_polyspell_host: Make) -> None:
    from polyspell.scripting.sandbox import Sandbox

    source = """
    local ps = require("polyspell")
    ps.hook.use("metrics")
    ps.agent.create({model = "echo/echo", name = "own"}):run("?")
    return ps.hook.stats("metrics")
    """
    async with make_polyspell_host(["echo", "lua", "metrics"]) as host:
        sandbox = Sandbox.of("default", grants=["provider:**"])
        async with await host.scripts.open("lua", sandbox=sandbox) as spell:
            value = (await spell.run(source)).value
        assert value['polyspell_runs_total{agent="own",outcome="completed"}'] == 1
