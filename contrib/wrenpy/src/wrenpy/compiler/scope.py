"""What names mean while a module is compiled: variables, functions, classes, modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .nodes import Node

MAX_LOCALS = 256
MAX_LUA_LOCALS = 120  # of Lua's 200: the emitter's temporaries and helpers need some
MAX_NAME = 64
MAX_FIELDS = 255
MAX_PARAMETERS = 16
MAX_CONSTANTS = 65536
MAX_MODULE_VARIABLES = 65536


class Variable:
    """A variable and the Lua text that names it.

    `kind` is local, spilled (a local kept in its function's table), module (a Lua local of the
    chunk), table (in the module's table), core (a core class, likewise) or far (a Lua local of an
    earlier chunk). `values` are the expressions it is given; None stands for an unknown one.
    """

    __slots__ = (
        "captured",
        "core",
        "defined",
        "home",
        "kind",
        "line",
        "lua",
        "name",
        "number",
        "values",
    )

    def __init__(self, name: str, lua: str, kind: str, line: int = 0) -> None:
        self.name = name
        self.lua = lua
        self.kind = kind
        self.core = kind == "core"
        self.line = line  # of the first use, for a module variable used before its definition
        self.defined = True
        self.captured = False
        self.number = False  # every value it ever has is a number
        self.home: Function | None = None
        self.values: list[Node | None] = []


class ClassInfo:
    """The class being compiled."""

    __slots__ = (
        "attributes", "fields", "foreign", "in_static", "method_attributes", "methods", "name",
        "signature", "static_methods", "statics",
    )  # fmt: skip

    def __init__(self, name: str, foreign: bool) -> None:
        self.name = name
        self.foreign = foreign
        self.fields: dict[str, int] = {}
        self.in_static = False
        self.methods: set[str] = set()
        self.static_methods: set[str] = set()
        self.signature: tuple[str, str, int] = ("getter", "", 0)
        self.statics: list[Variable] = []
        self.attributes: Attributes = {}
        self.method_attributes: dict[str, Attributes] = {}


# group (None: no group) -> key -> values
Attributes = dict[str | None, dict[str, list["str | float | bool | None"]]]


class Function:
    """A function being compiled: module body (no parent), method, or block."""

    __slots__ = (
        "captures", "cls", "constants", "count", "initializer", "method", "module_uses", "most",
        "parent", "scopes", "spilled",
    )  # fmt: skip

    def __init__(self, parent: Function | None, method: bool) -> None:
        self.parent = parent
        self.method = method
        self.initializer = False
        self.scopes: list[dict[str, Variable]] = [] if parent is None else [{}]
        self.cls: ClassInfo | None = None  # the class whose body is being read directly in here
        self.count = self.most = 1  # live locals, now and at most; the receiver is one
        self.constants: set[str | float] = set()
        self.module_uses: dict[Variable, int] = {}
        self.captures: set[Variable] = set()
        self.spilled = 0

    def spill(self, variable: Variable) -> None:
        """Keep a local in the function's table, past what Lua allows as locals or upvalues."""
        if variable.kind == "local":
            self.spilled += 1
            variable.kind = "spilled"
            variable.lua = f"_L{id(self)}[{self.spilled}]"

    def find(self, name: str) -> Variable | None:
        """The innermost local of this function with that name."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None


class ModuleScope:
    """A module's variables across the chunks compiled into it (`interpret` twice, Meta, REPL)."""

    def __init__(self, core: list[str]) -> None:
        self.variables: dict[str, Variable] = {}
        self.earlier: set[str] = set()  # what the chunk that is compiled may define again
        self.chunks = 0
        for name in core:
            self.variables[name] = Variable(name, name + "_", "core")

    def define(self, name: str) -> None:
        """Know of a variable that the host keeps in the module's table."""
        if name not in self.variables:
            self.variables[name] = Variable(name, f"G.{name}_", "table")

    def own_names(self) -> list[str]:
        """Names of the variables that the module defines itself."""
        return [n for n, v in self.variables.items() if v.defined and not v.core]

    def names(self) -> list[str]:
        """Names of the defined variables, in order of definition, core's first."""
        return [name for name, variable in self.variables.items() if variable.defined]
