"""Class definitions: methods, signatures and attributes."""

from __future__ import annotations

from .expressions import CALL
from .mangle import BINARY, describe, mangle
from .nodes import Block, Node
from .scope import Attributes, ClassInfo, Function, Variable
from .statement_nodes import Class, Method
from .statements import StatementParser

_INFIX_ONLY = frozenset(BINARY) - {"-"}


class Parser(StatementParser):
    """The whole grammar."""

    attributes: Attributes
    attribute_count = 0

    def class_definition(self, foreign: bool) -> Node:
        line = self.lines[self.p]
        variable = self.declare_named()
        variable.values.append(None)
        name = self.texts[self.p]
        superclass = self.precedence(CALL) if self.match("is") else None
        self.push_scope()
        info = ClassInfo(name, foreign)
        info.attributes = self.take_attributes()
        node = Class(line, variable, superclass, info)
        fn = self.fn
        outer, fn.cls = fn.cls, info
        loop, self.loop = self.loop, None
        self.consume("{", "Expect '{' after class declaration.")
        self.match_line()
        while not self.match("}"):
            method = self.method(info)
            if method is None:
                break
            node.methods.append(method)
            if self.match("}"):
                break
            self.consume_line("Expect newline after definition in class.")
        fn.cls, self.loop = outer, loop
        if info.attributes or info.method_attributes:
            node.attributes = (info.attributes, info.method_attributes)
        self.pop_scope()
        return node

    def method(self, info: ClassInfo) -> Method | None:
        """One method; None when it cannot be read."""
        while self.kinds[self.c] == "#":
            self.attribute()
        foreign = self.match("foreign")
        static = self.match("static")
        info.in_static = static
        kind = self.advance()
        line, start = self.lines[self.p], self.c
        outer = self.fn
        fn = Function(outer, method=True)
        params: list[Variable] = []
        self.fn = fn
        signature = self.signature(kind, params)
        if signature is None:
            self.fn = outer
            self.error("Expect method definition.")
            return None
        what, name, arity = signature
        info.signature = signature
        fn.initializer = what == "init"
        if static and fn.initializer:
            self.error("A constructor cannot be static.")
        text = describe(what, name, arity)
        self.keep_method_attributes(info, foreign, static, text)
        self.check_duplicate(info, text)
        node = Method(line, what, mangle(what, name, arity), text, arity, static, None)
        if foreign:
            self.fn = outer
            return node
        self.consume("{", "Expect '{' to begin method body.")
        node.body = Block(line, fn, params, self.body(), text)
        self.end_function(node.body, start)
        return node

    def check_duplicate(self, info: ClassInfo, text: str) -> None:
        methods = info.static_methods if info.in_static else info.methods
        if text in methods:
            static = "static " if info.in_static else ""
            self.error(f"Class {info.name} already defines a {static}method '{text}'.")
        methods.add(text)

    # -- signatures

    def signature(self, kind: str, params: list[Variable]) -> tuple[str, str, int] | None:
        """Kind, name and arity of the method whose first token is consumed."""
        if kind == "name":
            name = self.method_name()
            if self.setter_parameter(params):
                return "setter", name, 1
            if not self.match("("):
                return "getter", name, 0
            self.match_line()
            if not self.match(")"):
                self.parameters(params)
                self.consume(")", "Expect ')' after parameters.")
            return "method", name, len(params)
        if kind == "construct":
            return self.constructor_signature(params)
        if kind == "[":
            self.parameters(params)
            self.consume("]", "Expect ']' after parameters.")
            if self.setter_parameter(params):
                return "subscript setter", "", len(params)
            return "subscript", "", len(params)
        if kind in ("!", "~"):
            return "getter", kind, 0
        if kind == "-":
            if not self.match("("):
                return "getter", kind, 0
            return self.one_parameter(kind, params)
        if kind in _INFIX_ONLY:
            self.consume("(", "Expect '(' after operator name.")
            return self.one_parameter(kind, params)
        return None

    def one_parameter(self, kind: str, params: list[Variable]) -> tuple[str, str, int]:
        params.append(self.declare_named())
        params[-1].values.append(None)
        self.consume(")", "Expect ')' after parameter name.")
        return "method", kind, 1

    def setter_parameter(self, params: list[Variable]) -> bool:
        if not self.match("="):
            return False
        self.consume("(", "Expect '(' after '='.")
        self.one_parameter("=", params)
        return True

    def constructor_signature(self, params: list[Variable]) -> tuple[str, str, int]:
        self.consume("name", "Expect constructor name after 'construct'.")
        name = self.method_name()
        if self.match("="):
            self.error("A constructor cannot be a setter.")
        if not self.match("("):
            self.error("A constructor cannot be a getter.")
        elif not self.match(")"):
            self.parameters(params)
            self.consume(")", "Expect ')' after parameters.")
        return "init", name, len(params)

    # -- attributes

    def take_attributes(self) -> Attributes:
        """The attributes read so far, for the definition that follows them."""
        taken, self.attributes, self.attribute_count = self.attributes, {}, 0
        return taken

    def no_attributes(self) -> None:
        if self.attribute_count:
            self.error("Attributes can only specified before a class or a method")
            self.take_attributes()

    def keep_method_attributes(
        self, info: ClassInfo, foreign: bool, static: bool, text: str
    ) -> None:
        taken = self.take_attributes()
        if taken:
            prefix = ("foreign " if foreign else "") + ("static " if static else "")
            info.method_attributes[prefix + text] = taken

    def attribute(self) -> bool:
        """One attribute line; those marked `#!` are kept for run time."""
        if not self.match("#"):
            return False
        self.attribute_count += 1
        keep = self.match("!")
        if self.match("name"):
            self.attribute_group(self.texts[self.p], keep)
        else:
            self.error("Expect an attribute definition after #.")
        self.consume_line("Expect newline after attribute.")
        return True

    def attribute_group(self, name: str, keep: bool) -> None:
        if self.kinds[self.c] in ("=", "line"):
            value = self.attribute_value()
            if keep:
                self.add_attribute(None, name, value)
            return
        if not self.match("("):
            self.error("Expect an equal, newline or grouping after an attribute key.")
            return
        self.match_line()
        if self.match(")"):
            self.error("Expected attributes in group, group cannot be empty.")
            return
        while self.kinds[self.c] != ")":
            self.consume("name", "Expect name for attribute key.")
            key = self.texts[self.p]
            value = self.attribute_value()
            if keep:
                self.add_attribute(name, key, value)
            self.match_line()
            if not self.match(","):
                break
            self.match_line()
        self.match_line()
        self.consume(")", "Expected ')' after grouped attributes.")

    def add_attribute(self, group: str | None, key: str, value: str | float | bool | None) -> None:
        self.attributes.setdefault(group, {}).setdefault(key, []).append(value)

    def attribute_value(self) -> str | float | bool | None:
        """`= literal`, or nothing, which is null."""
        if not self.match("="):
            return None
        kind = self.advance()
        if kind in ("num", "str"):
            return self.values[self.p]
        if kind == "name":
            return self.texts[self.p]
        if kind in ("true", "false"):
            return kind == "true"
        self.p -= 1
        self.error("Expect a Bool, Num, String or Identifier literal for an attribute value.")
        self.p += 1
        return None

    # -- whole sources

    def parse_module(self) -> list[Node]:
        """A module's statements."""
        self.attributes = {}
        body: list[Node] = []
        self.match_line()
        while not self.match("eof"):
            self.definition_into(body)
            if not self.match_line():
                self.consume("eof", "Expect end of file.")
                break
        return body

    def parse_expression(self) -> Node:
        """A lone expression (Meta.compileExpression)."""
        self.attributes = {}
        self.match_line()
        node = self.expression()
        self.consume("eof", "Expect end of expression.")
        return node
