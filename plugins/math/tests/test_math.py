"""What expressions are worth."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, strategies
from polyspell.errors import LimitExceeded, NotFoundError, ToolError
from polyspell_math.calculator import math

TEXTS = {
    # arithmetic
    "2 * (3 + 4)^2": "98",
    "0.1 + 0.2": "0.3",
    "1/3": "0.3333333333333333 (exactly 1/3)",
    "-2^2": "-4",
    "2^-1": "0.5",
    "2^3^2": "512",
    "10 mod 3": "1",
    "10 % 3": "1",
    "-7 mod 3": "2",
    "7 // 2": "3",
    "2(3 + 4)": "14",
    "2 × 3 ÷ 4 − 1": "0.5",
    "5!": "120",
    "0x1f + 0b11": "34",
    "1_000 + 1e3": "2000",
    "√16": "4",
    "3²": "9",
    "sqrt(9/4)": "1.5",
    "8^(1/3)": "2",
    "2^0.5": "1.4142135623730951",
    "round(2.675, 2)": "2.68",
    "round(-2.5)": "-3",
    "log(8, 2)": "3",
    "log(1000, 10)": "3",
    "ln(e)": "1",
    "sin(30 deg)": "0.49999999999999994",
    "root(-8, 3)": "-2",
    "1 < 2 < 3": "true",
    "not 1 == 2 and 2 >= 2": "true",
    "3 != 3": "false",
    "if(1 > 2, 1/0, 5)": "5",
    "x = 3; y = x + 1; x * y": "12",
    "abs(-3/4)": "0.75",
    # percent
    "15% of 80": "12",
    "200 + 19%": "238",
    "12 - 10%": "10.8",
    "5% + 3%": "0.08",
    "50%": "0.5",
    "5 / 20 in %": "25%",
    "100 * 5%": "5",
    # units
    "60 km / 2 h in m/s": "8.333333333333334 m/s (exactly 25/3)",
    "5 ft in in": "60 in",
    "5 in in cm": "12.7 cm",
    "5 in to cm": "12.7 cm",
    "1/2 km in m": "500 m",
    "20 °C in F": "68 F",
    "-40 C in F": "-40 F",
    "30 C - 20 C": "10 K",
    "9.8 m/s^2 * 3 s": "29.4 m/s",
    "5 kg * 2 m/s² in N": "10 N",
    "3 GiB in MB": "3221.225472 MB",
    "60 mph in km/h": "96.56064 km/h",
    "3 hours + 20 min in min": "200 min",
    "2 m * 3 m": "6 m^2",
    "6 m / 3 m": "2",
    "1 acre in m^2": "4046.8564224 m^2",
    "1 kWh in MJ": "3.6 MJ",
    "1 km > 999 m": "true",
    "50 L / 100 km in mm^2": "0.5 mm^2",
    "180 deg in rad": "3.141592653589793",
    # lists, sets, number theory, matrices
    "mean([1, 2, 3, 4])": "2.5",
    "median(3, 1, 2)": "2",
    "sum(range(1, 100))": "5050",
    "[1, 2] + [3, 4]": "[4, 6]",
    "2 * [1, 2]": "[2, 4]",
    "max([1, 5, 3])": "5",
    "at([4, 5], 2)": "5",
    "{1, 2} | {2, 3}": "{1, 2, 3}",
    "{1, 2} & {2, 3}": "{2}",
    "{1, 2} - {2}": "{1}",
    "2 in {1, 2}": "true",
    "3 ∈ [1, 2]": "false",
    "gcd(12, 18)": "6",
    "lcm(4, 6)": "12",
    "is_prime(2^61 - 1)": "true",
    "is_prime(561)": "false",
    "factor(600851475143)": "[71, 839, 1471, 6857]",
    "divisors(12)": "[1, 2, 3, 4, 6, 12]",
    "phi(36)": "12",
    "modinv(3, 11)": "4",
    "powmod(3, 200, 13)": "9",
    "comb(52, 5)": "2598960",
    "hex(255)": "ff",
    "fib(90)": "2880067194370816120",
    "det([[1, 2], [3, 4]])": "-2",
    "primes(10, 20)": "[11, 13, 17, 19]",
    "inverse([[1, 2], [3, 4]])": "[[-2, 1], [1.5, -0.5]]",
    "[[1, 2], [3, 4]] * [[1, 2], [3, 4]]": "[[7, 10], [15, 22]]",
    "solve([[2, 1], [1, 3]], [3, 5])": "[0.8, 1.4]",
    "[[1, 1], [1, 0]]^10": "[[89, 55], [55, 34]]",
    "dot([1, 2], [3, 4])": "11",
    "stdev([2, 4, 4, 4, 5, 5, 7, 9]) > 2": "true",
    "pstdev([2, 4, 4, 4, 5, 5, 7, 9])": "2",
    "percentile([1, 2, 3, 4, 5], 25)": "2",
    "len(subsets({1, 2, 3}))": "8",
}

REFUSED = {
    "3 +": "character 4",
    "": "character 1",
    "2 3": "Unexpected '3'",
    "(1": "the end",
    "1/0": "zero",
    "0^-1": "zero",
    "sqrt(-1)": "no real root",
    "foo(1)": "no function 'foo'",
    "gdc(4, 6)": "Near are gcd",
    "sqrt(1, 2)": "takes 1",
    "10 m + 5": "unit",
    "3 kg in m": "measure",
    "20 C + 5 C": "begin at zero",
    "if(1, 2, 3)": "neither true nor false",
    "ln(0)": "positive",
    "[1, 2] + [1]": "2 and 1",
    "[1, 2] * [1, 2]": "dot",
    "[[1], [2, 3]]^2": "as long",
    "inverse([[1, 2], [2, 4]])": "no inverse",
    "1 | 2": "joins two sets",
    "3.5!": "whole",
    "{[1]}": "element of a set",
    "10 in 5": "Unexpected '5'",
    "modinv(2, 4)": "no inverse",
    "asin(2)": "no real value",
    "10^300 * 1.5^0.5 * 10^300": "not a finite",
    "2 $ 3": "Unexpected '$'",
}


def value(expression: str, **variables: Any) -> Any:
    return math(expression, variables).data["value"]


@pytest.mark.parametrize("expression", TEXTS, ids=str)
def test_an_expression_is_worth(expression: str) -> None:
    assert math(expression).text == TEXTS[expression]


@pytest.mark.parametrize("expression", REFUSED, ids=str)
def test_what_has_no_value_is_an_error_that_says_why(expression: str) -> None:
    with pytest.raises(ToolError) as caught:
        math(expression)
    assert REFUSED[expression] in str(caught.value)


def test_a_program_gets_the_value_the_text_and_whether_it_is_exact() -> None:
    assert math("3 km in m").data == {
        "value": 3000,
        "text": "3000 m",
        "exact": True,
        "unit": "m",
    }
    assert math("sqrt(2)").data["exact"] is False


def test_whole_numbers_that_json_would_round_are_text() -> None:
    assert value("2^53") == 2**53
    assert value("2^53 + 1") == "9007199254740993"


def test_a_float_among_the_variables_is_the_decimal_that_it_is_written_as() -> None:
    assert value("price * 3", price=0.1) == 0.3
    assert value("mean(list)", list=[1, 2.5]) == 1.75


def test_an_unknown_unit_says_what_is_near() -> None:
    with pytest.raises(NotFoundError, match=r"'metr'.*'metre'|'meter'"):
        math("3 metr")


@given(strategies.integers(-(10**9), 10**9), strategies.integers(1, 10**9))
def test_fractions_come_out_as_they_went_in(over: int, under: int) -> None:
    assert math(f"({over} / {under}) * {under} == {over}").data["value"] is True


@given(strategies.integers(2, 10**12))
def test_the_factors_of_a_number_make_it_again(n: int) -> None:
    assert value(f"product(factor({n}))") == n
    assert all(value(f"is_prime({p})") for p in value(f"factor({n})"))


@given(strategies.text(max_size=60))
def test_any_text_has_a_value_or_an_error_of_ours(source: str) -> None:
    with contextlib.suppress(ToolError, NotFoundError, LimitExceeded):
        math(source)


WORDS = [
    "1",
    "2.5",
    "x",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "-",
    "*",
    "/",
    "^",
    "!",
    "%",
    "in",
    "of",
    "km",
    "C",
    "mean(",
    "det(",
    ",",
    ";",
    "=",
    "<",
    "|",
    "&",
    "not",
    "if(",
    "range(",
    "9^9",
]


@given(strategies.lists(strategies.sampled_from(WORDS), max_size=25))
def test_any_words_have_a_value_or_an_error_of_ours(words: list[str]) -> None:
    with contextlib.suppress(ToolError, NotFoundError, LimitExceeded):
        math(" ".join(words), {"x": [[1, 2], [3, 4]]})
