"""The expression grammar: a table of prefix and infix rules over precedences."""

from __future__ import annotations

from collections.abc import Callable

from .lua_text import lua_number, lua_string
from .mangle import BINARY, describe, mangle
from .nodes import (
    Assign,
    Binary,
    Block,
    Call,
    Conditional,
    Field,
    Interpolation,
    ListNode,
    Literal,
    Logical,
    MapNode,
    Name,
    Node,
    Super,
    This,
    Unary,
)
from .parser_base import ParserBase
from .scope import MAX_FIELDS, Function, Variable

LOWEST, ASSIGNMENT, CONDITIONAL, OR, AND, EQUALITY, IS, COMPARISON = range(1, 9)
BIT_OR, BIT_XOR, BIT_AND, SHIFT, RANGE, TERM, FACTOR, UNARY_LEVEL, CALL, PRIMARY = range(9, 19)

PRECEDENCE = {
    "?": ASSIGNMENT, "||": OR, "&&": AND, "==": EQUALITY, "!=": EQUALITY, "is": IS,
    "<": COMPARISON, ">": COMPARISON, "<=": COMPARISON, ">=": COMPARISON, "|": BIT_OR,
    "^": BIT_XOR, "&": BIT_AND, "<<": SHIFT, ">>": SHIFT, "..": RANGE, "...": RANGE, "+": TERM,
    "-": TERM, "*": FACTOR, "/": FACTOR, "%": FACTOR, ".": CALL, "[": CALL,
}  # fmt: skip


