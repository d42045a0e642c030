"""The contract of tools, for each tool of this plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polyspell.testing.tool_contract import ToolContract
from polyspell_math.calculator import math
from polyspell_math.dates import dates
from polyspell_math.linear_algebra import linear_algebra
from polyspell_math.sets import sets
from polyspell_math.statistics import statistics


def gives(value: Any, text: str | None = None) -> Callable[[Any], bool]:
    """Whether a tool's output has this value (and is told as this text)."""
    return lambda output: output.data["value"] == value and text in (None, output.text)


class TestMath(ToolContract):
    tool = math
    examples = (
        ({"expression": "0.1 + 0.2"}, gives(0.3, "0.3")),
        ({"expression": "60 km / 2 h in m/s"}, gives(25 / 3, f"{25 / 3} m/s (exactly 25/3)")),
        ({"expression": "price + 19%", "variables": {"price": 9.99}}, gives(11.8881)),
    )
    refused = ({"expression": 3}, {"variables": {}}, {"expression": "1", "variables": [1]})


class TestStatistics(ToolContract):
    tool = statistics
    examples = (({"values": [1, 2, 3, 4]}, lambda about: about["mean"] == 2.5),)
    refused = ({"values": "1, 2"}, {"values": ["x"]}, {})


class TestLinearAlgebra(ToolContract):
    tool = linear_algebra
    examples = (
        ({"operation": "solve", "a": [[2, 1], [1, 3]], "b": [3, 5]}, gives([0.8, 1.4])),
        ({"operation": "determinant", "a": [["1/3", 1], [1, 3]]}, gives(0)),
    )
    refused = ({"operation": "no", "a": [[1]]}, {"operation": "rank", "a": 1})


class TestSets(ToolContract):
    tool = sets
    examples = (({"operation": "union", "a": ["x"], "b": ["y", "x"]}, ["x", "y"]),)
    refused = ({"operation": "union"}, {"operation": "no", "a": []})


class TestDates(ToolContract):
    tool = dates
    examples = (
        ({"operation": "add", "date": "2026-01-31", "months": 1}, "2026-02-28"),
        ({"operation": "info", "date": "2026-02-28"}, lambda d: d["weekday"] == "Saturday"),
    )
    refused = ({"operation": "add"}, {"operation": "info", "date": "2026-01-01", "days": "many"})
