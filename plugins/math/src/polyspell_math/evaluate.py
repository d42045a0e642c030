"""From a tree to its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from polyspell_math import functions, matrices
from polyspell_math.functions import hashable
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
from polyspell_math.numbers import (
    checked,
    fail,
    floor_divide,
    guarded,
    modulo,
    power,
    root,
    whole,
)
from polyspell_math.parser import parse
from polyspell_math.primes import factorial
from polyspell_math.quantities import (
    Quantity,
    converted,
    named,
    of,
    over,
    plus,
    raised,
    same_kind,
    times,
)
from polyspell_math.units import ANGLES
from polyspell_math.values import Worth, number, quantity, shown
from polyspell_math.work import Work, items, weighed

_PERCENT = Fraction(1, 100)


def evaluate(
    source: str, variables: Mapping[str, Worth] | None = None, work: Work | None = None
) -> Worth:
    """The value of an expression: that of its last statement.

    Raises:
        ToolError: it cannot be understood, or has no value.
        NotFoundError: a name is no variable, constant or unit.
        LimitExceeded: it is too large.
    """
    scope = Scope(dict(variables or {}), work or Work())
    value: Worth = 0
    with guarded():
        for statement in parse(source):
            value = scope.value(statement)
    return value


class Scope:
    """The variables of an evaluation."""

    def __init__(self, variables: dict[str, Worth], work: Work) -> None:
        self._variables = variables
        self._work = work

    def value(self, node: Node) -> Worth:
        """What a node is worth."""
        self._work.step()
        return _VALUES[type(node)](self, node)

    def _name(self, node: Name) -> Worth:
        name = node.name
        for known in (self._variables, functions.CONSTANTS, ANGLES):
            if name in known:
                found: Worth = known[name]
                return found
        return _PERCENT if name == "%" else named(name)

    def _assign(self, node: Assign) -> Worth:
        value = self._variables[node.name] = self.value(node.node)
        return value

    def _call(self, node: Call) -> Worth:
        if node.name == "if":
            if len(node.arguments) != 3:
                raise fail("if takes a condition and two values.")
            chosen = node.arguments[1 if _truth(self.value(node.arguments[0])) else 2]
            return self.value(chosen)
        if node.name in self._variables and len(node.arguments) == 1:
            return self._times(self._variables[node.name], self.value(node.arguments[0]))
        return functions.call(node.name, [self.value(a) for a in node.arguments], self._work)

    def _items(self, node: Items) -> Worth:
        values = [self.value(each) for each in node.items]
        weighed(values)
        return frozenset(map(hashable, values)) if node.unique else values

    def _signed(self, node: Signed) -> Worth:
        value = self.value(node.node)
        if node.sign == "not":
            return not _truth(value)
        if node.sign == "√":
            return root(number(value, "√"))
        return self._times(-1, value)

    def _after(self, node: After) -> Worth:
        value = number(self.value(node.node))
        for mark in node.marks:
            value = factorial(whole(value, "!")) if mark == "!" else checked(value * _PERCENT)
        return value

    def _power(self, node: Power) -> Worth:
        base, exponent = self.value(node.base), number(self.value(node.exponent), "A power")
        if isinstance(base, list):
            return matrices.power(_matrix(base), whole(exponent, "A power"), self._work)
        if isinstance(base, Quantity):
            return raised(base, exponent)
        return power(number(base, "A power"), exponent)

    def _convert(self, node: Convert) -> Worth:
        value, unit = quantity(self.value(node.node)), self.value(node.unit)
        if unit is _PERCENT:
            return f"{shown(checked(number(value, 'Percent') * 100))}%"
        if isinstance(node.unit, Name) and node.unit.name in ANGLES:
            return over(value, quantity(unit))
        return converted(value, quantity(unit))

    # -- chains ---------------------------------------------------------------------------------

    def _chain(self, node: Chain) -> Worth:
        word = node.rest[0][0]
        if word in ("and", "or"):
            return self._logical(node, word == "or")
        if word in _COMPARISONS:
            return self._compared(node)
        value = self.value(node.first)
        for word, right in node.rest:
            amount = self.value(right)
            if word in "+-" and _is_percent(right) and not _is_percent(node.first):
                value = self._times(value, checked(1 + (1 if word == "+" else -1) * amount))  # type: ignore[operator]
            elif word == "next to" and isinstance(right, Name) and isinstance(amount, Quantity):
                value = (
                    self._times(value, amount)
                    if isinstance(value, Quantity | list)
                    else of(number(value), amount)
                )
            else:
                value = self._joined(word, value, amount)
        return value

    def _logical(self, node: Chain, until: bool) -> bool:
        for each in (node.first, *(right for _, right in node.rest)):
            if _truth(self.value(each)) is until:
                return until
        return not until

    def _compared(self, node: Chain) -> bool:
        left = self.value(node.first)
        for word, right_node in node.rest:
            right = self.value(right_node)
            if not _COMPARISONS[word](*_comparable(word, left, right)):
                return False
            left = right
        return True

    def _joined(self, word: str, left: Worth, right: Worth) -> Worth:
        if isinstance(left, frozenset) and isinstance(right, frozenset):
            return _sets(word, left, right)
        if word in "+-":
            return self._plus(left, right, 1 if word == "+" else -1)
        if word in ("*", "of", "next to"):
            return self._times(left, right)
        if word in ("/", "per"):
            if isinstance(left, list):
                return [self._joined("/", v, right) for v in left]
            return over(quantity(left), quantity(right))
        if word == "mod":
            return modulo(number(left, "mod"), number(right, "mod"))
        if word == "//":
            return floor_divide(number(left, "//"), number(right, "//"))
        raise fail(f"{word} joins two sets: {{1, 2}} {word} {{2, 3}}.")

    def _plus(self, left: Worth, right: Worth, sign: int) -> Worth:
        if isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                raise fail(f"Lists of {len(left)} and {len(right)} elements cannot be added.")
            return [self._plus(a, b, sign) for a, b in zip(left, right, strict=True)]
        self._work.step()
        return plus(quantity(left, "A sum"), quantity(right, "A sum"), sign)

    def _times(self, left: Worth, right: Worth) -> Worth:
        if isinstance(left, list) and isinstance(right, list):
            return self._product(left, right)
        if isinstance(right, list):
            return [self._times(left, v) for v in right]
        if isinstance(left, list):
            return [self._times(v, right) for v in left]
        self._work.step()
        return times(quantity(left, "A product"), quantity(right, "A product"))

    def _product(self, left: list[Any], right: list[Any]) -> Worth:
        """Of two matrices, or of a matrix and a vector."""
        if right and isinstance(right[0], list):
            return matrices.multiply(_matrix(left), _matrix(right), self._work)
        column = [[v] for v in right]
        if not (left and isinstance(left[0], list)):
            raise fail("Two lists have no product.", "Use dot(a, b) or cross(a, b).")
        product = matrices.multiply(_matrix(left), _matrix(column), self._work)
        return [row[0] for row in product]


def _matrix(value: list[Any]) -> matrices.Matrix:
    if not all(isinstance(row, list) for row in value):
        raise fail("A matrix is a list of rows, all as long: [[1, 2], [3, 4]].")
    return [[number(v, "A matrix") for v in row] for row in value]


def _is_percent(node: Node) -> bool:
    return isinstance(node, After) and node.marks[-1] == "%"


def _truth(value: Worth) -> bool:
    if not isinstance(value, bool):
        raise fail(f"{shown(value)} is neither true nor false.", "Compare it: x > 0.")
    return value


def _sets(word: str, left: frozenset[Any], right: frozenset[Any]) -> frozenset[Any]:
    if word in ("|", "+"):
        items(len(left) + len(right))
        return left | right
    if word == "&":
        return left & right
    if word == "-":
        return left - right
    raise fail(f"{word} does not join sets.", "Use |, & or -.")


def _comparable(word: str, left: Worth, right: Worth) -> tuple[Any, Any]:
    """Both sides as what Python can compare in the same way."""
    if word == "in":
        if not isinstance(right, list | frozenset):
            raise fail("What stands after `in` is a list, a set or a unit.")
        return (hashable(left) if isinstance(right, frozenset) else left), right
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        same_kind(left, right)
        return left.value, right.value
    if word in ("==", "!="):
        return left, right
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return left, right
    return number(left, word), number(right, word)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "in": lambda a, b: a in b,
}
_VALUES: dict[type, Callable[[Scope, Any], Worth]] = {
    Num: lambda scope, node: node.value,
    Group: lambda scope, node: scope.value(node.node),
    Name: Scope._name,
    Assign: Scope._assign,
    Call: Scope._call,
    Items: Scope._items,
    Signed: Scope._signed,
    After: Scope._after,
    Power: Scope._power,
    Convert: Scope._convert,
    Chain: Scope._chain,
}
