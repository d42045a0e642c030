"""Expressions that would escape, or take all the time and memory there is: each is refused, with an
error of ours, within what the tool may take."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from polyspell.errors import LimitExceeded, PolyspellError
from polyspell_math import linear_algebra, sets, statistics, work
from polyspell_math.calculator import math

ESCAPES = [
    "__import__('os').system('id')",
    "().__class__.__bases__[0].__subclasses__()",
    "[].__class__",
    "lambda: 1",
    "exec(1)",
    "eval(1)",
    "open(1)",
    "x.__init__",
    "f'{1}'",
    '"a" * 9',
    "globals()",
    "print(1)",
    "1 if 1 else 2",
    "[x for x in [1]]",
    "\\u005f",
    "`id`",
    "$(id)",
    "1; import os",
    "getattr(1, 2)",
    "1\x00+1",
    "__builtins__",
    "{'a': 1}",
    "@x",
    "~1",
    "1 << 9",
]

TOO_LARGE = {
    "9^9^9^9": "digits",
    "10^10^10": "digits",
    "2^-99999999": "digits",
    "1e99999": "digits",
    "1e9999999999": "",
    "99999!": "digits",
    "fib(10^9)": "digits",
    "comb(10^9, 10^6)": "digits",
    "perm(10^9, 10^6)": "digits",
    "range(1, 10^12)": "items",
    "identity(10^9)": "side",
    "subsets(range(1, 40))": "items",
    "(1/7)^99999": "digits",
    "primes(1, 10^12)": "",
    "factor(2^1024 * 3 + 1)": "",
    "is_prime(10^3999)": "bits",
    "[[1, 1], [1, 0]]^10^9": "exponent",
    "[[3, 1], [1, 2]]^9999": "digits",
    "(" * 500 + "1" + ")" * 500: "depth",
    "-" * 500 + "1": "depth",
    "2^" * 500 + "1": "depth",
    "[" * 500: "depth",
    "sin(" * 500: "depth",
    "1 " * 9000: "length",
    "9" * 5000: "digits",
    "x = [1, 1];" + "x = [x, x];" * 40: "items",
    "x = [1];" + "x = [x];" * 40: "depth",
    "x = {1};" + "x = {x};" * 40: "depth",
    "x = 3;" + "x = x * x;" * 40: "digits",
    "x = 1/3;" + "x = x + x * x;" * 40: "digits",
    "lcm(" + ", ".join(map(str, range(1, 2000))) + ")": "",
    "(2 m)^(10^9)": "",
    "divisors("
    + "*".join(map(str, (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43)))
    + ")": "items",
    "next_prime(2^2040)": "",
    "log(2^13000, 3)": "",
    "root(2^13000, 3)": "",
}


@pytest.mark.parametrize("expression", ESCAPES)
def test_no_word_of_python_means_anything(expression: str) -> None:
    with pytest.raises(PolyspellError):
        math(expression)


@pytest.mark.parametrize("expression", TOO_LARGE, ids=lambda e: e[:30])
def test_what_is_too_large_is_refused_before_it_is_worked_out(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "SECONDS", 0.5)
    limit = TOO_LARGE[expression]
    try:
        math(expression)
    except LimitExceeded as error:
        assert limit in ("", error.context["limit"])
    except PolyspellError:
        assert not limit
    else:
        assert not limit


def test_long_sums_are_not_deep() -> None:
    assert math("+".join(["1"] * 3000)).data["value"] == 3000
    assert math("5" + "%" * 20).data["value"] == 5 / 100**20


def call(tool: Any, **arguments: Any) -> Any:
    return asyncio.run(tool.call(arguments))


def test_a_matrix_is_bounded_in_its_sides_and_its_depth() -> None:
    wide = [[1] * 51] * 51
    with pytest.raises(LimitExceeded, match="50"):
        call(linear_algebra.linear_algebra, operation="determinant", a=wide)
    with pytest.raises(LimitExceeded):
        call(linear_algebra.linear_algebra, operation="rank", a=[[0] * 5000] * 5000)
    with pytest.raises(PolyspellError):
        call(linear_algebra.linear_algebra, operation="determinant", a=[["9^9^9"]])


def test_lists_are_bounded() -> None:
    with pytest.raises(LimitExceeded):
        call(statistics.statistics, values=[1] * 20_000)
    with pytest.raises(LimitExceeded):
        call(sets.sets, operation="product", a=list(range(200)), b=list(range(200)))
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(PolyspellError):
        call(sets.sets, operation="unique", a=[deep])


def test_no_number_that_is_not_finite_comes_in() -> None:
    for bad in (float("inf"), float("nan")):
        with pytest.raises(PolyspellError):
            call(statistics.statistics, values=[bad, 1.0])
        with pytest.raises(PolyspellError):
            math("x + 1", {"x": bad})
