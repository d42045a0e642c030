"""Tokens, money, calls and time over many runs."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `budget`."""
    return [
        HookKindInfo(
            name="budget",
            load="polyspell_budget.hook:Budget",
            description="Tokens, money, calls and time over many runs",
        )
    ]
