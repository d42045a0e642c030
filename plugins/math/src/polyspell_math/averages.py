"""Statistics of a list of numbers, exact where they can be."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

from polyspell_math.numbers import Number, checked, divide, fail, inexact, real, root

Numbers = list[Number]


def total(values: Numbers) -> Number:
    """The sum; exact numbers are added first, so that they are not rounded more than needed."""

    exact: Number = 0
    for value in values:
        if not isinstance(value, float):
            exact = checked(exact + value)
    floats = [v for v in values if isinstance(v, float)]
    return checked(real(exact) + math.fsum(floats)) if floats else exact


def product(values: Numbers) -> Number:
    """The product."""
    whole: Number = 1
    for value in values:
        whole = checked(whole * value)
    return whole


def mean(values: Numbers) -> Number:
    """The arithmetic mean."""
    return divide(total(some(values)), len(values))


def some(values: Numbers, least: int = 1) -> Numbers:
    """The values, if there are enough."""
    if len(values) < least:
        raise fail(f"This needs at least {least} number{'s' if least > 1 else ''}.")
    return values


def quantile(values: Numbers, part: Number) -> Number:
    """What a part (0 to 1) of the values is not above; between two values on the line between them
    (type 7 of Hyndman and Fan, as spreadsheets and NumPy have it)."""
    if not 0 <= part <= 1:
        raise fail("A part is from 0 to 1.", "Write percentile(list, 90) for percent.")
    ordered = sorted(some(values))
    place = (len(ordered) - 1) * Fraction(part)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return checked(ordered[low] + (ordered[high] - ordered[low]) * checked(place - low))


def median(values: Numbers) -> Number:
    """The value in the middle."""
    return quantile(values, Fraction(1, 2))


def modes(values: Numbers) -> Numbers:
    """The values that come most often, from the least."""
    counts = Counter(some(values))
    most = max(counts.values())
    return sorted(v for v, n in counts.items() if n == most)


def squares(values: Numbers) -> Number:
    """The sum of the squares of the distances from the mean."""
    middle = mean(values)
    return total([checked((v - middle) * (v - middle)) for v in values])


def variance(values: Numbers) -> Number:
    """The variance of a sample (n - 1)."""
    return divide(squares(some(values, 2)), len(values) - 1)


def population_variance(values: Numbers) -> Number:
    """The variance of all there are (n)."""
    return divide(squares(some(values)), len(values))


def deviation(values: Numbers) -> Number:
    """The standard deviation of a sample (n - 1)."""
    return root(variance(values))


def population_deviation(values: Numbers) -> Number:
    """The standard deviation of all there are (n)."""
    return root(population_variance(values))


def geometric_mean(values: Numbers) -> Number:
    """The n-th root of the product."""
    if any(v <= 0 for v in some(values)):
        raise fail("A geometric mean needs positive numbers.")

    if any(isinstance(v, float) for v in values) or len(values) > 100:
        return inexact(lambda: math.exp(math.fsum(map(log, values)) / len(values)))
    return root(product(values), len(values))


def log(value: Number) -> float:
    """The natural logarithm of a positive number of any size."""

    if isinstance(value, float):
        return math.log(value)
    return math.log(value.numerator) - math.log(value.denominator)


def harmonic_mean(values: Numbers) -> Number:
    """The inverse of the mean of the inverses."""
    return divide(len(some(values)), total([divide(1, v) for v in values]))


def covariance(x: Numbers, y: Numbers) -> Number:
    """The covariance of two samples (n - 1)."""
    return divide(_together(x, y), len(x) - 1)


def _together(x: Numbers, y: Numbers) -> Number:
    if len(x) != len(y):
        raise fail(f"The lists have {len(x)} and {len(y)} numbers: they must have as many.")
    mx, my = mean(some(x, 2)), mean(y)
    return total([checked((a - mx) * (b - my)) for a, b in zip(x, y, strict=True)])


def correlation(x: Numbers, y: Numbers) -> Number:
    """Pearson's correlation, from -1 to 1."""
    both = _together(x, y)
    sides = checked(squares(x) * squares(y))
    if sides == 0:
        raise fail("A list whose numbers are all the same has no correlation.")
    size = divide(checked(both * both), sides)
    return root(size) if both >= 0 else checked(-root(size))


def line(x: Numbers, y: Numbers) -> tuple[Number, Number]:
    """Slope and intercept of the line of least squares."""
    both, width = _together(x, y), squares(x)
    if width == 0:
        raise fail("All x are the same: no line fits.")
    slope = divide(both, width)
    return slope, checked(mean(y) - slope * mean(x))


def score(values: Numbers, value: Number) -> Number:
    """How many standard deviations (of a sample) a value is above the mean."""
    return divide(checked(value - mean(values)), deviation(values))
