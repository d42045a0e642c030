"""The tool `math`."""

from __future__ import annotations

from typing import Any

from polyspell.tools import ToolOutput, tool

from polyspell_math.evaluate import evaluate
from polyspell_math.values import given, output


@tool(tags=("math", "calculator", "units", "percent"))
def math(expression: str, variables: dict[str, Any] | None = None) -> ToolOutput:
    """Calculate exactly: arithmetic, percent, units, lists, sets, matrices, comparisons.

    For example: 2 * (3 + 4)^2; 15% of 80; 200 + 19%; 60 km / 2 h in m/s; 72 F in C; sqrt(2);
    10 mod 3; 5!; mean([1, 2, 3]); gcd(12, 18); is_prime(97); det([[1, 2], [3, 4]]);
    {1, 2} | {2, 3}; x = 3; x^2 + 1.

    Args:
        expression: what to calculate; statements are separated by semicolons.
        variables: values of names in it: numbers, or lists of numbers.
    """
    named = {name: given(value) for name, value in (variables or {}).items()}
    return output(evaluate(expression, named))
