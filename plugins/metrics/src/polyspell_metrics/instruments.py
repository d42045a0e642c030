"""What is measured, and by which names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec

Labels = tuple[str, ...]
Add = Callable[[float], Any]
OTHER = "other"


class Instrument(msgspec.Struct, frozen=True):
    """A number that is kept: a counter, a number that goes up and down, or durations in seconds.

    Attributes:
        kind: of instrument.
        name: in Prometheus, without the ending that its kind gets there.
        otel: in OpenTelemetry, after the GenAI conventions where they have it.
        labels: names of labels in Prometheus.
        attributes: names of the same in OpenTelemetry.
        about: a sentence.
        unit: in OpenTelemetry.
    """

    kind: Literal["counter", "gauge", "seconds", "amount"]
    name: str
    otel: str
    labels: Labels
    attributes: Labels
    about: str
    unit: str = "1"


_MODEL = ("gen_ai.provider.name", "gen_ai.request.model")
RUNS = Instrument(
    "counter", "polyspell_runs", "polyspell.runs",
    ("agent", "outcome"), ("gen_ai.agent.name", "outcome"), "Runs of agents that ended", "{run}",
)  # fmt: skip
ACTIVE = Instrument(
    "gauge", "polyspell_runs_active", "polyspell.runs.active",
    ("agent",), ("gen_ai.agent.name",), "Runs of agents that go on", "{run}",
)  # fmt: skip
RUN_SECONDS = Instrument(
    "seconds", "polyspell_run", "polyspell.run.duration",
    ("agent",), ("gen_ai.agent.name",), "How long runs of agents took", "s",
)  # fmt: skip
REQUESTS = Instrument(
    "counter", "polyspell_requests", "polyspell.requests",
    ("provider", "model", "outcome"), (*_MODEL, "outcome"), "Calls of models", "{request}",
)  # fmt: skip
REQUEST_SECONDS = Instrument(
    "seconds", "polyspell_request", "gen_ai.client.operation.duration",
    ("provider", "model"), _MODEL, "How long calls of models took", "s",
)  # fmt: skip
TOKENS = Instrument(
    "amount", "polyspell_tokens", "gen_ai.client.token.usage",
    ("provider", "model", "type"), (*_MODEL, "gen_ai.token.type"), "Tokens", "{token}",
)  # fmt: skip
COST = Instrument(
    "counter", "polyspell_cost_dollars", "polyspell.cost",
    ("provider", "model"), _MODEL, "What calls of models cost", "USD",
)  # fmt: skip
TOOL_CALLS = Instrument(
    "counter", "polyspell_tool_calls", "polyspell.tool.calls",
    ("tool", "outcome"), ("gen_ai.tool.name", "outcome"), "Calls of tools", "{call}",
)  # fmt: skip
TOOL_SECONDS = Instrument(
    "seconds", "polyspell_tool_call", "polyspell.tool.duration",
    ("tool",), ("gen_ai.tool.name",), "How long calls of tools took", "s",
)  # fmt: skip
SCRIPTS = Instrument(
    "counter", "polyspell_script_runs", "polyspell.script.runs",
    ("outcome",), ("outcome",), "Runs of scripts", "{run}",
)  # fmt: skip
SCRIPT_SECONDS = Instrument(
    "seconds", "polyspell_script_run", "polyspell.script.duration",
    (), (), "How long runs of scripts took", "s",
)  # fmt: skip
HOOKS = Instrument(
    "counter", "polyspell_hook_events", "polyspell.hook.events",
    ("event",), ("event",), "What hooks told: cache.hit, retry.again, ...", "{event}",
)  # fmt: skip
ALL = (
    RUNS, ACTIVE, RUN_SECONDS, REQUESTS, REQUEST_SECONDS, TOKENS, COST, TOOL_CALLS, TOOL_SECONDS,
    SCRIPTS, SCRIPT_SECONDS, HOOKS,
)  # fmt: skip


class Sink(Protocol):
    """Where numbers go."""

    def bind(self, instrument: Instrument, labels: Labels) -> Add:
        """A function that adds to a counter, a gauge or an amount, or notes a duration."""
        ...


class Bound:
    """A sink that keeps a bounded number of label sets: names that models make up (of tools, say)
    must not fill the memory. What is beyond goes to "other"."""

    def __init__(self, sinks: list[Sink], most: int) -> None:
        self._sinks = sinks
        self._most = most
        self._known: dict[str, dict[Labels, list[Add]]] = {each.name: {} for each in ALL}

    def add(self, instrument: Instrument, labels: Labels, value: float) -> None:
        """Add to all of them."""
        for add in self._known[instrument.name].get(labels) or self._bind(instrument, labels):
            add(value)

    def _bind(self, instrument: Instrument, labels: Labels) -> list[Add]:
        known = self._known[instrument.name]
        if len(known) >= self._most:
            labels = (OTHER,) * len(labels)
        if labels not in known:
            known[labels] = [sink.bind(instrument, labels) for sink in self._sinks]
        return known[labels]
