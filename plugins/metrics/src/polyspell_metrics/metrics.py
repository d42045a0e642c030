"""The kind `metrics`: it listens, and wraps nothing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec
from polyspell.events import Event
from polyspell.hooks import HookKind

from polyspell_metrics.instruments import (
    ACTIVE,
    COST,
    HOOKS,
    REQUEST_SECONDS,
    REQUESTS,
    RUN_SECONDS,
    RUNS,
    SCRIPT_SECONDS,
    SCRIPTS,
    TOKENS,
    TOOL_CALLS,
    TOOL_SECONDS,
    Bound,
    Sink,
)
from polyspell_metrics.prometheus import Prometheus

if TYPE_CHECKING:
    from polyspell.host import Host

_KINDS = (
    ("input", "input_tokens"), ("output", "output_tokens"), ("cached", "cached_tokens"),
    ("reasoning", "reasoning_tokens"),
)  # fmt: skip


class MetricsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where numbers go.

    Attributes:
        port: serve them for Prometheus on this port (0: any, see `Metrics.port`).
        address: on which address.
        otel: give them to the OpenTelemetry meter of the program too.
        endpoint: send them to this OTLP endpoint over HTTP (http://localhost:4318).
        interval: seconds between two sendings.
        service: under which name.
        provider: a MeterProvider to give them to, in Python.
        most: label sets of one instrument; what is beyond counts as "other".
    """

    port: int | None = None
    address: str = "127.0.0.1"
    otel: bool = False
    endpoint: str | None = None
    interval: float = 60.0
    service: str = "polyspell"
    provider: Any = None
    most: int = 500


class Metrics(HookKind):
    """Counts and times runs, calls of models and tools, tokens, cost and scripts."""

    Options = MetricsOptions

    def __init__(self, host: Host, options: MetricsOptions) -> None:
        super().__init__(host, options)
        self.prometheus = Prometheus()
        self._exporting: Any = None
        sinks: list[Sink] = [self.prometheus]
        if options.otel or options.endpoint or options.provider is not None:
            sinks.append(self._otel(options))
        self._add = Bound(sinks, options.most).add
        self._begun: dict[str, float] = {}
        self.port: int | None = None
        if options.port is not None:
            self.port = self.prometheus.serve(options.address, options.port)
        self.listeners = {
            "agent.run.started": self._run_started,
            "agent.run.completed": self._run_ended,
            "agent.run.failed": self._run_ended,
            "agent.run.cancelled": self._run_ended,
            "provider.request.completed": self._request,
            "provider.request.failed": self._request,
            "provider.request.cancelled": self._request,
            "tool.call.completed": self._tool,
            "tool.call.failed": self._tool,
            "script.run.completed": self._script,
            "script.run.failed": self._script,
            "hook.**": self._hook,
        }

    def _otel(self, options: MetricsOptions) -> Sink:
        from polyspell_metrics.otel import OpenTelemetry, exporting

        if options.endpoint:
            self._exporting = exporting(options.endpoint, options.interval, options.service)
        return OpenTelemetry(options.provider or self._exporting)

    @classmethod
    def grants(cls, options: MetricsOptions) -> list[str]:
        """What serves or sends them needs one."""
        inside = options.port is None and not options.otel and not options.endpoint
        return [] if inside else ["hook:metrics"]

    def text(self) -> str:
        """All numbers as Prometheus reads them."""
        return self.prometheus.text()

    def stats(self) -> dict[str, Any]:
        """All counts and sums by name and labels."""
        return dict(self.prometheus.numbers())

    async def close(self) -> None:
        """Serve no longer, and send what was not sent yet."""
        await asyncio.to_thread(self.prometheus.close)
        if self._exporting is not None:
            await asyncio.to_thread(self._exporting.shutdown)

    # -- events ---------------------------------------------------------------------------------

    def _run_started(self, event: Event) -> None:
        if event.span_id is not None:
            self._begun[event.span_id] = time.perf_counter()
            self._add(ACTIVE, (event.data["agent"],), 1)

    def _run_ended(self, event: Event) -> None:
        agent = (event.data["agent"],)
        begun = self._begun.pop(event.span_id or "", None)
        self._add(RUNS, (*agent, _outcome(event)), 1)
        if begun is not None:
            self._add(ACTIVE, agent, -1)
            self._add(RUN_SECONDS, agent, time.perf_counter() - begun)

    def _request(self, event: Event) -> None:
        data = event.data
        model = (data["provider"], data["model"].partition("/")[2])
        self._add(REQUESTS, (*model, _outcome(event)), 1)
        self._add(REQUEST_SECONDS, model, data["seconds"])
        usage = data.get("usage")
        if not usage:
            return
        for kind, name in _KINDS:
            if tokens := usage.get(name):
                self._add(TOKENS, (*model, kind), tokens)
        if cost := usage.get("cost"):
            self._add(COST, model, cost)

    def _tool(self, event: Event) -> None:
        name = (event.data["name"],)
        self._add(TOOL_CALLS, (*name, _outcome(event)), 1)
        self._add(TOOL_SECONDS, name, event.data["seconds"])

    def _script(self, event: Event) -> None:
        self._add(SCRIPTS, (_outcome(event),), 1)
        self._add(SCRIPT_SECONDS, (), event.data["usage"]["wall"])

    def _hook(self, event: Event) -> None:
        self._add(HOOKS, (event.name.removeprefix("hook."),), 1)


def _outcome(event: Event) -> str:
    """How something ended: the last word of the event's name."""
    return event.name.rpartition(".")[2]
