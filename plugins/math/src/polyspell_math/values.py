"""What an expression can be worth, and how it is told."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from polyspell.errors import ToolError
from polyspell.tools import ToolOutput

from polyspell_math.numbers import Number, checked, fail, real, text
from polyspell_math.quantities import Quantity, Value
from polyspell_math.work import weighed

Worth = bool | Number | Quantity | str | list[Any] | frozenset[Any]
SAFE = 2**53
"""Whole numbers beyond it are lost in JavaScript and in most readers of JSON: they become text."""


def number(value: Worth, what: str = "This") -> Number:
    """The value, if it is a number without a unit."""
    if isinstance(value, bool) or not isinstance(value, Number):
        raise fail(f"{what} needs numbers, not {shown(value)}.")
    return value


def quantity(value: Worth, what: str = "This") -> Value:
    """The value, if it is a number, with or without a unit."""
    return value if isinstance(value, Quantity) else number(value, what)


def each(values: Worth, what: str = "This") -> list[Number]:
    """The values, if it is a list or a set of numbers."""
    if not isinstance(values, list | frozenset):
        raise fail(f"{what} needs a list, not {shown(values)}.")
    return [number(v, what) for v in values]


def shown(value: Worth) -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return text(value)
    if isinstance(value, Quantity):
        return f"{text(value.amount)} {value.unit}"
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, frozenset):
        return f"{{{', '.join(map(shown, ordered(value)))}}}"
    return value


def ordered(values: frozenset[Any]) -> list[Any]:
    """The elements of a set in an order that is always the same."""
    return sorted(values, key=lambda v: (isinstance(v, str), v if _orders(v) else 0, str(v)))


def _orders(value: object) -> bool:
    return isinstance(value, Number)


def plain(value: Worth) -> Any:
    """A value as JSON has it; whole numbers that JSON's readers would round are texts."""
    if isinstance(value, bool | str | float):
        return value
    if isinstance(value, int):
        return value if -SAFE <= value <= SAFE else str(value)
    if isinstance(value, Quantity):
        return plain(value.amount)
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, frozenset):
        return [plain(v) for v in ordered(value)]
    try:
        return real(value)
    except ToolError:
        return text(value)


def exact(value: Worth) -> bool:
    """Whether nothing was rounded on the way."""
    if isinstance(value, Quantity):
        return exact(value.value)
    if isinstance(value, list | frozenset):
        return all(map(exact, value))
    return not isinstance(value, float)


def output(value: Worth) -> ToolOutput:
    """A value as a tool tells it: a text for the model, and for programs `{value, text, exact}`,
    and `unit` where there is one."""
    data: dict[str, Any] = {"value": plain(value), "text": shown(value), "exact": exact(value)}
    told = data["text"]
    amount = value
    if isinstance(value, Quantity):
        data["unit"], amount = value.unit, value.amount
    if isinstance(amount, Fraction) and "/" in text(amount) and isinstance(data["value"], float):
        told = f"{data['value']!r} {data.get('unit', '')}".rstrip() + f" (exactly {text(amount)})"
    return ToolOutput(told, data)


def given(value: Any) -> Worth:
    """A JSON value as one to calculate with; floats become the decimal that they are written as."""
    weighed(value)
    return _given(value)


def _given(value: Any) -> Worth:
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            raise fail(f"{value} is not a finite number.")
        return checked(value if isinstance(value, int) else Fraction(repr(value)))
    if isinstance(value, list):
        return [_given(v) for v in value]
    raise fail(f"{value!r} is not a number.")


def mapped(function: Callable[[Any], Any], value: Worth) -> Worth:
    """A function of a value, or of each element of a list."""
    return [mapped(function, v) for v in value] if isinstance(value, list) else function(value)
