"""The kind `tracing`: one trace over agents, models, tools and scripts.

Runs of agents and calls of models are told by events, which costs less than wrapping them. Tools
and scripts are wrapped: what they do (a request to a database, say) has to find their span as the
current one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec
from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from polyspell.errors import describe
from polyspell.events import Event, current_span
from polyspell.hooks import Hook, HookCall, HookKind, Proceed
from polyspell.hooks.secrets import Redactor

from polyspell_tracing import names
from polyspell_tracing.spans import Open

if TYPE_CHECKING:
    from polyspell.host import Host

_asking: ContextVar[Span | None] = ContextVar("polyspell_asking", default=None)
"""The span of the model call that is being made: what is sent meanwhile belongs to it."""


class TracingOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where spans go, and what is in them.

    Attributes:
        endpoint: send them to this OTLP endpoint over HTTP (http://localhost:4318). None: to the
            program's own tracer provider.
        service: under which name.
        sample: the part of traces that is sent to the endpoint.
        propagate: whether requests to models and webhooks carry the trace on (`traceparent`).
        content: whether arguments and values of tools and answers of agents are recorded, without
            secrets.
        provider: in Python: a TracerProvider to give them to.
    """

    endpoint: str | None = None
    service: str = "polyspell"
    sample: float = 1.0
    propagate: bool = True
    content: bool = False
    provider: Any = None


