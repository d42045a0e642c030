"""The tool `statistics`."""

from __future__ import annotations

from typing import Any

from polyspell.tools import tool

from polyspell_math import averages
from polyspell_math.averages import Numbers
from polyspell_math.numbers import checked, fail, guarded
from polyspell_math.values import each, given, plain


@tool(tags=("math", "statistics"))
def statistics(
    values: list[int | float],
    other: list[int | float] | None = None,
    percentiles: list[float] | None = None,
) -> dict[str, Any]:
    """Describe a list of numbers: count, sum, mean, median, modes, spread, quartiles, percentiles;
    with a second list also correlation, covariance and the line of least squares.

    Args:
        values: the numbers.
        other: as many numbers that belong to them, such as y to x.
        percentiles: which percentiles to give besides the quartiles, 0 to 100.
    """
    x = averages.some(each(given(values)))
    with guarded():
        about = _of_one(x)
        if percentiles:
            about["percentiles"] = {f"{p:g}": _percentile(x, p) for p in percentiles}
        if other is not None:
            about["together"] = _of_two(x, each(given(other)))
    return {name: _plain(value) for name, value in about.items()}


def _of_one(x: Numbers) -> dict[str, Any]:
    low, high = min(x), max(x)
    about: dict[str, Any] = {
        "count": len(x),
        "sum": averages.total(x),
        "mean": averages.mean(x),
        "median": averages.median(x),
        "modes": averages.modes(x) if len(set(x)) < len(x) else [],
        "min": low,
        "max": high,
        "range": checked(high - low),
        "quartiles": [_percentile(x, p) for p in (25, 50, 75)],
        "population_stdev": averages.population_deviation(x),
        "population_variance": averages.population_variance(x),
    }
    if len(x) > 1:
        about["stdev"], about["variance"] = averages.deviation(x), averages.variance(x)
    return about


def _percentile(x: Numbers, percent: float) -> Any:
    if not 0 <= percent <= 100:
        raise fail(f"A percentile is 0 to 100, not {percent:g}.")
    part = given(percent / 100)
    return averages.quantile(x, part)  # type: ignore[arg-type]


def _of_two(x: Numbers, y: Numbers) -> dict[str, Any]:
    slope, intercept = averages.line(x, y)
    return {
        "covariance": averages.covariance(x, y),
        "correlation": averages.correlation(x, y) if len(set(y)) > 1 else None,
        "slope": slope,
        "intercept": intercept,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(v) for name, v in value.items()}
    return None if value is None else plain(value)
