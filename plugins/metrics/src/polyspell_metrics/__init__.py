"""Counters and durations for Prometheus and OpenTelemetry."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `metrics`."""
    return [
        HookKindInfo(
            name="metrics",
            load="polyspell_metrics.metrics:Metrics",
            description="Counters and durations for Prometheus and OpenTelemetry",
        )
    ]
