"""Numbers: whole numbers and fractions for as long as it can be exact, floats where it cannot."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction

from polyspell.errors import ToolError

from polyspell_math.work import MAX_BITS, MAX_DIGITS, refuse

Number = int | Fraction | float
Exact = int | Fraction


def fail(message: str, hint: str = "") -> ToolError:
    """An error of the calculation, to raise."""
    return ToolError(message, hint=hint)


def checked(value: Number) -> Number:
    """The number in its simplest form.

    Raises:
        LimitExceeded: it has too many digits.
        ToolError: it is not finite.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise fail("The result is not a finite number.", "It is too large, or undefined there.")
        return value
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        too_long()
    return value.numerator if value.denominator == 1 else value


@contextmanager
def guarded() -> Iterator[None]:
    """What Python's own arithmetic refuses is an error of the calculation.

    Raises:
        ToolError: a number became too large for a float.
    """
    try:
        yield
    except OverflowError:
        raise fail("A number is too large for a function that is not exact.") from None


def magnitude(value: Number) -> Number:
    """The number without its sign."""
    return -value if value < 0 else value


def too_long() -> None:
    """Say that a number has too many digits."""
    refuse("digits", MAX_DIGITS, f"The result has more than {MAX_DIGITS} digits.")


def real(value: Number) -> float:
    """The number as a float.

    Raises:
        ToolError: it is too large for one.
    """
    try:
        return float(value)
    except OverflowError:
        raise fail("The number is too large for a function that is not exact.") from None


def inexact(function: Callable[..., float], *values: Number) -> Number:
    """A function of floats, where it is defined.

    Raises:
        ToolError: it is not defined there, or its value is too large.
    """
    try:
        return checked(function(*map(real, values)))
    except OverflowError:
        raise fail("The result is too large.") from None
    except ValueError:
        shown = ", ".join(text(v) for v in values)
        name = getattr(function, "__name__", "this")
        raise fail(f"{name} has no real value at {shown}.") from None


def whole(value: object, what: str = "This") -> int:
    """The number, if it is a whole one.

    Raises:
        ToolError: it is not.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise fail(f"{what} needs whole numbers, not {value}.")


def divide(left: Number, right: Number) -> Number:
    """The quotient, exact if both are.

    Raises:
        ToolError: the right one is zero.
    """
    if right == 0:
        raise fail("Division by zero.")
    if isinstance(left, float) or isinstance(right, float):
        return inexact(lambda a, b: a / b, left, right)
    return checked(Fraction(left) / right)


def floor_divide(left: Number, right: Number) -> Number:
    """How many whole times the right goes into the left, rounded down."""
    return math.floor(divide(left, right))


def modulo(left: Number, right: Number) -> Number:
    """The rest of `floor_divide`; its sign is the right one's."""
    return checked(left - right * floor_divide(left, right))


def power(base: Number, exponent: Number) -> Number:
    """A power, exact where both are and the root comes out even.

    Raises:
        LimitExceeded: it would have too many digits; found out before it is calculated.
        ToolError: it is not defined in the real numbers.
    """
    if isinstance(base, float) or isinstance(exponent, float):
        return inexact(math.pow, base, exponent)
    if base == 0 and exponent < 0:
        raise fail("Division by zero.")
    if exponent.denominator == 1:
        return _whole_power(base, exponent.numerator)
    if base < 0:
        raise fail("A fractional power of a negative number is not real.", "Use root(x, 3).")
    part = Fraction(exponent)
    rooted = exact_root(base, part.denominator)
    if rooted is not None:
        return _whole_power(rooted, part.numerator)
    return inexact(math.pow, base, exponent)


def _whole_power(base: Exact, exponent: int) -> Number:
    size = max(abs(base.numerator), base.denominator)
    if size > 1 and (size.bit_length() - 1) * abs(exponent) > MAX_BITS:
        too_long()
    if size <= 1:  # 0, 1 and -1, whose powers need no work
        exponent = exponent % 2 or (2 if exponent else 0)
    return checked(Fraction(base) ** exponent)


def exact_root(value: Exact, degree: int) -> Exact | None:
    """The root if it is a whole number or a fraction, else None. The value is not negative."""
    if degree > 512:
        return None
    halves = [_whole_root(half, degree) for half in (value.numerator, value.denominator)]
    if None in halves:
        return None
    return Fraction(halves[0] or 0, halves[1] or 1)


def _whole_root(value: int, degree: int) -> int | None:
    if degree == 2:
        low = math.isqrt(value)
    else:  # bisection: at most MAX_BITS / degree steps
        low, high = 0, 1 << (value.bit_length() // degree + 1)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if middle**degree <= value else (low, middle)
    return low if low**degree == value else None


def root(value: Number, degree: int = 2) -> Number:
    """The real root: exact if it can be, of negative numbers where the degree is odd."""
    if degree < 1:
        raise fail("The degree of a root is 1 or more.")
    if value < 0:
        if degree % 2 == 0:
            raise fail(f"A negative number has no real root of degree {degree}.")
        return checked(-root(-value, degree))
    if isinstance(value, float):
        return inexact(lambda x: x ** (1 / degree), value)
    found = exact_root(value, degree)
    return inexact(lambda x: x ** (1 / degree), value) if found is None else checked(found)


def decimal(value: Fraction) -> str | None:
    """The fraction as a decimal that ends, of at most 60 places, or None."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest != 1 or places > 60:
        return None
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def text(value: Number) -> str:
    """The number as a person writes it: `2`, `0.1`, `1/3`."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Fraction) and value.denominator != 1:
        return decimal(value) or f"{value.numerator}/{value.denominator}"
    return str(int(value))
