"""What is known about a module before it is emitted: which variables are surely numbers, and
which have to leave Lua's locals because Lua allows too few of them."""

from __future__ import annotations

from collections.abc import Iterable

from .nodes import Assign, Binary, Literal, Name, Node, Temp, Unary
from .scope import MAX_LUA_LOCALS, Function, Variable

# LuaJIT closures hold 60 upvalues; helpers of the runtime need their share.
MAX_CAPTURES = 30

ARITHMETIC = frozenset(("+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^"))


def is_number(node: Node) -> bool:
    """Whether an expression, if it yields at all, yields a number.

    An arithmetic operator on a number gives a number or an error, whatever its right side.
    """
    while True:
        if isinstance(node, Binary):
            if node.op not in ARITHMETIC:
                return False
            node = node.children[0]
        elif isinstance(node, Unary):
            if node.op == "!":
                return False
            node = node.children[0]
        elif isinstance(node, Name):
            return node.var.number
        elif isinstance(node, Literal):
            return node.kind == "num"
        elif isinstance(node, Assign):
            node = node.value
        else:
            return isinstance(node, Temp) and node.number


def find_numbers(variables: Iterable[Variable]) -> None:
    """Set `number` of each variable: assume it of all, then refute until nothing changes."""
    candidates = [v for v in variables if v.values and None not in v.values]
    for variable in candidates:
        variable.number = True
    refuted = True
    while refuted:
        refuted = False
        for variable in candidates:
            if variable.number and not all(is_number(v) for v in variable.values if v):
                variable.number = False
                refuted = True


def place_variables(
    functions: list[Function], main: Function, module: list[Variable], shared: bool
) -> None:
    """Decide which module variables become Lua locals of the chunk, and spill captured locals.

    `shared` keeps all in the module's table, for code that other chunks will see.
    """
    for fn in functions:
        if len(fn.captures) > MAX_CAPTURES:
            for variable in fn.captures:
                assert variable.home is not None
                variable.home.spill(variable)
    uses = main.module_uses
    for variable in module:
        if variable.kind == "core" and len(variable.values) > 0:
            to_table(variable)
    if shared:
        for variable in module:
            if variable.kind == "module":
                to_table(variable)
    for fn in functions:
        held = [v for v in fn.module_uses if v.kind in ("module", "core")]
        excess = len(held) + len(fn.captures) - MAX_CAPTURES
        if excess > 0:
            for variable in sorted(held, key=lambda v: uses.get(v, 0))[:excess]:
                to_table(variable)
    held = [v for v in module if v.kind == "module" or (v.kind == "core" and v in uses)]
    excess = len(held) - MAX_LUA_LOCALS + 40
    if excess > 0:
        for variable in sorted(held, key=lambda v: uses.get(v, 0))[:excess]:
            to_table(variable)


def to_table(variable: Variable) -> None:
    """Keep a module variable in the module's table."""
    variable.kind = "table"
    variable.lua = f"G.{variable.name}_"
