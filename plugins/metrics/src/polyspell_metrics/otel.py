"""OpenTelemetry: instruments of a meter, exported by whoever owns its provider."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from opentelemetry import metrics
from polyspell.errors import ConfigError

from polyspell_metrics.instruments import ALL, Add, Instrument, Labels

_CHAT = {"gen_ai.operation.name": "chat"}


class OpenTelemetry:
    """Numbers for OpenTelemetry.

    Args:
        provider: a MeterProvider; None for the program's own.
    """

    def __init__(self, provider: Any = None) -> None:
        meter = metrics.get_meter("polyspell", meter_provider=provider)
        self._add = {each.name: self._instrument(meter, each) for each in ALL}

    def _instrument(self, meter: metrics.Meter, about: Instrument) -> Callable[..., None]:
        name, unit, sentence = about.otel, about.unit, about.about
        if about.kind == "counter":
            return meter.create_counter(name, unit, sentence).add
        if about.kind == "gauge":
            return meter.create_up_down_counter(name, unit, sentence).add
        return meter.create_histogram(name, unit, sentence).record

    def bind(self, instrument: Instrument, labels: Labels) -> Add:
        """See Sink."""
        chat = _CHAT if instrument.otel.startswith("gen_ai.client") else {}
        named = dict(zip(instrument.attributes, labels, strict=True))
        return partial(self._add[instrument.name], attributes={**chat, **named})


def exporting(endpoint: str, seconds: float, service: str) -> Any:
    """A provider that sends to an OTLP endpoint (its base address, http://localhost:4318).

    Raises:
        ConfigError: the SDK is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
    except ImportError as error:
        raise ConfigError(
            f"Metrics cannot be sent: {error}.",
            hint="Install it: pip install 'polyspell-metrics[otlp]'.",
        ) from error
    exporter = OTLPMetricExporter(endpoint=f"{endpoint.rstrip('/')}/v1/metrics")
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=seconds * 1000)
    return MeterProvider([reader], Resource.create({"service.name": service}))
