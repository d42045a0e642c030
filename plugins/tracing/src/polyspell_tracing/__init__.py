"""One OpenTelemetry trace over agents, models, tools and scripts."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `tracing`."""
    return [
        HookKindInfo(
            name="tracing",
            load="polyspell_tracing.tracing:Tracing",
            description="One OpenTelemetry trace over agents, models, tools and scripts",
        )
    ]
