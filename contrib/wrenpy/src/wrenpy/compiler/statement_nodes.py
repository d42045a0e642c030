"""The syntax tree of statements and definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .nodes import Block, Node

if TYPE_CHECKING:
    from .scope import Attributes, ClassInfo, Variable


class Evaluate(Node):
    """An expression as a statement; its line is the one that it starts on."""

    __slots__ = ("value",)

    def __init__(self, line: int, value: Node) -> None:
        self.line, self.value = line, value


class Define(Node):
    """`var name = value`."""

    __slots__ = ("value", "var")

    def __init__(self, line: int, var: Variable, value: Node) -> None:
        self.line, self.var, self.value = line, var, value


class Method(Node):
    """A method of a class. `body` is None for a foreign one."""

    __slots__ = ("arity", "body", "kind", "mangled", "signature", "static")

    def __init__(
        self, line: int, kind: str, mangled: str, signature: str, arity: int, static: bool,
        body: Block | None,
    ) -> None:  # fmt: skip
        self.line, self.kind, self.mangled = line, kind, mangled
        self.signature, self.arity, self.static, self.body = signature, arity, static, body


class Class(Node):
    """A class definition."""

    __slots__ = ("attributes", "info", "methods", "superclass", "var")

    def __init__(self, line: int, var: Variable, superclass: Node | None, info: ClassInfo) -> None:
        self.line, self.var, self.superclass, self.info = line, var, superclass, info
        self.methods: list[Method] = []
        self.attributes: tuple[Attributes, dict[str, Attributes]] | None = None


class Import(Node):
    """`import "module" for a as b`: pairs of a name over there and the variable here."""

    __slots__ = ("module", "names")

    def __init__(self, line: int, module: str) -> None:
        self.line, self.module = line, module
        self.names: list[tuple[str, Variable, int]] = []


class If(Node):
    """`if`."""

    __slots__ = ("condition", "other", "then")

    def __init__(self, line: int, condition: Node, then: Node, other: Node | None) -> None:
        self.line, self.condition, self.then, self.other = line, condition, then, other


class Loop(Node):
    """`while` (var None; head is the condition) or `for` (head is the sequence)."""

    __slots__ = ("body", "continues", "head", "var", "weight")

    def __init__(self, line: int, var: Variable | None, head: Node) -> None:
        self.line, self.var, self.head = line, var, head
        self.body: Node | None = None
        self.continues = False
        self.weight = 1


class Jump(Node):
    """`break`, or `continue` of the loop."""

    __slots__ = ("loop",)

    def __init__(self, line: int, loop: Loop | None) -> None:
        self.line, self.loop = line, loop


class Return(Node):
    """`return`."""

    __slots__ = ("value",)

    def __init__(self, line: int, value: Node | None) -> None:
        self.line, self.value = line, value


class Scope(Node):
    """A block of statements."""

    __slots__ = ("body",)

    def __init__(self, line: int, body: list[Node]) -> None:
        self.line, self.body = line, body
