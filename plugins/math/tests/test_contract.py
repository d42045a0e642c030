"""The contract of tools, for each tool of this plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polyspell.testing.tool_contract import ToolContract
from polyspell_math.calculator import math


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