class Tracing(HookKind):
    """Traces runs after the GenAI conventions of OpenTelemetry."""

    Options = TracingOptions

    def __init__(self, host: Host, options: TracingOptions) -> None:
        super().__init__(host, options)
        self._exporting: Any = None
        if options.endpoint:
            from polyspell_tracing.otlp import exporting

            self._exporting = exporting(options.endpoint, options.service, options.sample)
        provider = options.provider or self._exporting
        self._tracer = trace.get_tracer("polyspell", tracer_provider=provider)
        self._redact = Redactor().value if options.content else None
        self._outside = extract({k.lower(): v for k, v in os.environ.items() if k in names.ENV})
        self._open = Open()
        self._count = 0
        self.hooks = [
            Hook("tool.call", self._tool, priority=900),
            Hook("script.run", self._script, priority=900),
        ]
        self.listeners = {
            "agent.run.started": self._run_started,
            "agent.run.completed": self._run_ended,
            "agent.run.failed": self._run_ended,
            "agent.run.cancelled": self._run_ended,
            "provider.request.started": self._request_started,
            "provider.request.completed": self._request_ended,
            "provider.request.failed": self._request_ended,
            "provider.request.cancelled": self._request_ended,
        }
        self._propagating = self._headers if options.propagate else None
        if self._propagating is not None:
            host.transport.headers.append(self._propagating)

    @classmethod
    def grants(cls, options: TracingOptions) -> list[str]:
        """What it tells goes outside."""
        return ["hook:tracing"]

    def stats(self) -> dict[str, Any]:
        """How many spans were begun, and how many runs and calls go on."""
        return {"spans": self._count, "open": len(self._open)}

    async def close(self) -> None:
        """End what is open, and send what was not sent yet."""
        if self._propagating is not None:
            self.host.transport.headers.remove(self._propagating)
        self._open.end_all()
        if self._exporting is not None:
            await asyncio.to_thread(self._exporting.shutdown)

    # -- context in and out ---------------------------------------------------------------------

    @contextlib.contextmanager
    def incoming(self, headers: Mapping[str, str]) -> Iterator[None]:
        """Let what is run within it belong to the trace that a request's headers name
        (`traceparent`, `tracestate`): `with tracing.incoming(request.headers): ...`."""
        token = otel.attach(extract({k.lower(): v for k, v in headers.items()}))
        try:
            yield
        finally:
            otel.detach(token)

    def _headers(self) -> Mapping[str, str]:
        span, headers = _asking.get(), dict[str, str]()
        inject(headers, trace.set_span_in_context(span) if span is not None else None)
        return headers

    # -- spans ----------------------------------------------------------------------------------

    def _begin(self, name: str, kind: SpanKind, parent: str | None, about: dict[str, Any]) -> Span:
        """A span within the one of the polyspell span `parent`; within the current one where that
        was begun inside of it, or where there is none."""
        here = otel.get_current()
        outer = self._open.get(parent) if parent is not None else None
        if outer is not None and otel.get_value(names.KEY, here) != parent:
            here = trace.set_span_in_context(outer)
        elif not trace.get_current_span(here).get_span_context().is_valid:
            here = self._outside
        self._count += 1
        return self._tracer.start_span(name, here, kind, about)

    async def _within(self, span: Span, key: str | None, call: HookCall, proceed: Proceed) -> Any:
        """Proceed with a span as the current one, and end it."""
        here = otel.set_value(names.KEY, key, trace.set_span_in_context(span))
        token = otel.attach(here)
        try:
            return await proceed(call)
        except BaseException as error:
            _failed(span, describe(error) if isinstance(error, Exception) else names.CANCELLED)
            raise
        finally:
            otel.detach(token)
            span.end()

    async def _tool(self, call: HookCall, proceed: Proceed) -> Any:
        values = call.values
        outer = current_span()
        key = outer.span_id if outer is not None else None
        about = names.tool(values["tool"], values["call_id"])
        span = self._begin(f"execute_tool {values['tool']}", SpanKind.INTERNAL, key, about)
        if self._redact is None:
            return await self._within(span, key, call, proceed)
        span.set_attribute(names.ARGUMENTS, self._content(values["arguments"]))

        async def noted(call: HookCall) -> Any:
            value = await proceed(call)
            span.set_attribute(names.RESULT, self._content(value))
            return value

        return await self._within(span, key, call, noted)

    async def _script(self, call: HookCall, proceed: Proceed) -> Any:
        values = call.values
        outer = current_span()
        parent = outer.span_id if outer is not None else None
        about = {"polyspell.script": values["name"], "polyspell.language": values["language"]}
        span = self._begin(f"script {values['name']}", SpanKind.INTERNAL, parent, about)
        self._open.add(values["run_id"], span)
        try:
            return await self._within(span, values["run_id"], call, proceed)
        finally:
            self._open.pop(values["run_id"])

    def _content(self, value: Any) -> str:
        assert self._redact is not None
        plain = msgspec.to_builtins(value, enc_hook=str)
        return msgspec.json.encode(self._redact(plain)).decode()

    # -- events ---------------------------------------------------------------------------------

    def _run_started(self, event: Event) -> None:
        agent = event.data["agent"]
        about = names.agent(agent, event.run_id)
        span = self._begin(f"invoke_agent {agent}", SpanKind.INTERNAL, event.parent_id, about)
        self._open.add(event.span_id or "", span)

    def _run_ended(self, event: Event) -> None:
        span = self._open.pop(event.span_id or "")
        if span is None:
            return
        data = event.data
        if "usage" in data:
            span.set_attributes(names.end(data))
        if self._redact is not None and "text" in data:
            span.set_attribute(names.OUTPUT, self._content(data["text"]))
        _end(span, event)

    def _request_started(self, event: Event) -> None:
        data = event.data
        model = data["model"].partition("/")[2]
        about = names.request(data["provider"], model)
        span = self._begin(f"chat {model}", SpanKind.CLIENT, event.span_id, about)
        self._open.add(data["id"], span)
        _asking.set(span)

    def _request_ended(self, event: Event) -> None:
        data = event.data
        span = self._open.pop(data["id"])
        if span is None:
            return
        if _asking.get() is span:
            _asking.set(None)
        if "usage" in data:
            span.set_attributes(names.end(data))
        _end(span, event)


def _end(span: Span, event: Event) -> None:
    if "error" in event.data:
        _failed(span, event.data["error"])
    elif event.name.endswith(".cancelled"):
        _failed(span, names.CANCELLED)
    span.end()


def _failed(span: Span, error: Mapping[str, Any]) -> None:
    span.set_attribute(names.ERROR, error["code"])
    span.set_status(Status(StatusCode.ERROR, _SECRETS.text(str(error["message"]))))


_SECRETS = Redactor()
