"""Tools that calculate."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(
            name="math",
            load="polyspell_math.calculator:math",
            description="Calculates an expression",
            tags=("math",),
        )
    ]
