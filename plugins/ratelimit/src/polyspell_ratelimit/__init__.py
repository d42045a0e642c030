"""At most so many calls in a time."""

from __future__ import annotations

from polyspell.hookspecs import HookKindInfo, hookimpl


@hookimpl
def polyspell_hook_kinds() -> list[HookKindInfo]:
    """The kind `ratelimit`."""
    return [
        HookKindInfo(
            name="ratelimit",
            load="polyspell_ratelimit.hook:RateLimit",
            description="At most so many calls in a time",
        )
    ]
