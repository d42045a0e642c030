"""What may start an expression: literals, names, fields, unary operators, `this` and `super`."""

from __future__ import annotations

from .expressions import UNARY_LEVEL, OperatorParser
from .lua_text import lua_number, lua_string
from .mangle import mangle
from .nodes import (
    Assign,
    Field,
    Interpolation,
    ListNode,
    Literal,
    MapNode,
    Name,
    Node,
    Super,
    This,
    Unary,
)
from .scope import MAX_FIELDS, Variable


class ExpressionParser(OperatorParser):
    """Parses whole expressions."""

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


ExpressionParser.prefix_rules = {
    "(": ExpressionParser.grouping, "[": ExpressionParser.list_literal,
    "{": ExpressionParser.map_literal, "-": ExpressionParser.unary, "!": ExpressionParser.unary,
    "~": ExpressionParser.unary, "false": ExpressionParser.word, "true": ExpressionParser.word,
    "null": ExpressionParser.word, "super": ExpressionParser.super_call,
    "this": ExpressionParser.this, "field": ExpressionParser.field,
    "sfield": ExpressionParser.static_field, "name": ExpressionParser.name,
    "num": ExpressionParser.number, "str": ExpressionParser.string,
    "interp": ExpressionParser.interpolation,
}  # fmt: skip
