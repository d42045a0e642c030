"""Numbers with units, exact wherever the unit is defined exactly."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from polyspell_math.numbers import Number, checked, divide, fail, power
from polyspell_math.units import Dimensions, Unit, unit

Shown = tuple[tuple[str, Fraction], ...]
"""The units that a quantity is shown in, each with its power."""


class Quantity(msgspec.Struct, frozen=True):
    """A number with a unit: its value in units of the SI, the powers of these, and the units that
    it is shown in."""

    value: Number
    dimensions: Dimensions
    shown: Shown

    @property
    def factor(self) -> Number:
        """What one of the unit that it is shown in is in the SI."""
        whole: Number = 1
        for name, exponent in self.shown:
            whole = checked(whole * power(unit(name).factor, exponent))
        return whole

    @property
    def amount(self) -> Number:
        """How many of the unit that it is shown in."""
        offset = unit(self.shown[0][0]).offset if len(self.shown) == 1 else 0
        return checked(divide(self.value, self.factor) - offset)

    @property
    def unit(self) -> str:
        """The unit that it is shown in: `km/h`, `kg·m/s²`."""
        over = [_raised(name, e) for name, e in self.shown if e > 0]
        under = [_raised(name, -e if over else e) for name, e in self.shown if e < 0]
        if not over:
            return "·".join(under)
        if not under:
            return "·".join(over)
        below = under[0] if len(under) == 1 else f"({'·'.join(under)})"
        return f"{'·'.join(over)}/{below}"


Value = Number | Quantity


def _raised(name: str, exponent: Fraction) -> str:
    return name if exponent == 1 else f"{name}^{exponent}"


def named(name: str) -> Quantity:
    """One of a unit.

    Raises:
        NotFoundError: there is no such unit.
    """
    found = unit(name)
    return Quantity(found.factor, found.dimensions, ((name, Fraction(1)),))


def offset(value: Quantity) -> Unit | None:
    """The unit, if it is one that does not begin at zero: °C, °F."""
    found = unit(value.shown[0][0]) if len(value.shown) == 1 else None
    return found if found is not None and found.offset and value.shown[0][1] == 1 else None


def times(left: Value, right: Value) -> Value:
    """The product."""
    if not isinstance(left, Quantity) and not isinstance(right, Quantity):
        return checked(left * right)
    if not isinstance(left, Quantity):
        assert isinstance(right, Quantity)
        return scaled(right, left)
    if not isinstance(right, Quantity):
        return scaled(left, right)
    return _joined(left, right, 1)


def scaled(quantity: Quantity, by: Number) -> Quantity:
    """So many times a quantity."""
    return msgspec.structs.replace(quantity, value=checked(quantity.value * by))


def of(amount: Number, quantity: Quantity) -> Quantity:
    """`20 °C`: so many of a unit, counted from where the unit begins."""
    scale = offset(quantity)
    return scaled(quantity, amount + scale.offset if scale is not None else amount)


def over(left: Value, right: Value) -> Value:
    """The quotient."""
    if not isinstance(right, Quantity):
        if not isinstance(left, Quantity):
            return divide(left, right)
        return msgspec.structs.replace(left, value=divide(left.value, right))
    if not isinstance(left, Quantity):
        left = Quantity(left, tuple([Fraction(0)] * len(right.dimensions)), ())
    return _joined(left, right, -1)


def _joined(left: Quantity, right: Quantity, sign: int) -> Value:
    dimensions = tuple(a + sign * b for a, b in zip(left.dimensions, right.dimensions, strict=True))
    value = checked(left.value * right.value) if sign > 0 else divide(left.value, right.value)
    if not any(dimensions):
        return value
    shown = dict(left.shown)
    for name, exponent in right.shown:
        kind = unit(name).dimensions
        same = next((n for n in shown if unit(n).dimensions == kind), name)
        shown[same] = shown.get(same, Fraction(0)) + sign * exponent
    return Quantity(value, dimensions, tuple((n, e) for n, e in shown.items() if e))


def raised(base: Quantity, exponent: Number) -> Value:
    """A power of a quantity."""
    if isinstance(exponent, float) or not -12 <= exponent <= 12:
        raise fail("A quantity can be raised to a whole number or a fraction, of at most 12.")
    exponent = Fraction(exponent)
    if not exponent:
        return 1
    return Quantity(
        power(base.value, exponent),
        tuple(d * exponent for d in base.dimensions),
        tuple((name, e * exponent) for name, e in base.shown),
    )


def plus(left: Value, right: Value, sign: int) -> Value:
    """The sum (`sign` 1) or the difference (-1), in the unit of the left one.

    Raises:
        ToolError: they are of different kinds, or both temperatures above a zero of their own.
    """
    if not isinstance(left, Quantity) and not isinstance(right, Quantity):
        return checked(left + sign * right)
    if not isinstance(left, Quantity) or not isinstance(right, Quantity):
        raise fail("A number with a unit and one without cannot be added.")
    same_kind(left, right)
    value = checked(left.value + sign * right.value)
    if offset(right) is not None:
        if sign > 0:
            raise fail(
                f"{right.unit} cannot be added: it does not begin at zero.",
                "Write a difference of temperatures in K.",
            )
        return Quantity(value, left.dimensions, (("K", Fraction(1)),))
    return msgspec.structs.replace(left, value=value)


def same_kind(left: Quantity, right: Quantity) -> None:
    """Go on if both measure the same.

    Raises:
        ToolError: they do not.
    """
    if left.dimensions != right.dimensions:
        raise fail(f"{left.unit} and {right.unit} do not measure the same.")


def converted(value: Value, into: Value) -> Value:
    """The same quantity, shown in another unit.

    Raises:
        ToolError: they do not measure the same, or `into` is no unit.
    """
    if not isinstance(into, Quantity):
        raise fail("What stands after `in` is not a unit.", "As in 3 km in miles.")
    if not isinstance(value, Quantity):
        raise fail(f"A number without a unit cannot be converted to {into.unit}.")
    same_kind(value, into)
    return msgspec.structs.replace(value, shown=into.shown)
