"""Tools that calculate."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin; each module is named as the place of its tool says."""
    return [
        ToolInfo(
            name="math",
            load="polyspell_math.calculator:math",
            description="Calculate exactly: arithmetic, percent, units, lists, sets, matrices",
            tags=("math", "calculator", "units", "percent"),
            category="math",
        ),
        ToolInfo(
            name="statistics",
            load="polyspell_math.statistics:statistics",
            description="Describe a list of numbers, or two that belong together",
            tags=("math", "statistics"),
            category="math",
        ),
        ToolInfo(
            name="linear_algebra",
            load="polyspell_math.linear_algebra:linear_algebra",
            description="Work with matrices and vectors",
            tags=("math", "matrix", "vector"),
            category="math",
        ),
        ToolInfo(
            name="sets",
            load="polyspell_math.sets:sets",
            description="Compare lists as sets",
            tags=("math", "sets", "lists"),
            category="math",
        ),
        ToolInfo(
            name="dates",
            load="polyspell_math.dates:dates",
            description="Calculate with dates, times and time zones",
            tags=("math", "date", "time", "calendar"),
            category="math",
        ),
    ]
