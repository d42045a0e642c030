"""String: bytes that are read as UTF-8."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"a" + "b"', "ab"), ('"ab" * 3', "ababab"), ('"ab" * 0', ""), ('"héllo".count', 5),
        ('"héllo".bytes.count', 6), ('"héllo"[1]', "é"), ('"héllo"[3]', "l"), ('"abc"[-1]', "c"),
        ('"abcdef"[1..3]', "bcd"), ('"abcdef"[1...3]', "bc"), ('"abc"[2..0]', "cba"),
        ('"aé😀b"[0..-1]', "aé😀b"), ('"aé😀b"[-1..0]', "b😀éa"), ('"abc"[3..-1]', ""),
        ('"abc"[1...1]', ""), ('"é"[1]', b"\xa9"), ('"abc".contains("bc")', True),
        ('"abc".contains("")', True), ('"abc".startsWith("ab")', True),
        ('"abc".endsWith("")', True),
        ('"abc".endsWith("xbc")', False), ('"abcabc".indexOf("c")', 2), ('"abc".indexOf("x")', -1),
        ('"abcabc".indexOf("c", 3)', 5), ('"abcabc".indexOf("a", -3)', 3),
        ('"a,b,,c".split(",")', ["a", "b", "", "c"]), ('"".split(",")', [""]),
        ('"abc".split("abc")', ["", ""]), ('"a-b-c".replace("-", "+")', "a+b+c"),
        ('"aaa".replace("aa", "b")', "ba"), ('"  x ".trim()', "x"), ('"xxaxx".trim("x")', "a"),
        ('"  x ".trimStart()', "x "), ('"  x ".trimEnd()', "  x"), ('"ééa".trimStart("é")', "a"),
        ('"aéé".trimEnd("é")', "a"), ('"   ".trim()', ""), ('"é".codePoints.toList', [233]),
        ('"é".bytes.toList', [195, 169]), ('"é".bytes[1]', 169), ('"aé".codePoints[1]', 233),
        ('"é".codePoints[1]', -1), ('"abc".toList', ["a", "b", "c"]), ('"abc".isEmpty', False),
        ('String.fromCodePoint(8364)', "€"), ('String.fromByte(255)', b"\xff"),
        ('"é" == "\\xc3\\xa9"', True), ('"abc".toString', "abc"), ('"ab".join("-")', "a-b"),
        ('"\\xff" + "a"', b"\xffa"), ('"a\\0b".count', 3),
        ('"abc".map {|c| c + c }.join()', "aabbcc"),
    ],
)  # fmt: skip
def test_a_method_gives(value, source, expected):
    assert value(source) == expected


def test_a_needle_of_any_length_is_found(value):
    assert value('("ab" * 50000 + "c").indexOf("ab" * 100 + "c")') == 99800
    assert value('("a" * 100000).contains("a" * 50000 + "b")') is False


def test_iteration_goes_by_code_points(output):
    assert output('for (c in "aé😀") System.write("%(c) ")') == "a é 😀 "
    assert output('System.print("aé".iterate(0))\nSystem.print("aé".iterate(1))') == "1\nfalse\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('"a" + 1', "Right operand must be a string."),
        ('"a" * -1', "Count must be a non-negative integer."),
        ('"a" * 1.5', "Count must be a non-negative integer."),
        ('"abc"[3]', "Subscript out of bounds."),
        ('"abc"[1.5]', "Subscript must be an integer."),
        ('"abc"["a"]', "Subscript must be a number or a range."),
        ('"abc"[1..5]', "Range end out of bounds."),
        ('"abc"[4..5]', "Range start out of bounds."),
        ('"abc"[0.5..1]', "Range start must be an integer."),
        ('"abc".contains(1)', "Argument must be a string."),
        ('"abc".indexOf("a", 3)', "Start out of bounds."),
        ('"a".split("")', "Delimiter must be a non-empty string."),
        ('"a".replace("", "b")', "From must be a non-empty string."),
        ('"a".replace("a", 1)', "To must be a string."),
        ('"a".trim(1)', "Characters must be a string."),
        ("String.fromCodePoint(-1)", "Code point cannot be negative."),
        ("String.fromCodePoint(1114112)", "Code point cannot be greater than 0x10ffff."),
        ("String.fromByte(256)", "Byte cannot be greater than 0xff."),
        ('"a".bytes[1]', "Index out of bounds."),
        ('"a".iterate("x")', "Iterator must be a number."),
        ('"a" < "b"', "String does not implement '<(_)'."),
    ],
)
def test_a_wrong_argument_is_an_error(failure, source, message):
    assert failure(source).message == message