class ExpressionParser(ParserBase):
    """Parses expressions. A rule finds its own token consumed."""

    def expression(self) -> Node:
        return self.precedence(LOWEST)

    def precedence(self, level: int) -> Node:
        """An expression whose operators bind at least as tightly as `level`."""
        kind = self.kinds[self.c]
        self.p = self.c
        if self.c < self.last:
            self.c += 1
        rule = PREFIX.get(kind)
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
        node.weight = 1 + (self.c - start) // 32
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

    # -- prefix rules

    def grouping(self, can_assign: bool) -> Node:
        node = self.expression()
        self.consume(")", "Expect ')' after expression.")
        return node

    def list_literal(self, can_assign: bool) -> Node:
        line = self.lines[self.p]
        children: list[Node] = []
        while True:
            self.match_line()
            if self.kinds[self.c] == "]":
                break
            children.append(self.expression())
            if not self.match(","):
                break
        self.match_line()
        self.consume("]", "Expect ']' after list elements.")
        return ListNode(line, children)

    def map_literal(self, can_assign: bool) -> Node:
        line = self.lines[self.p]
        children: list[Node] = []
        while True:
            self.match_line()
            if self.kinds[self.c] == "}":
                break
            children.append(self.precedence(UNARY_LEVEL))
            self.consume(":", "Expect ':' after map key.")
            self.match_line()
            children.append(self.expression())
            if not self.match(","):
                break
        self.match_line()
        self.consume("}", "Expect '}' after map entries.")
        return MapNode(line, children)

    def unary(self, can_assign: bool) -> Node:
        op, line = self.kinds[self.p], self.lines[self.p]
        self.match_line()
        return Unary(line, op, self.precedence(UNARY_LEVEL + 1))

    def number(self, can_assign: bool) -> Node:
        value = self.values[self.p]
        assert isinstance(value, float)
        self.constant(value)
        return Literal(self.lines[self.p], "num", lua_number(value))

    def string(self, can_assign: bool) -> Node:
        value = self.values[self.p]
        assert isinstance(value, str)
        self.constant(value)
        return Literal(self.lines[self.p], "str", lua_string(value))

    def word(self, can_assign: bool) -> Node:
        kind = self.kinds[self.p]
        return Literal(self.lines[self.p], kind, "nil" if kind == "null" else kind)

    def interpolation(self, can_assign: bool) -> Node:
        line = self.lines[self.p]
        parts: list[Node] = []
        while True:
            if self.values[self.p]:
                parts.append(self.string(False))
            self.match_line()
            parts.append(self.expression())
            self.match_line()
            if not self.match("interp"):
                break
        self.consume("str", "Expect end of string interpolation.")
        if self.kinds[self.p] == "str" and self.values[self.p]:
            parts.append(self.string(False))
        return Interpolation(line, parts)

    def this(self, can_assign: bool) -> Node:
        if self.enclosing_class() is None:
            self.error("Cannot use 'this' outside of a method.")
        return This(self.lines[self.p])

    def super_call(self, can_assign: bool) -> Node:
        cls, line = self.enclosing_class(), self.lines[self.p]
        if cls is None:
            self.error("Cannot use 'super' outside of a method.")
        children: list[Node] = []
        if self.match("."):
            self.consume("name", "Expect method name after 'super.'.")
            name, kind = self.method_name(), "getter"
            if can_assign and self.match("="):
                self.match_line()
                return Super(line, mangle("setter", name, 1), [self.expression()])
            kind = self.call_arguments(name, children)
            self.line_before_dot()
            return Super(line, mangle(kind, name, len(children)), children)
        if cls is None:
            return Literal(line, "null", "nil")
        kind, name, _ = cls.signature
        called = self.call_arguments(name, children)
        if kind == "init":
            if called != "method":
                self.error("A superclass constructor must have an argument list.")
            called = "init"
        return Super(line, mangle(called, name, len(children)), children)

    def field(self, can_assign: bool) -> Node:
        cls, line = self.enclosing_class(), self.lines[self.p]
        target: Node = Literal(line, "null", "nil")
        if cls is None:
            self.error("Cannot reference a field outside of a class definition.")
        elif cls.foreign:
            self.error("Cannot define fields in a foreign class.")
        elif cls.in_static:
            self.error("Cannot use an instance field in a static method.")
        else:
            name = self.texts[self.p]
            if name not in cls.fields:
                cls.fields[name] = len(cls.fields) + 1
                if len(cls.fields) > MAX_FIELDS:
                    self.error(f"A class can only have {MAX_FIELDS} fields.")
            target = Field(line, cls, name)
        if can_assign and self.match("="):
            return Assign(line, target, self.expression())
        self.line_before_dot()
        return target

    def static_field(self, can_assign: bool) -> Node:
        fn = self.class_function()
        if fn is None or fn.cls is None:
            self.error("Cannot use a static field outside of a class definition.")
            return Literal(self.lines[self.p], "null", "nil")
        name = self.texts[self.p]
        if fn.find(name) is None:
            here, self.fn = self.fn, fn
            variable = self.declare(self.p)
            variable.values.append(None)
            fn.cls.statics.append(variable)
            self.fn = here
        found = self.resolve(name)
        assert found is not None
        return self.variable(found, can_assign)

    def name(self, can_assign: bool) -> Node:
        text = self.texts[self.p]
        variable = self.resolve(text)
        if variable is None:
            if text[0].islower() and self.enclosing_class() is not None:
                return self.named_call(This(self.lines[self.p]), can_assign)
            variable = self.module_variable(text)
        return self.variable(variable, can_assign)

    def variable(self, variable: Variable, can_assign: bool) -> Node:
        """A read of, or an assignment to, a variable whose name has been consumed."""
        line = self.lines[self.p]
        if can_assign and self.match("="):
            value = self.expression()
            variable.values.append(value)
            return Assign(line, Name(line, variable), value)
        if self.kinds[self.c] == "line":
            self.line_before_dot()
        return Name(line, variable)


PREFIX: dict[str, Callable[[ExpressionParser, bool], Node]] = {
    "(": ExpressionParser.grouping, "[": ExpressionParser.list_literal,
    "{": ExpressionParser.map_literal, "-": ExpressionParser.unary, "!": ExpressionParser.unary,
    "~": ExpressionParser.unary, "false": ExpressionParser.word, "true": ExpressionParser.word,
    "null": ExpressionParser.word, "super": ExpressionParser.super_call,
    "this": ExpressionParser.this, "field": ExpressionParser.field,
    "sfield": ExpressionParser.static_field, "name": ExpressionParser.name,
    "num": ExpressionParser.number, "str": ExpressionParser.string,
    "interp": ExpressionParser.interpolation,
}  # fmt: skip
assert BINARY.keys() <= PRECEDENCE.keys()
