"""The syntax tree of expressions: plain nodes that the parser makes and the emitter walks.

`stmt` says that the node (not counting the bodies of functions in it) cannot be written as a Lua
expression, so the emitter has to lower it to statements first. `depth` is the height of the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .scope import ClassInfo, Function, Variable

MAX_DEPTH = 40  # deeper expressions are cut by a temporary: Lua's parser nests 200 levels at most


class Node:
    """Any expression or statement."""

    __slots__ = ("depth", "line", "stmt")
    line: int
    stmt: bool
    depth: int


class Literal(Node):
    """A number, string, boolean or null, as Lua text."""

    __slots__ = ("kind", "lua")

    def __init__(self, line: int, kind: str, lua: str) -> None:
        self.line, self.kind, self.lua = line, kind, lua
        self.stmt, self.depth = False, 0


class Name(Node):
    """A variable."""

    __slots__ = ("var",)

    def __init__(self, line: int, var: Variable) -> None:
        self.line, self.var = line, var
        self.stmt, self.depth = False, 0


class This(Node):
    """The receiver."""

    __slots__ = ()

    def __init__(self, line: int) -> None:
        self.line = line
        self.stmt, self.depth = False, 0


class Field(Node):
    """A field of the receiver."""

    __slots__ = ("cls", "name")

    def __init__(self, line: int, cls: ClassInfo, name: str) -> None:
        self.line, self.cls, self.name = line, cls, name
        self.stmt, self.depth = False, 0


class Assign(Node):
    """`target = value`, where the target is a Name or a Field."""

    __slots__ = ("target", "value")

    def __init__(self, line: int, target: Node, value: Node) -> None:
        self.line, self.target, self.value = line, target, value
        self.stmt, self.depth = True, 0


class Many(Node):
    """A node over a list of children."""

    __slots__ = ("children",)

    def __init__(self, line: int, children: list[Node]) -> None:
        self.line, self.children = line, children
        stmt, depth = False, 0
        for child in children:
            if child.stmt:
                stmt = True
            if child.depth > depth:
                depth = child.depth
        self.depth = depth + 1
        if depth >= MAX_DEPTH:
            for child in children:
                if child.depth >= MAX_DEPTH:
                    cut(child)
            stmt, self.depth = True, 1
        self.stmt = stmt


def cut(node: Node) -> None:
    """Mark a deep child: the emitter gives it a temporary of its own."""
    node.depth = -1
    node.stmt = True


class Call(Many):
    """A method call; `children` are receiver and arguments, `name` is the mangled signature."""

    __slots__ = ("name",)

    def __init__(self, line: int, name: str, children: list[Node]) -> None:
        super().__init__(line, children)
        self.name = name


class Super(Many):
    """A call of the superclass's method; `children` are the arguments."""

    __slots__ = ("name",)

    def __init__(self, line: int, name: str, children: list[Node]) -> None:
        super().__init__(line, children)
        self.name = name


class Binary(Many):
    """An infix operator."""

    __slots__ = ("op",)

    def __init__(self, line: int, op: str, left: Node, right: Node) -> None:
        super().__init__(line, [left, right])
        self.op = op


class Unary(Many):
    """A prefix operator."""

    __slots__ = ("op",)

    def __init__(self, line: int, op: str, operand: Node) -> None:
        super().__init__(line, [operand])
        self.op = op


class Logical(Many):
    """`&&` (op `and`) or `||` (op `or`)."""

    __slots__ = ("op",)

    def __init__(self, line: int, op: str, left: Node, right: Node) -> None:
        super().__init__(line, [left, right])
        self.op = op


class Conditional(Many):
    """`a ? b : c`. Lua's `a and b or c` serves when b is surely true."""

    __slots__ = ()

    def __init__(self, line: int, condition: Node, then: Node, other: Node) -> None:
        super().__init__(line, [condition, then, other])
        if not always_true(then):
            self.stmt = True


class ListNode(Many):
    """A list literal."""

    __slots__ = ()


class MapNode(Many):
    """A map literal; keys and values alternate."""

    __slots__ = ()


class Interpolation(Many):
    """A string with interpolated expressions."""

    __slots__ = ()


class Block(Node):
    """A function literal (a block argument) or a method's body."""

    __slots__ = ("body", "end_line", "fn", "name", "params", "weight")

    def __init__(
        self, line: int, fn: Function, params: list[Variable], body: list[Node], name: str
    ) -> None:
        self.line, self.fn, self.params, self.body, self.name = line, fn, params, body, name
        self.stmt, self.depth = False, 0
        self.weight = 1
        self.end_line = line


class Temp(Node):
    """A value the emitter has put in a Lua local."""

    __slots__ = ("lua", "number")

    def __init__(self, line: int, lua: str, number: bool = False) -> None:
        self.line, self.lua, self.number = line, lua, number
        self.stmt, self.depth = False, 0


def always_true(node: Node) -> bool:
    """Whether an expression can be neither false nor null, whatever happens at run time."""
    if isinstance(node, Literal):
        return node.kind in ("num", "str", "true")
    return isinstance(node, (ListNode, MapNode, Interpolation, Block))
