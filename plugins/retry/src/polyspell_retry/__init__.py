"""Ask again where that can help, and stop asking what keeps failing."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `retry`."""
    return [
        HookKindInfo(
            name="retry",
            load="polyspell_retry.hook:Retry",
            description="Ask again where that can help, and stop asking what keeps failing",
        )
    ]
