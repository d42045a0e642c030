"""Numbers, strings and comments, as they are written."""

from __future__ import annotations

import pytest
import wrenpy


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("0", 0), ("123", 123), ("0.25", 0.25), ("1e3", 1000), ("2.5e-2", 0.025), ("1E+2", 100),
        ("0xff", 255), ("0xCafe", 0xCAFE), ("(1).floor", 1),
        ("-0.5", -0.5), ("true", True), ("false", False), ("null", None),
    ],
)  # fmt: skip
def test_a_literal_is_its_value(value, source, expected):
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r'"a\tb\n"', "a\tb\n"),
        (r'"\"\\\%\0\a\b\e\f\r\v"', '"\\%\0\a\b\x1b\f\r\v'),
        (r'"\x41\xe9"', b"A\xe9"),
        (r'"\u00e9\u20ac"', "é€"),
        (r'"\U0001f600"', "😀"),
        ('"two\nlines"', "two\nlines"),
        ('"é😀"', "é😀"),
        ('""', ""),
    ],
)
def test_escapes_in_strings(value, source, expected):
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"""raw \\n %(x)"""', "raw \\n %(x)"),
        ('"""\n  one\n  two\n"""', "  one\n  two"),
        ('"""  \n"quoted"\n  """', '"quoted"'),
        ('"""first\nsecond"""', "first\nsecond"),
        ('"""\n"""', ""),
    ],
)
def test_raw_strings_drop_blank_first_and_last_lines(value, source, expected):
    assert value(source) == expected


def test_interpolation_nests_and_calls_to_string(output):
    program = """
    class Box {
      construct new(v) { _v = v }
      toString { "<%(_v)>" }
    }
    System.print("a%(1 + 2)b%("in%("deep")er")c%(Box.new([1, null]))")
    System.print("%("")")
    """
    assert output(program) == "a3bindeeperc<[1, null]>\n\n"


def test_comments_nest_and_a_shebang_is_skipped(output):
    program = "#!/usr/bin/env wren\n/* one /* two */ still */ System.print(1) // rest\n// end"
    assert output(program) == "1\n"


def test_a_byte_order_mark_is_skipped(output):
    assert output("\ufeffSystem.print(1)") == "1\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('"open', "Error: Unterminated string."),
        ('"""open', "Error: Unterminated raw string."),
        ("/* open", "Error: Unterminated block comment."),
        ("1e", "Error: Unterminated scientific notation."),
        ("1e999", "Error: Number literal was too large (8)."),
        (r'"\q"', "Error: Invalid escape character 'q'."),
        (r'"\u12"', "Error: Incomplete Unicode escape sequence."),
        (r'"\xzz"', "Error: Invalid byte escape sequence."),
        ("var a = 1 @ 2", "Error: Invalid character '@'."),
        ("var a = é", "Error: Invalid byte 0xc3."),
        ('"%x"', "Error: Expect '(' after '%'."),
    ],
)
def test_a_wrong_token_is_named(mistakes, source, message):
    assert message in [found for _, found in mistakes(source)]


def test_interpolation_has_a_deepest_level(output, mistakes):
    def nested(depth):
        return '"%(' * depth + "1" + ')"' * depth

    assert output(f"System.print({nested(8)})") == "1\n"
    assert "Error: Interpolation may only nest 8 levels deep." in [
        message for _, message in mistakes(f"System.print({nested(9)})")
    ]


def test_large_powers_keep_their_value():
    vm = wrenpy.VM()
    for text in ("1e300", "1.5e-10", "2.5e22", "1e16", "1e-7", "9.007199254740993e+22"):
        assert vm.evaluate(text) == float(text)
