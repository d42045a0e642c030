"""Hooks as webhooks, commands and Python functions."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `adapters`."""
    return [
        HookKindInfo(
            name="adapters",
            load="polyspell_adapters.adapter:Adapter",
            description="Hooks as webhooks, commands and Python functions",
        )
    ]
