"""Statistics, linear algebra, sets and dates, as tools."""

from __future__ import annotations

import asyncio
import random
import statistics as reference
from typing import Any

import pytest
from polyspell.errors import LimitExceeded, ToolError
from polyspell.tools import Tool
from polyspell_math.dates import dates
from polyspell_math.linear_algebra import linear_algebra
from polyspell_math.sets import sets
from polyspell_math.statistics import statistics


def call(tool: Tool, **arguments: Any) -> Any:
    return asyncio.run(tool.call(arguments))


def test_statistics_agree_with_pythons() -> None:
    dice = random.Random(1)
    x = [round(dice.gauss(10, 3), 3) for _ in range(200)]
    y = [round(3 * v + dice.gauss(0, 1), 3) for v in x]
    about = call(statistics, values=x, other=y, percentiles=[50, 90])
    assert about["mean"] == pytest.approx(reference.mean(x), rel=1e-14)
    assert about["stdev"] == pytest.approx(reference.stdev(x), rel=1e-12)
    assert about["quartiles"] == pytest.approx(
        reference.quantiles(x, n=4, method="inclusive"), rel=1e-12
    )
    line = reference.linear_regression(x, y)
    together = about["together"]
    assert together["slope"] == pytest.approx(line.slope, rel=1e-9)
    assert together["intercept"] == pytest.approx(line.intercept, rel=1e-9)
    assert together["correlation"] == pytest.approx(reference.correlation(x, y), rel=1e-9)
    assert about["percentiles"]["50"] == about["median"]


def test_statistics_of_cents_are_exact() -> None:
    about = call(statistics, values=[0.1] * 3)
    assert (about["sum"], about["mean"], about["stdev"]) == (0.3, 0.1, 0)


def test_a_matrix_times_its_inverse_is_the_identity() -> None:
    dice = random.Random(2)
    matrix = [[dice.randint(-9, 9) for _ in range(6)] for _ in range(6)]
    inverse = call(linear_algebra, operation="inverse", a=matrix)
    assert inverse.data["exact"]
    fractions = [
        [entry.strip() for entry in row.split(",")]
        for row in inverse.data["text"].strip("[]").split("], [")
    ]
    product = call(linear_algebra, operation="multiply", a=matrix, b=fractions)
    assert product.data["value"] == [[int(i == j) for j in range(6)] for i in range(6)]


def test_solve_says_why_there_is_no_solution() -> None:
    with pytest.raises(ToolError, match="contradict"):
        call(linear_algebra, operation="solve", a=[[1, 1], [1, 1]], b=[1, 2])
    with pytest.raises(ToolError, match="free"):
        call(linear_algebra, operation="solve", a=[[1, 1], [2, 2]], b=[1, 2])


@pytest.mark.parametrize(
    ("operation", "a", "b", "wanted"),
    [
        ("determinant", [["1/2", 1], [1, 3]], None, 0.5),
        ("eigenvalues", [[2, 1], [1, 2]], None, pytest.approx([3, 1])),
        ("rref", [[1, 2], [2, 4]], None, [[1, 2], [0, 0]]),
        ("trace", [[1, 2], [2, 4]], None, 5),
        ("power", [[1, 1], [1, 0]], 5, [[8, 5], [5, 3]]),
        ("power", [[2, 0], [0, 4]], -1, [[0.5, 0], [0, 0.25]]),
        ("add", [[1, 2]], [[3, 4]], [[4, 6]]),
        ("subtract", [1, 2], [3, 4], [[-2, -2]]),
        ("scale", [[1, 2]], "1/2", [[0.5, 1]]),
        ("multiply", [[2, 1], [1, 2]], [1, 2], [[4], [5]]),
        ("transpose", [[1, 2], [3, 4]], None, [[1, 3], [2, 4]]),
        ("norm", [3, 4], None, 5),
        ("cross", [1, 0, 0], [0, 1, 0], [0, 0, 1]),
        ("rank", [[1.5, 2], [3, 4]], None, 1),
    ],
)
def test_linear_algebra(operation: str, a: Any, b: Any, wanted: Any) -> None:
    assert call(linear_algebra, operation=operation, a=a, b=b).data["value"] == wanted


