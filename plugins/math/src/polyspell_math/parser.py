"""From words to a tree, by precedence. Whatever stands on one level becomes one flat node, so that
only brackets, signs and powers make the tree deep, and those are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from polyspell_math.lexer import Token, tokens, unexpected
from polyspell_math.nodes import (
    After,
    Assign,
    Call,
    Chain,
    Convert,
    Group,
    Items,
    Name,
    Node,
    Num,
    Power,
    Signed,
)
from polyspell_math.numbers import divide
from polyspell_math.work import refuse

MAX_DEPTH = 60
"""Brackets within brackets, signs and powers included."""

_LEVELS = (
    ("or",),
    ("and",),
    ("==", "!=", "<", "<=", ">", ">=", "in"),
    ("|",),
    ("&",),
    ("+", "-"),
    ("*", "/", "//", "mod", "of", "per"),
    ("next to",),
)
_LEVEL = {word: level for level, words in enumerate(_LEVELS) for word in words}
_COMPARE, _TIMES, _NEXT = 2, 6, 7
_INTO = ("in", "to", "as")
_WORDS = {"or", "and", "mod", "of", "per", "not", *_INTO}


def parse(source: str) -> list[Node]:
    """The statements of an expression: `x = 2; x^2` are two.

    Raises:
        ToolError: it cannot be understood; says where.
        LimitExceeded: it is too long or too deep.
    """
    return Parser(source).statements()


class Parser:
    """Reads one expression."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens: Sequence[Token] = tokens(source)
        self._at = 0
        self._depth = 0

    def statements(self) -> list[Node]:
        """All that stands between semicolons."""
        found = [self._statement()]
        while self._take(";"):
            if self._token.kind != "end":
                found.append(self._statement())
        if self._token.kind != "end":
            self._refuse()
        return found

    def _statement(self) -> Node:
        if self._token.kind == "name" and self._peek().text == "=":
            name = self._next().text
            self._next()
            return Assign(name, self._whole())
        return self._whole()

    def _whole(self) -> Node:
        """An expression and the unit it is wanted in."""
        node = self._chain(0)
        if self._token.kind == "name" and self._token.text in _INTO:
            self._next()
            unit = Name("%") if self._take("%") else self._chain(_TIMES)
            return Convert(node, unit)
        return node

    # -- the levels -----------------------------------------------------------------------------

    def _chain(self, level: int) -> Node:
        node = self._signed()
        while (word := self._joins()) is not None and _LEVEL[word] >= level:
            own = _LEVEL[word]
            rest: list[tuple[str, Node]] = []
            while (word := self._joins()) is not None and _LEVEL[word] == own:
                if own != _NEXT:
                    self._next()
                rest.append((word, self._chain(own + 1) if own < _NEXT else self._signed()))
            node = _halves(node, rest) if own == _TIMES else Chain(node, rest)
        return node

    def _joins(self) -> str | None:
        """The word that joins what was read to what comes, None if nothing does."""
        token = self._token
        if token.kind == "number":
            return None
        if token.kind == "name":
            if token.text == "in" and self._peek().text in ("{", "["):
                return "in"
            if token.text == "in" and self._is_inch():
                return "next to"
            return token.text if token.text in _LEVEL and token.text != "in" else (
                None if token.text in _WORDS else "next to"
            )  # fmt: skip
        if token.text == "∈":
            return "in"
        if token.text == "%":
            return "mod"
        return "next to" if token.text in ("(", "√") else (
            token.text if token.text in _LEVEL else None
        )  # fmt: skip

    def _is_inch(self) -> bool:
        """Whether this `in` is the unit: what follows is not one."""
        following, then = self._peek(), self._peek(2)
        if following.text in _INTO and following.kind == "name":
            return then.kind == "name"
        return following.kind != "name" and following.text not in ("%", "(")

    def _signed(self) -> Node:
        token = self._token
        if token.text in ("-", "+", "√") or (token.kind == "name" and token.text == "not"):
            self._next()
            with self:
                inner = self._chain(_COMPARE) if token.text == "not" else self._signed()
            return inner if token.text == "+" else Signed(token.text, inner)
        return self._power()

    def _power(self) -> Node:
        node = self._after()
        if self._take("^"):
            with self:
                return Power(node, self._signed())
        return node

    def _after(self) -> Node:
        node = self._atom()
        marks = []
        while self._token.text == "!" or (self._token.text == "%" and self._is_percent()):
            marks.append(self._next().text)
        return After(node, marks) if marks else node

    def _is_percent(self) -> bool:
        """Whether this `%` stands after a number, not between two."""
        following = self._peek()
        if following.kind == "name":
            return following.text in _WORDS
        return following.kind != "number" and following.text not in ("(", "[", "{")

    def _atom(self) -> Node:
        token = self._token
        with self:
            if token.kind == "number":
                return Num(self._next().value)
            if token.kind == "name" and (token.text not in _WORDS or token.text == "in"):
                self._next()
                return Call(token.text, self._list(")")) if self._take("(") else Name(token.text)
            if self._take("("):
                node = self._whole()
                self._expect(")")
                return Group(node)
            if self._take("["):
                return Items(self._list("]"), False)
            if self._take("{"):
                return Items(self._list("}"), True)
        self._refuse()

    def _list(self, end: str) -> list[Node]:
        found: list[Node] = []
        while not self._take(end):
            if found:
                self._expect(",")
            found.append(self._whole())
        return found

    # -- the words ------------------------------------------------------------------------------

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _peek(self, ahead: int = 1) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._token
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take(self, text: str) -> bool:
        found = self._token.kind == "symbol" and self._token.text == text
        if found:
            self._next()
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise unexpected(self._token.text, self._token.at, self._source)

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            refuse("depth", MAX_DEPTH, f"The expression is nested more than {MAX_DEPTH} deep.")

    def __exit__(self, *exc: object) -> None:
        self._depth -= 1


def _halves(first: Node, rest: list[tuple[str, Node]]) -> Node:
    """A chain of products, where `1/2 km` is half a kilometre as everybody means it, while in
    `60 km / 2 h` the unit belongs to the 2."""
    word, second = rest[0]
    if (
        word == "/"
        and isinstance(first, Num)
        and isinstance(second, Chain)
        and isinstance(second.first, Num)
        and second.first.value
    ):
        second = Chain(Num(divide(first.value, second.first.value)), second.rest)
        return Chain(second, rest[1:]) if rest[1:] else second
    return Chain(first, rest)
