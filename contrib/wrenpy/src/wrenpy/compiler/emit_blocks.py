"""Loops and functions to Lua: what charges fuel."""

from __future__ import annotations

from .analysis import is_number
from .emit_base import ENTRY, FUEL
from .emit_statements import StatementEmitter
from .nodes import Binary, Block, Temp
from .scope import Function, Variable
from .statement_nodes import Loop

# Slots of Lua's stack that a call takes besides its variables; a block is called through functions
# of the runtime, which take as many again.
FRAME = 12


class BlockEmitter(StatementEmitter):
    """Writes loops and functions."""

    fn: Function
    functions: dict[tuple[int, int], str]

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
        slots = (FRAME if node.fn.method else 2 * FRAME) + node.fn.most
        entry, calls = len(self.out), self.calls
        self.write(ENTRY.format(slots + node.weight, slots, ",".join(args)))
        if node.fn.spilled:
            self.write(f"local _L{id(node.fn)}={{}}; ")
            for parameter in node.params:
                if parameter.kind == "spilled":
                    self.write(f"{parameter.lua}={parameter_name(parameter)}; ")
        self.body(node.body)
        if self.calls == calls and node.weight < 5:
            self.out[entry] = ""  # a getter or the like: it calls nothing, its caller paid
        if self.initializer:
            self.write("return self ")
        self.at(node.end_line)
        self.write("end")
        self.fn, self.initializer = outer, initializer


def parameter_name(variable: Variable) -> str:
    """A parameter is a Lua local even when it is then spilled."""
    return variable.lua if variable.kind == "local" else f"_p{id(variable)}"
