"""Class definitions to Lua, and where fields live.

An instance is a Lua table. Its fields have integer slots if the whole chain of superclasses is
known here, past the inherited ones; else each has a key that no other class can name.
"""

from __future__ import annotations

from .emit_blocks import BlockEmitter, parameter_name
from .lua_text import lua_number, lua_string
from .nodes import Field, Name, Node
from .scope import Attributes, ClassInfo, Variable
from .statement_nodes import Class, Method

MAX_PRESIZE = 32


class Emitter(BlockEmitter):
    """Writes a whole chunk."""

    def __init__(self, unit: int) -> None:
        super().__init__()
        self.unit = unit
        self.functions = {}
        self.layouts: dict[ClassInfo, int | str] = {}  # slots before the first, or a key's suffix
        self.classes: dict[Variable, ClassInfo] = {}

    def field_text(self, node: Field) -> str:
        layout = self.layouts[node.cls]
        if isinstance(layout, int):
            return f"self[{layout + node.cls.fields[node.name]}]"
        return f'self["{node.name}{layout}"]'

    def layout(self, node: Class) -> int | str:
        superclass = node.superclass
        if superclass is None:
            return 0
        if isinstance(superclass, Name):
            variable = superclass.var
            if variable.kind == "core" and variable.name == "Object":
                return 0
            info = self.classes.get(variable)
            if info is not None:
                base = self.layouts[info]
                if isinstance(base, int):
                    return base + len(info.fields)
        return f"@{self.unit}.{len(self.layouts)}"

    def class_statement(self, node: Class) -> None:
        info, variable = node.info, node.var
        self.layouts[info] = self.layout(node)
        if variable.values == [None]:
            self.classes[variable] = info
        superclass: Node | None = node.superclass
        if superclass is not None:
            superclass = self.lowered(superclass)
        if variable.kind == "local":
            self.write(f"local {variable.lua}; ")
        target = f"X.far.{variable.name}_(true," if variable.kind == "far" else variable.lua + "="
        self.helpers.add("X")
        self.write(f"{target}{self.helper('class')}(X,{lua_string(info.name)},")
        if superclass is None:
            self.write("nil,true")
        else:
            self.expr(superclass)
            self.write(",false")
        self.write(f",{-1 if info.foreign else len(info.fields)})")
        self.write(")" if variable.kind == "far" else "")
        self.write("; do local M,S,P=")
        self.call_helper("parts", [Name(node.line, variable)])
        self.write("; ")
        for static in info.statics:
            if static.kind == "local":
                self.write(f"local {static.lua}; ")
        for method in node.methods:
            self.method(info, method)
        if any(m.mangled in ("_eq", "_ne", "_not", "_is") for m in node.methods):
            self.write(f"{self.helper('own_equality')}(); ")
        if node.attributes:
            self.write(f"{self.helper('attributes')}(M,")
            self.attribute_table(node.attributes[0])
            self.write(",{")
            for signature, attributes in node.attributes[1].items():
                self.write(f"{lua_string(signature)},")
                self.attribute_table(attributes)
                self.write(",")
            self.write("}); ")
        self.write("end; ")

    def method(self, info: ClassInfo, method: Method) -> None:
        self.at(method.line)
        home = "S" if method.static else "M"
        body = method.body
        if body is None:
            self.write(
                f"{home}.{method.mangled}={self.helper('foreign')}(X,{lua_string(info.name)},"
                f"{'true' if method.static else 'false'},{lua_string(method.signature)},"
                f"{method.arity}); "
            )
            return
        names = [parameter_name(p) for p in body.params]
        args = ["self", *names]
        self.write(f"{home}.{method.mangled}=function({','.join(args)}) ")
        outer, self.static = self.static, method.static
        self.function_body(body, args)
        self.static = outer
        self.write("; ")
        if method.kind == "init":
            self.constructor(info, method, names)

    def constructor(self, info: ClassInfo, method: Method, names: list[str]) -> None:
        """The method of the metaclass that makes an instance and initializes it."""
        args = ",".join(["cls", *names])
        called = f"M.{method.mangled}({','.join(['self', *names])})"
        static = f"{method.mangled[:-2]}"
        # A parameter too many tells it from methods, for stack traces.
        self.write(f"S.{static}=function({args},_w) ")
        if info.foreign:
            allocate = self.helper("allocate")
            self.write(f"local self={allocate}({args}) ")
        else:
            layout = self.layouts[info]
            count = layout + len(info.fields) if isinstance(layout, int) else 0
            # LuaJIT copies a table of constants faster than it makes room for nils.
            slots = range(1, min(count, MAX_PRESIZE) + 1)
            self.helpers.add("setmetatable")
            self.write(f"local self=setmetatable({{{','.join('false' for _ in slots)}}},M) ")
            self.write("".join(f"self[{slot}]=nil " for slot in slots))
        self.write(f"{called} return self end; ")

    def attribute_table(self, attributes: Attributes) -> None:
        """Groups as `{group, {key, {values}...}...}`: pairs in order, for the runtime to map."""
        self.write("{")
        for group, keys in attributes.items():
            self.write("NULL," if group is None else f"{lua_string(group)},")
            self.write("{")
            for key, values in keys.items():
                texts = ",".join(literal_text(value) for value in values)
                self.write(f"{lua_string(key)},{{[0]={len(values)},{texts}}},")
            self.write("},")
        self.write("}")
        self.helpers.add("NULL")


def literal_text(value: str | float | bool | None) -> str:
    """An attribute's value as Lua text."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    return lua_string(value) if isinstance(value, str) else lua_number(value)
