"""Answers kept by what was asked."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `cache`."""
    return [
        HookKindInfo(
            name="cache",
            load="polyspell_cache.hook:Cache",
            description="Answers kept by what was asked",
        )
    ]
