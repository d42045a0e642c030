"""Statements to Lua, loops apart."""

from __future__ import annotations

from .emit_expressions import ExpressionEmitter
from .lua_text import lua_string
from .nodes import Assign, Call, Field, Literal, Name, Node, Super, This
from .scope import Variable
from .statement_nodes import Class, Define, Evaluate, If, Import, Jump, Loop, Return, Scope

CALLS = (Call, Super)


class StatementEmitter(ExpressionEmitter):
    """Writes statements. Each ends so that any other may follow."""

    initializer = False  # in a constructor, which returns its receiver

    def class_statement(self, node: Class) -> None:
        raise NotImplementedError

    def loop(self, node: Loop) -> None:
        raise NotImplementedError

    def body(self, statements: list[Node]) -> None:
        for node in statements:
            self.statement(node)
            if isinstance(node, (Return, Jump)):
                return  # Lua allows nothing after these, and nothing would run

    def statement(self, node: Node) -> None:
        if node.line > self.line:
            self.at(node.line)
        if isinstance(node, Define):
            self.define(node.var, self.lowered(node.value))
        elif isinstance(node, Evaluate):
            self.evaluate(node.value)
        elif isinstance(node, If):
            self.if_statement(node)
        elif isinstance(node, Return):
            self.return_statement(node)
        elif isinstance(node, Loop):
            self.loop(node)
        elif isinstance(node, Scope):
            self.write("do ")
            self.body(node.body)
            self.write("end; ")
        elif isinstance(node, Jump):
            self.write("break; " if node.loop is None else f"goto c_{id(node.loop)}; ")
        elif isinstance(node, Class):
            self.class_statement(node)
        elif isinstance(node, Import):
            self.import_statement(node)
        else:
            raise AssertionError(node)

    def inner(self, node: Node) -> None:
        """A statement that has a Lua block to itself."""
        if isinstance(node, Scope):
            self.body(node.body)
        else:
            self.statement(node)

    def evaluate(self, node: Node) -> None:
        """An expression for its effect."""
        if isinstance(node, (Literal, This)):
            return
        self.write("do ")  # what temporaries it needs end with it
        if isinstance(node, Assign):
            self.assign(node.target, self.lowered(node.value))
        else:
            node = self.lowered(node)
            if not isinstance(node, CALLS):
                self.write("local _=")
            self.expr(node)
        self.write(" end; ")

    # -- variables

    def define(self, variable: Variable, value: Node) -> None:
        if variable.kind == "local":
            self.write(f"local {variable.lua}=")
            self.expr(value)
            self.write("; ")
        else:
            self.assign(Name(value.line, variable), value)

    def assign(self, target: Node, value: Node) -> None:
        if isinstance(target, Name):
            variable = target.var
            if variable.kind == "far":
                self.write(f"{self.helper('X')}.far.{variable.name}_(true,")
                self.expr(value)
                self.write("); ")
                return
            self.write(variable.lua)
        else:
            assert isinstance(target, Field)
            self.write(self.field_text(target))
        self.write("=")
        self.expr(value)
        self.write("; ")

    def import_statement(self, node: Import) -> None:
        hidden = [v.lua for _, v, _ in node.names if v.kind == "local"]
        if hidden:
            self.write(f"local {','.join(hidden)}; ")
        self.helper("X")
        self.write(f"do local _m={self.helper('import')}(X,{lua_string(node.module)}); ")
        for source, variable, line in node.names:
            self.at(line)
            imported = f'{self.helper("imported")}(_m,"{source}")'
            far = variable.kind == "far"
            target = (
                f"X.far.{variable.name}_(true,{imported})" if far else f"{variable.lua}={imported}"
            )
            self.write(target + "; ")
        self.write("end; ")

    # -- control

    def if_statement(self, node: If) -> None:
        """An `else if` becomes Lua's `elseif` as long as its condition is a Lua expression."""
        closers = "end; "
        keyword = "if "
        current = node
        while True:
            condition = current.condition
            if condition.stmt:
                self.write("else do " if keyword == "elseif " else "do ")
                closers = "end; end; " + closers if keyword == "elseif " else "end; end; "
                condition = self.lowered(condition)
                keyword = "if "
            self.write(keyword)
            self.expr(condition)
            self.write(" then ")
            self.inner(current.then)
            other = current.other
            if other is None:
                break
            if isinstance(other, If):
                current, keyword = other, "elseif "
                continue
            self.write("else ")
            self.inner(other)
            break
        self.write(closers)

    def return_statement(self, node: Return) -> None:
        if node.value is None:
            self.write(f"do return {'self' if self.initializer else 'nil'} end; ")
            return
        # Parentheses keep the frame: a tail call would lose it from stack traces.
        self.write("do ")
        value = self.lowered(node.value)
        self.write("return (")
        self.expr(value)
        self.write(") end; ")
