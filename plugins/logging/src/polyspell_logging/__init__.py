"""Events as log lines, without secrets."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `logging`."""
    return [
        HookKindInfo(
            name="logging",
            load="polyspell_logging.lines:Logging",
            description="Events as log lines, without secrets",
        )
    ]
