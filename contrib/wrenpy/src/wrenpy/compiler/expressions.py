"""Operators and calls: what may follow an operand, by precedence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from .mangle import describe
from .nodes import Binary, Block, Call, Conditional, Literal, Logical, Node
from .parser_base import ParserBase
from .scope import Function, Variable

LOWEST, ASSIGNMENT, CONDITIONAL, OR, AND, EQUALITY, IS, COMPARISON = range(1, 9)
BIT_OR, BIT_XOR, BIT_AND, SHIFT, RANGE, TERM, FACTOR, UNARY_LEVEL, CALL, PRIMARY = range(9, 19)

PRECEDENCE = {
    "?": ASSIGNMENT, "||": OR, "&&": AND, "==": EQUALITY, "!=": EQUALITY, "is": IS,
    "<": COMPARISON, ">": COMPARISON, "<=": COMPARISON, ">=": COMPARISON, "|": BIT_OR,
    "^": BIT_XOR, "&": BIT_AND, "<<": SHIFT, ">>": SHIFT, "..": RANGE, "...": RANGE, "+": TERM,
    "-": TERM, "*": FACTOR, "/": FACTOR, "%": FACTOR, ".": CALL, "[": CALL,
}  # fmt: skip


class OperatorParser(ParserBase):
    """Parses expressions, given the rules for what may start one. A rule finds its own token
    consumed."""

    prefix_rules: ClassVar[Mapping[str, Callable[[Any, bool], Node]]]

    def expression(self) -> Node:
        return self.precedence(LOWEST)

    def precedence(self, level: int) -> Node:
        """An expression whose operators bind at least as tightly as `level`."""
        kind = self.kinds[self.c]
        self.p = self.c
        if self.c < self.last:
            self.c += 1
        rule = self.prefix_rules.get(kind)
        if rule is None:
            self.error("Expected expression.")
            return Literal(self.lines[self.p], "null", "nil")
        can_assign = level <= CONDITIONAL
        node = rule(self, can_assign)
        kinds, get = self.kinds, PRECEDENCE.get
        while True:
            kind = kinds[self.c]
            found = get(kind, 0)
            if found < level or not found:
                return node
            self.p = self.c
            if self.c < self.last:
                self.c += 1
            if kind == ".":
                self.match_line()
                self.consume("name", "Expect method name after '.'.")
                node = self.named_call(node, can_assign)
            elif kind == "[":
                node = self.subscript(node, can_assign)
            elif kind == "&&":
                self.match_line()
                node = Logical(self.lines[self.p], "and", node, self.precedence(AND))
            elif kind == "||":
                self.match_line()
                node = Logical(self.lines[self.p], "or", node, self.precedence(OR))
            elif kind == "?":
                node = self.conditional(node)
            else:
                line = self.lines[self.p]
                self.match_line()
                node = Binary(line, kind, node, self.precedence(found + 1))

    # -- calls

    def arguments(self, children: list[Node], base: int) -> None:
        """Comma-separated arguments, onto `children`, of which `base` are no arguments."""
        while True:
            self.match_line()
            self.check_parameters(len(children) + 1 - base)
            children.append(self.expression())
            if not self.match(","):
                break
        self.match_line()

    def call_arguments(self, name: str, children: list[Node]) -> str:
        """What follows a method's name: parentheses, a block. The kind of call it makes."""
        kind, base = "getter", len(children)
        if self.match("("):
            kind = "method"
            self.match_line()
            if self.kinds[self.c] != ")":
                self.arguments(children, base)
            self.consume(")", "Expect ')' after arguments.")
        if self.match("{"):
            kind = "method"
            signature = describe(kind, name, len(children) - base + 1)
            children.append(self.block(f"{signature} block argument"))
        return kind

    def block(self, name: str) -> Block:
        """A block argument, after its brace."""
        line, start = self.lines[self.p], self.c
        fn = Function(self.fn, method=False)
        loop, self.loop = self.loop, None
        self.fn = fn
        params: list[Variable] = []
        if self.match("|"):
            self.parameters(params)
            self.consume("|", "Expect '|' after function parameters.")
        node = Block(line, fn, params, self.body(), name)
        self.end_function(node, start)
        self.loop = loop
        return node

    def end_function(self, node: Block, start: int) -> None:
        """Leave the function of `node`, whose first token was `start`."""
        fn = self.fn
        node.weight = 1 + (self.c - start) // 16
        node.end_line = self.lines[self.p]
        parent = fn.parent
        assert parent is not None
        self.fn = parent
        self.functions.append(fn)
        uses = parent.module_uses
        for variable, count in fn.module_uses.items():
            uses[variable] = uses.get(variable, 0) + count

    def parameters(self, params: list[Variable]) -> None:
        while True:
            self.match_line()
            self.check_parameters(len(params) + 1)
            params.append(self.declare_named())
            params[-1].values.append(None)
            if not self.match(","):
                return

    def body(self) -> list[Node]:
        raise NotImplementedError

    def named_call(self, receiver: Node, can_assign: bool) -> Node:
        """A getter, setter or method call; its name has been consumed."""
        name, line = self.method_name(), self.lines[self.p]
        if can_assign and self.match("="):
            self.match_line()
            return Call(line, name + "_s", [receiver, self.expression()])
        children = [receiver]
        if self.kinds[self.c] in "({":
            kind = self.call_arguments(name, children)
            count = len(children) - 1
            node = Call(line, name + "_g" if kind == "getter" else f"{name}_{count}", children)
        else:
            node = Call(line, name + "_g", children)
        if self.kinds[self.c] == "line":
            self.line_before_dot()
        return node

    def method_name(self) -> str:
        name = self.texts[self.p]
        if len(name) > 64:
            self.error("Method names cannot be longer than 64 characters.")
            return name[:64]
        return name

    def subscript(self, receiver: Node, can_assign: bool) -> Node:
        line = self.lines[self.p]
        children = [receiver]
        self.arguments(children, 1)
        self.consume("]", "Expect ']' after arguments.")
        self.line_before_dot()
        count = len(children) - 1
        if can_assign and self.match("="):
            self.check_parameters(count + 1)
            children.append(self.expression())
            return Call(line, f"_set{count}", children)
        return Call(line, f"_get{count}", children)

    def conditional(self, condition: Node) -> Node:
        line = self.lines[self.p]
        self.match_line()
        then = self.precedence(CONDITIONAL)
        self.consume(":", "Expect ':' after then branch of conditional operator.")
        self.match_line()
        return Conditional(line, condition, then, self.precedence(ASSIGNMENT))
