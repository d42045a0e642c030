"""What goes in and comes out is checked."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `guard`."""
    return [
        HookKindInfo(
            name="guard",
            load="polyspell_guard.hook:Guard",
            description="What goes in and comes out is checked",
        )
    ]
