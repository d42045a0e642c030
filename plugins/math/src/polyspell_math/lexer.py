"""The words of an expression."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal

import msgspec
from polyspell.errors import ToolError

from polyspell_math.numbers import Number, checked, fail
from polyspell_math.work import MAX_DIGITS, refuse

MAX_LENGTH = 10_000
"""Characters of an expression."""

_WORD = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<based>0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)
  | (?P<number>(?:\d[\d_]*(?:\.\d[\d_]*|\.(?!\w))?|\.\d[\d_]*)(?:[eE][+-]?\d{1,5})?)
  | (?P<name>[^\W\d⁰¹²³⁴-⁹][^\W⁰¹²³⁴-⁹]*|°[CFKR]?|["'](?![\w"'])|Ω|€)
  | (?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)
  | (?P<symbol>\*\*|//|==|!=|<=|>=|[-+*/^%!()\[\]{},;=<>|&×·÷−≤≥≠√∪∩∈])
    """,
    re.VERBOSE,
)
_SAME = {
    "**": "^", "×": "*", "·": "*", "÷": "/", "−": "-", "≤": "<=", "≥": ">=", "≠": "!=", "∪": "|",
    "∩": "&",
}  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


class Token(msgspec.Struct, frozen=True):
    """A word: what it is, its text, where it begins, and the value of a number."""

    kind: Literal["number", "name", "symbol", "end"]
    text: str
    at: int
    value: Number = 0


def tokens(source: str) -> list[Token]:
    """The words of an expression; the last is of the kind "end".

    Raises:
        ToolError: it has a character that is no part of one.
        LimitExceeded: it is too long.
    """
    if len(source) > MAX_LENGTH:
        refuse("length", MAX_LENGTH, f"The expression is longer than {MAX_LENGTH} characters.")
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _WORD.match(source, at)
        if match is None:
            raise unexpected(source[at], at, source)
        kind, text = str(match.lastgroup), match.group()
        if kind == "raised":
            found.append(Token("symbol", "^", at))
            found.append(Token("number", text, at, _raised(text, at, source)))
        elif kind in ("number", "based"):
            found.append(Token("number", text, at, _number(text)))
        elif kind == "name":
            found.append(Token("name", text, at))
        elif kind == "symbol":
            found.append(Token("symbol", _SAME.get(text, text), at))
        at = match.end()
    return [*found, Token("end", "the end", len(source))]


def _number(text: str) -> Number:
    if len(text) > MAX_DIGITS:
        refuse("digits", MAX_DIGITS, f"A number has more than {MAX_DIGITS} digits.")
    if text[:2].lower() in ("0x", "0b", "0o"):
        return checked(int(text, 0))
    mantissa, _, exponent = text.lower().replace("_", "").partition("e")
    if abs(int(exponent or 0)) > MAX_DIGITS:
        refuse("digits", MAX_DIGITS, f"{text} has more than {MAX_DIGITS} digits.")
    before, _, after = mantissa.partition(".")
    places = int(exponent or 0) - len(after)
    return checked(int(before + after) * Fraction(10) ** places)


def _raised(text: str, at: int, source: str) -> int:
    plain = text.translate(_RAISED)
    if not re.fullmatch(r"-?\d{1,6}", plain):
        raise unexpected(text, at, source)
    return int(plain)


def unexpected(text: str, at: int, source: str) -> ToolError:
    """The error for a word that cannot stand where it does."""
    before, after = source[max(0, at - 20) : at], source[at : at + 20]
    return fail(
        f"Unexpected {text!r} at character {at + 1}: {before}»{after}".rstrip(),
        "Write it as in 2 * (3 + 4)^2, 20% of 50, sqrt(2), 60 km / 2 h in m/s, mean([1, 2]).",
    )
