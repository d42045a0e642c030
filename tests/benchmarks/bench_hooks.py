"""What each kind of hook costs a run: two model calls and one tool call of the `echo` provider, in
one event loop; the control is the same run without hooks, in the same rounds. Processor time, the
best of several rounds; a thread that exports in the background counts too."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

from polyspell import Agent, Host, tool

RUNS, ROUNDS = 40, 60
PROMPT = '{"a": 1, "b": 2}'
PLUGINS = [
    "echo", "metrics", "logging", "tracing", "guard", "cache", "ratelimit", "retry", "budget",
    "adapters",
]  # fmt: skip
Setup = Callable[[Host], Any]


@tool
async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


async def pass_by(call: Any, proceed: Any) -> Any:
    return await proceed(call)


def trace_provider() -> Any:
    """A real one, which exports in batches to nowhere."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    return provider


def meter_provider() -> Any:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    return MeterProvider([InMemoryMetricReader()])


def use(kind: str, **options: Any) -> Setup:
    return lambda host: host.hooks.use(kind, **options)


def together(*setups: Setup) -> Setup:
    return lambda host: [setup(host) for setup in setups]


def cases(folder: str) -> dict[str, Setup]:
    log = os.path.join(folder, "log.jsonl")
    metrics, traces = use("metrics"), use("tracing", provider=trace_provider())
    lines = use("logging", file=log)
    guard = {"deny": ["(?i)secret"], "pii": True, "action": "repair"}
    return {
        "a hook around tool.call": lambda h: h.hooks.wrap("tool.call", pass_by),
        "a hook around provider.request": lambda h: h.hooks.wrap("provider.request", pass_by),
        "a hook around agent.run": lambda h: h.hooks.wrap("agent.run", pass_by),
        "metrics": metrics,
        "metrics, OpenTelemetry too": use("metrics", provider=meter_provider()),
        "logging, JSON to a file": lines,
        "tracing, SDK": traces,
        "metrics, logging and tracing": together(metrics, lines, traces),
        "guard: input and output": use("guard", input=guard, output=guard),
        "guard: arguments and results": use("guard", arguments=guard, results=guard),
        "cache, in memory, hits": use("cache"),
        "cache, in a file, hits": use("cache", path=os.path.join(folder, "cache.db")),
        "ratelimit": use("ratelimit", limit=10**9),
        "retry": use("retry"),
        "budget, in memory": use("budget", tokens=10**12),
        "budget, in a file": use("budget", tokens=10**12, path=os.path.join(folder, "b.db")),
        "adapters, a function": use("adapters", point="tool.call", python=pass_by),
    }


async def round_of(agent: Agent) -> float:
    """Seconds of processor time for one run."""
    began = time.process_time()
    for _ in range(RUNS):
        await agent.run(PROMPT)
    return (time.process_time() - began) / RUNS


def bare_sdk() -> float:
    """Seconds for the spans of one run by the SDK alone: four, with as many attributes."""
    tracer = trace_provider().get_tracer("bench")
    begin = {f"gen_ai.{n}": "value" for n in range(3)}
    end = {"gen_ai.in": 7, "gen_ai.out": 9, "gen_ai.reasons": ("stop",)}
    best = 1.0
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(RUNS):
            for _ in range(4):
                span = tracer.start_span("name", attributes=begin)
                span.set_attributes(end)
                span.end()
        best = min(best, (time.process_time() - began) / RUNS)
    return best


async def main() -> None:
    """Run all; about a minute."""
    print(f"{'4 spans by the SDK alone':36} {bare_sdk() * 1e6:8.1f} µs")
    with tempfile.TemporaryDirectory() as folder:
        for name, setup in cases(folder).items():
            async with (
                Host(plugins=PLUGINS, config={}) as bare,
                Host(plugins=PLUGINS, config={}) as hooked,
            ):
                setup(hooked)
                agents = [Agent("echo/tools", tools=[add], host=h) for h in (bare, hooked)]
                for agent in agents:
                    await round_of(agent)
                rounds = [[await round_of(agent) for agent in agents] for _ in range(ROUNDS)]
            control, with_hook = (min(each) * 1e6 for each in zip(*rounds, strict=True))
            more = with_hook - control
            print(f"{name:36} {more:+8.1f} µs a run   control {control:7.1f} µs")


if __name__ == "__main__":
    asyncio.run(main())
