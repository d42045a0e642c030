"""What an expression is made of."""

from __future__ import annotations

import msgspec

from polyspell_math.numbers import Number


class Num(msgspec.Struct):
    """A number."""

    value: Number


class Name(msgspec.Struct):
    """A variable, a constant or a unit."""

    name: str


class Call(msgspec.Struct):
    """A function of arguments."""

    name: str
    arguments: list[Node]


class Items(msgspec.Struct):
    """`[...]`, or `{...}` where `unique`."""

    items: list[Node]
    unique: bool


class Group(msgspec.Struct):
    """What stood in brackets."""

    node: Node


class Signed(msgspec.Struct):
    """`-x` or `not x`."""

    sign: str
    node: Node


class After(msgspec.Struct):
    """`x!` or `x%`."""

    node: Node
    marks: list[str]


class Power(msgspec.Struct):
    """`x ^ y`."""

    base: Node
    exponent: Node


class Chain(msgspec.Struct):
    """What one level holds together, to be worked out from the left: `a + b - c`."""

    first: Node
    rest: list[tuple[str, Node]]


class Convert(msgspec.Struct):
    """`x in km/h`."""

    node: Node
    unit: Node


class Assign(msgspec.Struct):
    """`x = ...`."""

    name: str
    node: Node


Node = Num | Name | Call | Items | Group | Signed | After | Power | Chain | Convert | Assign