@pytest.mark.parametrize(
    ("operation", "a", "b", "wanted"),
    [
        ("union", ["x", 1], [1.0, {"k": [1]}], ["x", 1, {"k": [1]}]),
        ("intersection", [{"a": 1, "b": 2}, 3], [{"b": 2, "a": 1.0}], [{"a": 1, "b": 2}]),
        ("difference", [1, True, "1"], [1], [True, "1"]),
        ("symmetric_difference", [1, 2], [2, 3], [1, 3]),
        ("is_subset", [1], [1, 2], True),
        ("contains", [1], [1, 2], False),
        ("is_equal", [1, 1, 2], [2, 1], True),
        ("is_disjoint", [1], [2], True),
        ("product", [1, 2], ["a"], [[1, "a"], [2, "a"]]),
        ("unique", ["b", "a", "b"], None, ["b", "a"]),
        ("subsets", [1, 2], None, [[], [1], [2], [1, 2]]),
        ("counts", ["x", "y", "x"], None, [{"value": "x", "count": 2}, {"value": "y", "count": 1}]),
    ],
)
def test_sets(operation: str, a: Any, b: Any, wanted: Any) -> None:
    assert call(sets, operation=operation, a=a, b=b) == wanted


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"operation": "add", "date": "2026-01-31", "months": 1}, "2026-02-28"),
        ({"operation": "add", "date": "2024-02-29", "years": 1}, "2025-02-28"),
        ({"operation": "add", "date": "2026-11-20", "workdays": 6}, "2026-11-30"),
        ({"operation": "add", "date": "2026-11-21", "workdays": 1}, "2026-11-23"),
        ({"operation": "add", "date": "2026-11-22", "workdays": -1}, "2026-11-20"),
        ({"operation": "add", "date": "2026-03-01", "days": -1}, "2026-02-28"),
        ({"operation": "add", "date": "2026-03-01", "hours": 25}, "2026-03-02T01:00:00"),
        (  # over the change to summer time, 24 hours are not a day
            {"operation": "add", "date": "2026-03-28T12:00", "hours": 24, "zone": "Europe/Oslo"},
            "2026-03-29T13:00:00+02:00",
        ),
        (
            {"operation": "convert", "date": "2026-07-01T12:00Z", "zone": "America/New_York"},
            "2026-07-01T08:00:00-04:00",
        ),
        (
            {"operation": "range", "date": "2026-01-31", "to": "2026-04-30", "months": 1},
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
        ),
        (
            {"operation": "range", "date": "9998-06-01", "to": "9999-12-31", "years": 1},
            ["9998-06-01", "9999-06-01"],
        ),
    ],
)
def test_dates(arguments: dict[str, Any], wanted: Any) -> None:
    assert call(dates, **arguments) == wanted


def test_the_difference_of_dates_is_in_days_workdays_and_by_the_calendar() -> None:
    about = call(dates, operation="difference", date="2026-01-31", to="2027-03-01")
    assert about == {
        "days": 394, "workdays": 281, "calendar": {"years": 1, "months": 1, "days": 1},
    }  # fmt: skip
    back = call(dates, operation="difference", date="2027-03-01", to="2026-01-31")
    assert (back["days"], back["workdays"]) == (-394, -281)


def test_what_the_calendar_says_of_a_date() -> None:
    about = call(dates, operation="info", date="2024-12-30")
    assert (about["weekday"], about["week"], about["week_year"]) == ("Monday", 1, 2025)
    assert (about["leap_year"], about["day_of_year"], about["quarter"]) == (True, 365, 4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"operation": "info", "date": "soon"},
        {"operation": "add", "date": "2026-01-01", "days": 10**30},
        {"operation": "add", "date": "2026-01-01", "workdays": -(10**30)},
        {"operation": "add", "date": "2026-01-01", "years": 10**30},
        {"operation": "add", "date": "2026-01-01", "seconds": 10**30},
        {"operation": "convert", "date": "2026-01-01T00:00", "zone": "../../etc/passwd"},
        {"operation": "convert", "date": "2026-01-01T00:00", "zone": "\x00" * 9},
        {"operation": "convert", "date": "0001-01-01T00:00Z", "zone": "America/New_York"},
        {"operation": "difference", "date": "2026-01-01T00:00Z", "to": "2026-01-01T00:00"},
        {"operation": "range", "date": "2026-01-01", "to": "2027-01-01"},
    ],
)
def test_dates_that_cannot_be_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        call(dates, **arguments)


def test_a_range_of_dates_is_bounded() -> None:
    with pytest.raises(LimitExceeded):
        call(dates, operation="range", date="0001-01-01", to="9999-12-31", seconds=1)
