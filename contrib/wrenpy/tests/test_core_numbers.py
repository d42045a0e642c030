"""Num and Bool and Null: their methods and errors."""

from __future__ import annotations

import math

import pytest


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(-5).abs", 5), ("2.7.floor", 2), ("2.1.ceil", 3), ("2.5.round", 3), ("(-2.5).round", -3),
        ("0.49999999999999994.round", 0), ("9.sqrt", 3), ("27.cbrt", 3), ("(-27).cbrt", -3),
        ("8.log2", 3), ("1.log", 0), ("0.exp", 1), ("0.sin", 0), ("0.cos", 1), ("0.tan", 0),
        ("0.asin", 0), ("1.acos", 0), ("0.atan", 0), ("1.atan(0)", math.pi / 2),
        ("2.pow(10)", 1024),
        ("3.min(2)", 2), ("3.max(2)", 3), ("5.clamp(1, 3)", 3), ("0.clamp(1, 3)", 1),
        ("2.75.fraction", 0.75), ("(-2.75).truncate", -2), ("3.sign", 1), ("(-3).sign", -1),
        ("0.sign", 0), ("3.isInteger", True), ("3.5.isInteger", False), ("Num.nan.isNan", True),
        ("Num.infinity.isInfinity", True), ("Num.infinity.isInteger", False),
        ("Num.pi", math.pi), ("Num.tau", math.tau), ("Num.largest", 1.7976931348623157e308),
        ("Num.smallest", 2.2250738585072014e-308), ("Num.maxSafeInteger", 2**53 - 1),
        ("Num.minSafeInteger", 1 - 2**53), ("5.3 % 3", 5.3 % 3), ("-5 % 3", -2), ("5 % -3", 2),
        ("1 % 0.1", math.fmod(1, 0.1)), ("-1 & 255", 255), ("1 << 31", 2147483648), ("1 << 4", 16),
        ("4294967296 | 1", 1), ("0xf0 ^ 0xff", 15), ("-8 >> 1", 2147483644), ("~1", 4294967294),
        ("1.9 | 0", 1), ("1 == 1.0", True), ("true.toString", "true"), ("null.toString", "null"),
        ("!true", False), ("3.type", None), ("1 / 0", math.inf), ("-1 / 0", -math.inf),
    ],
)  # fmt: skip
def test_a_method_gives(value, source, expected):
    if source == "3.type":
        assert value("3.type.name") == "Num"
    else:
        assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1", "1"), ("1.5", "1.5"), ("100000000000000", "1e+14"),
        ("12345678901234", "12345678901234"),
        ("0.1 + 0.2", "0.3"), ("1 / 3", "0.33333333333333"), ("1e100", "1e+100"), ("-0", "-0"),
        ("0 / 0", "nan"), ("1 / 0", "infinity"), ("-1 / 0", "-infinity"), ("1e-7", "1e-07"),
    ],
)  # fmt: skip
def test_a_number_prints_with_fourteen_digits(output, source, expected):
    assert output(f"System.print({source})") == expected + "\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12), ("-1.5e3", -1500), ("  7\\n", 7), ("0x1F", 31), ("abc", None), ("12abc", None),
        ("", None), ("1.", 1), (".5", 0.5), ("0b1", None), ("+3", 3), ("1e", None), ("- 1", None),
    ],
)  # fmt: skip
def test_a_number_is_read_from_a_string(value, text, expected):
    assert value(f'Num.fromString("{text}")') == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('1 + "a"', "Right operand must be a number."),
        ("1 << null", "Right operand must be a number."),
        ("1 % true", "Right operand must be a number."),
        ("1..null", "Right hand side of range must be a number."),
        ("for (i in 1..null) 1", "Right hand side of range must be a number."),
        ("1.min(null)", "Other value must be a number."),
        ("1.clamp(null, 1)", "Min value must be a number."),
        ("1.pow(null)", "Power value must be a number."),
        ("1.atan(null)", "x value must be a number."),
        ("Num.fromString(1)", "Argument must be a string."),
        ('Num.fromString("1e999")', "Number literal is too large."),
        ("null + 1", "Null does not implement '+(_)'."),
    ],
)
def test_a_wrong_operand_is_an_error(failure, source, message):
    assert failure(source).message == message
