"""Expressions to Lua."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .analysis import is_number
from .lowering import Lowering
from .nodes import (
    Binary,
    Block,
    Call,
    Conditional,
    Field,
    Interpolation,
    ListNode,
    Literal,
    Logical,
    Many,
    MapNode,
    Name,
    Node,
    Super,
    Temp,
    This,
    Unary,
)

NATIVE = frozenset(("+", "-", "*", "/", "<", ">", "<=", ">="))
OPERATOR_HELPERS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "<": "lt", ">": "gt", "<=": "le",
    ">=": "ge", "==": "eq", "!=": "ne", "&": "band", "|": "bor", "^": "bxor", "<<": "shl",
    ">>": "shr", "..": "range", "...": "xrange", "is": "is",
}  # fmt: skip
PARTS = 40  # strings joined in one Lua expression


LEAVES = (Literal, Name, Temp, This, Field)


def is_boolean(node: Node) -> bool:
    """Whether an expression surely is a boolean, so that Lua's `not` serves."""
    if isinstance(node, Literal):
        return node.kind in ("true", "false")
    if isinstance(node, Unary):
        return node.op == "!" and is_boolean(node.children[0])
    if isinstance(node, Binary):
        if node.op in ("==", "!="):
            return native_equality(node.children[0])
        return node.op in ("<", ">", "<=", ">=") and is_number(node.children[0])
    return False


def native_equality(left: Node) -> bool:
    """Whether `left == x` cannot reach a class's own operator."""
    return isinstance(left, Literal) or is_number(left)


class ExpressionEmitter(Lowering):
    """Writes expressions. Whatever it writes can be the receiver of a Lua method call."""

    field_text: Callable[[Field], str]
    static = False  # in a static method, whose `super` is the class Class

    def function(self, node: Block) -> None:
        raise NotImplementedError

    def expr(self, node: Node) -> None:
        EMIT[type(node)](self, node)

    def list_of(self, nodes: list[Node]) -> None:
        for index, node in enumerate(nodes):
            if index:
                self.write(",")
            EMIT[type(node)](self, node)

    def call_helper(self, name: str, nodes: list[Node]) -> None:
        self.helpers.add(name)
        self.calls += 1
        self.write(name + "(")
        self.list_of(nodes)
        self.write(")")

    def start(self, node: Many) -> None:
        """Before a helper call that stands for an operator: the operator's line, unless code of
        an earlier line is yet to come as its left operand."""
        if node.line > self.line and isinstance(node.children[0], LEAVES):
            self.at(node.line)

    def literal(self, node: Literal) -> None:
        # The parentheses let it be a receiver.
        self.write(f"({node.lua})")

    def name(self, node: Name) -> None:
        variable = node.var
        if variable.kind == "far":
            self.write(f"{self.helper('X')}.far.{variable.name}_()")
        else:
            self.write(variable.lua)

    def temp_name(self, node: Temp) -> None:
        self.write(node.lua)

    def this(self, node: This) -> None:
        self.write("self")

    def field(self, node: Field) -> None:
        self.write(self.field_text(node))

    def call(self, node: Call) -> None:
        name, children = node.name, node.children
        self.calls += 1
        if name == "_get1" or name == "_set1":
            self.start(node)
            self.call_helper("get" if name == "_get1" else "set", children)
            return
        receiver = children[0]
        if name == "new_1" and self.is_fiber(receiver, children[1]):
            self.call_helper("fiber", children[1:])
            return
        if type(receiver) is Block:
            self.write("(")
            self.function(receiver)
            self.write(")")
        else:
            EMIT[type(receiver)](self, receiver)
        if node.line > self.line:
            self.at(node.line)
        self.write(f":{name}(")
        if len(children) > 1:
            self.list_of(children[1:])
        self.write(")")

    def is_fiber(self, receiver: Node, block: Node) -> bool:
        """Whether a call of `new` makes a fiber of a block that a fiber can run."""
        if not isinstance(receiver, Name) or not isinstance(block, Block):
            return False
        variable = receiver.var
        return variable.kind == "core" and variable.name == "Fiber" and len(block.params) < 2

    def super_call(self, node: Super) -> None:
        self.at(node.line)
        self.calls += 1
        parent = self.helper("ClassM") if self.static else "P"
        self.write(f'{self.helper("super")}({parent},"{node.name}")(self')
        for child in node.children:
            self.write(",")
            self.expr(child)
        self.write(")")

    def binary(self, node: Binary) -> None:
        op = node.op
        left, right = node.children
        if op in ("==", "!="):
            native = native_equality(left)
        else:
            native = op in NATIVE and is_number(left) and is_number(right)
        if not native:
            self.start(node)
            self.call_helper(OPERATOR_HELPERS[op], node.children)
            return
        self.write("(")
        self.expr(left)
        self.write(" ~= " if op == "!=" else f" {op} ")
        self.expr(right)
        self.write(")")

    def unary(self, node: Unary) -> None:
        (operand,) = node.children
        if node.op == "-" and is_number(operand):
            self.write("(-")
            self.expr(operand)
            self.write(")")
        elif node.op == "!" and is_boolean(operand):
            self.write("(not ")
            self.expr(operand)
            self.write(")")
        else:
            self.at(node.line)
            self.call_helper({"-": "neg", "!": "lnot", "~": "bnot"}[node.op], node.children)

    def logical(self, node: Logical) -> None:
        left, right = node.children
        self.write("(")
        self.expr(left)
        self.write(f" {node.op} ")
        self.expr(right)
        self.write(")")

    def conditional(self, node: Conditional) -> None:
        condition, then, other = node.children
        self.write("(")
        self.expr(condition)
        self.write(" and ")
        self.expr(then)
        self.write(" or ")
        self.expr(other)
        self.write(")")

    def list_literal(self, node: ListNode) -> None:
        self.write(f"{self.helper('list')}({{[0]={len(node.children)}")
        for child in node.children:
            self.write(",")
            self.expr(child)
        self.write("})")

    def map_literal(self, node: MapNode) -> None:
        children = node.children
        self.write(f"{self.helper('map')}({len(children) // 2},{{")
        self.list_of(children)
        self.write("})")

    def interpolation(self, node: Interpolation) -> None:
        self.at(node.line)
        children = node.children
        self.write(f"{self.helper('joined')}(")
        for index, child in enumerate(children):
            if index:
                # Lua joins all operands of a chain at once, each in a register.
                self.write("..(" if index % PARTS == 0 else "..")
            if isinstance(child, Literal) and child.kind == "str":
                self.write(child.lua)
            else:
                self.call_helper("str", [child])
        self.write(")" * (1 + (len(children) - 1) // PARTS))


EMIT: dict[type[Node], Callable[[Any, Any], None]] = {
    Literal: ExpressionEmitter.literal,
    Name: ExpressionEmitter.name,
    Temp: ExpressionEmitter.temp_name,
    This: ExpressionEmitter.this,
    Field: ExpressionEmitter.field,
    Call: ExpressionEmitter.call,
    Super: ExpressionEmitter.super_call,
    Binary: ExpressionEmitter.binary,
    Unary: ExpressionEmitter.unary,
    Logical: ExpressionEmitter.logical,
    Conditional: ExpressionEmitter.conditional,
    ListNode: ExpressionEmitter.list_literal,
    MapNode: ExpressionEmitter.map_literal,
    Interpolation: ExpressionEmitter.interpolation,
    Block: lambda emitter, node: emitter.function(node),
}
