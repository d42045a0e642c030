"""Writing Lua text on Wren's line numbers."""

from __future__ import annotations

from .analysis import is_number
from .nodes import Node, Temp

# Helper functions of the runtime that emitted code reaches as locals of its chunk.
FUEL = "F[1]=F[1]-{0} if F[1]<0 then F.slice() end "
ENTRY = "F[1]=F[1]-{0} if F[1]<0 and F.slice({1}) then return (F.seg({2})) end "


class Writer:
    """Collects text. No Lua name of the writer's own looks like a Wren variable's: those end in `_`
    or in `_` and a number, and start with a letter or, if they are static fields, two `_`.
    `at(line)` brings the output to a line of the Wren source, so that what Lua
    says of a line is true of the source; lines never go back."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.write = self.out.append
        self.line = 1
        self.helpers: set[str] = set()
        self.temps = 0
        self.calls = 0  # calls and loops written so far
        self.blocks = 0  # and functions

    def at(self, line: int) -> None:
        if line > self.line:
            self.write("\n" * (line - self.line))
            self.line = line

    def helper(self, name: str) -> str:
        """A helper's name, noted as used."""
        self.helpers.add(name)
        return name

    def temp(self) -> str:
        self.temps += 1
        return f"_t{self.temps}"

    def expr(self, node: Node) -> None:
        """Write an expression that needs no statements."""
        raise NotImplementedError

    def to_temp(self, node: Node) -> Temp:
        """Write `local t = node`; the node that stands for it."""
        name = self.temp()
        number = is_number(node)
        self.write(f"local {name}=")
        self.expr(node)
        self.write("; ")
        return Temp(node.line, name, number)
