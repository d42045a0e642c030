"""Statements and functions to Lua."""

from __future__ import annotations

from .analysis import is_number
from .emit_base import ENTRY, FUEL
from .emit_expressions import ExpressionEmitter
from .lua_text import lua_string
from .nodes import (
    Assign,
    Binary,
    Block,
    Call,
    Class,
    Define,
    Evaluate,
    Field,
    If,
    Import,
    Jump,
    Literal,
    Loop,
    Name,
    Node,
    Return,
    Scope,
    Super,
    Temp,
    This,
)
from .scope import Function, Variable

CALLS = (Call, Super)


class StatementEmitter(ExpressionEmitter):
    """Writes statements. Each ends so that any other may follow."""

    fn: Function
    initializer = False
    functions: dict[tuple[int, int], str]

    def class_statement(self, node: Class) -> None:
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
            self.write(f'{variable.lua}={self.helper("imported")}(_m,"{source}"); ')
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

    def loop(self, node: Loop) -> None:
        head = node.head
        if node.var is None:
            self.while_loop(node)
        elif isinstance(head, Binary) and head.op in ("..", "...") and is_number(head.children[0]):
            self.range_loop(node, head)
        else:
            self.sequence_loop(node)

    def while_loop(self, node: Loop) -> None:
        if node.head.stmt:
            self.write("while true do ")
            condition = self.lowered(node.head)
            self.write("if not ")
            self.expr(condition)
            self.write(" then break end; ")
        else:
            self.write("while ")
            self.expr(node.head)
            self.write(" do ")
        self.loop_body(node, None, "")

    def range_loop(self, node: Loop, head: Binary) -> None:
        """`for (i in a..b)` where a is a number: a Lua numeric loop."""
        self.write("do ")
        head.children = list(head.children)
        if head.children[0].stmt or head.children[1].stmt:
            self.lower_children(head.children)
        start, stop, step = self.temp(), self.temp(), self.temp()
        inclusive = "true" if head.op == ".." else "false"
        self.write(f"local {start},{stop},{step}={self.helper('bounds')}({inclusive},")
        self.list_of(head.children)
        index = self.temp()
        self.write(f"); for {index}={start},{stop},{step} do ")
        self.loop_body(node, node.var, index)
        self.write("end; ")

    def sequence_loop(self, node: Loop) -> None:
        self.write("do ")
        head = self.lowered(node.head)
        iterator, value = self.temp(), self.temp()
        self.write(f"for {iterator},{value} in {self.helper('iter')}(")
        self.expr(head)
        self.write(") do ")
        self.loop_body(node, node.var, value)
        self.write("end; ")

    def loop_body(self, node: Loop, variable: Variable | None, value: str) -> None:
        """The body, its fuel and its `continue` label, up to the loop's end."""
        self.calls += 1
        fuel, blocks = len(self.out), self.blocks
        self.write("")
        if variable is not None:
            self.define(variable, Temp(node.line, value))
        assert node.body is not None
        if node.continues:
            # Lua lets no `goto` jump into the scope of a local.
            self.write("do ")
            self.inner(node.body)
            self.write(f"end; ::c_{id(node)}:: ")
        else:
            self.inner(node.body)
        self.write("end; ")
        # A closure made in each round costs more than its text says.
        self.out[fuel] = FUEL.format(node.weight + 8 * (self.blocks - blocks))

    # -- functions

    def function(self, node: Block) -> None:
        """A block argument. Its hidden first parameter is the number of arguments given."""
        self.at(node.line)
        self.calls += 1
        self.blocks += 1
        names = [parameter_name(p) for p in node.params]
        self.write(f"function({','.join(['_n', *names])}) ")
        self.write(f"if _n<{len(names)} then return F.short(_n,{len(names)}) end ")
        self.function_body(node, ["_n", *names])

    def function_body(self, node: Block, args: list[str]) -> None:
        """The rest of a function after its parameters, up to its `end`."""
        self.functions.setdefault((self.line, len(args)), node.name)
        outer, self.fn = self.fn, node.fn
        initializer, self.initializer = self.initializer, node.fn.initializer
        # Fuel bounds the stack too: a call costs about as much as the slots it takes.
        cost = 12 + node.fn.count + node.weight
        entry, calls = len(self.out), self.calls
        self.write(ENTRY.format(cost, ",".join(args)))
        if node.fn.spilled:
            self.write(f"local _L{id(node.fn)}={{}}; ")
            for parameter in node.params:
                if parameter.kind == "spilled":
                    self.write(f"{parameter.lua}={parameter_name(parameter)}; ")
        self.body(node.body)
        if self.calls == calls and node.weight < 3:
            self.out[entry] = ""  # a getter or the like: it calls nothing, its caller paid
        if self.initializer:
            self.write("return self ")
        self.at(node.end_line)
        self.write("end")
        self.fn, self.initializer = outer, initializer


def parameter_name(variable: Variable) -> str:
    """A parameter is a Lua local even when it is then spilled."""
    return variable.lua if variable.kind == "local" else f"_p{id(variable)}"
