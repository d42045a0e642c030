"""A tracer provider that sends spans to an OTLP endpoint."""

from __future__ import annotations

from typing import Any

from polyspell.errors import ConfigError


def exporting(endpoint: str, service: str, sample: float) -> Any:
    """A provider that sends to an endpoint, given by its base address.

    Raises:
        ConfigError: the SDK is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    except ImportError as error:
        raise ConfigError(
            f"Traces cannot be sent: {error}.",
            hint="Install it: pip install 'polyspell-tracing[otlp]'.",
        ) from error
    sampler = ParentBased(TraceIdRatioBased(sample))
    provider = TracerProvider(sampler, Resource.create({"service.name": service}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
