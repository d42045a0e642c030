"""Compiling one source: parse, analyse, emit."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .analysis import find_numbers, place_variables
from .classes import Parser
from .emit_classes import Emitter
from .lexer import Lexer, Note
from .nodes import Node
from .scope import ModuleScope, Variable
from .statement_nodes import Evaluate, Return

Kind = Literal["module", "again", "entry", "function", "expression"]


class CompiledUnit(NamedTuple):
    """A Lua chunk to be called with the runtime and the module's record; `declared` are the names
    of the module variables it defines. Called, a chunk of kind "function" or "expression" gives
    a Wren function; one of the other kinds runs the module, and an "entry" gives the value of its
    last expression. "again" and "entry" may define again what earlier chunks have defined."""

    lua: str
    declared: list[str]
    functions: dict[tuple[int, int], str]  # names, by line of definition and Lua parameters


class CompileFailed(Exception):
    """The source has errors."""

    def __init__(self, notes: list[Note]) -> None:
        super().__init__(f"{len(notes)} compile errors")
        self.notes = notes


def compile_module(
    source: str, scope: ModuleScope, unit: int, kind: Kind = "module", shared: bool = False
) -> CompiledUnit:
    """Compile `source` (bytes as Latin-1 text) as the `unit`th chunk of its VM.

    Raises:
        CompileFailed: with every error found; `scope` is then as it was.
    """
    known = dict(scope.variables)
    scope.earlier = set(scope.own_names()) if kind in ("again", "entry") else set()
    tokens = Lexer(source).run()
    parser = Parser(tokens, scope)
    try:
        try:
            body: list[Node]
            if kind == "expression":
                value = parser.parse_expression()
                body = [Return(value.line, value)]
            else:
                body = parser.parse_module()
                if kind == "entry" and body and isinstance(last := body[-1], Evaluate):
                    body[-1] = Return(last.line, last.value)
            # The reference reads one token past the parser's next, and no further.
            read = [note for note in tokens.errors if note.token <= parser.c + 1]
            notes = sorted(read + parser.errors, key=lambda note: note.line)
            notes += undefined(scope)
            if notes:
                raise CompileFailed(notes)
            declared = [name for name in scope.variables if name not in known]
            lua, functions = emit(parser, scope, body, unit, kind, shared)
            return CompiledUnit(lua, declared, functions)
        except RecursionError:
            note = Note(parser.lines[parser.p], "Error: The source is nested too deeply.")
            raise CompileFailed([note]) from None
    except CompileFailed:
        scope.variables = known
        raise


def undefined(scope: ModuleScope) -> list[Note]:
    """Errors for the variables used but never defined."""
    return [
        Note(v.line, f"Error at '{name}': Variable is used but not defined.")
        for name, v in scope.variables.items()
        if not v.defined
    ]


def emit(
    parser: Parser, scope: ModuleScope, body: list[Node], unit: int, kind: Kind, shared: bool
) -> tuple[str, dict[tuple[int, int], str]]:
    """The Lua text of a parsed source, and the names of its functions."""
    variables = list(scope.variables.values())
    # A module variable that functions use may be given another kind of value by a later chunk.
    open_to_others = shared or kind != "module" or parser.imports_meta
    used = {v for fn in parser.functions for v in fn.module_uses}
    own = [] if open_to_others else [v for v in variables if v not in used]
    find_numbers([*parser.locals, *own])
    is_function = kind in ("function", "expression")
    place_variables(parser.functions, parser.fn, variables, shared or is_function)
    emitter = Emitter(unit)
    emitter.fn = parser.fn
    # Helpers are upvalues of the body, not its locals: closures then share them at no cost.
    emitter.write("return function(_n) " if is_function else "return function() ")
    emitter.functions[1, 1 if is_function else 0] = "(script)"
    emitter.write(own_variables(parser, variables))
    emitter.body(body)
    emitter.write(" end")
    text = header(emitter, parser, variables) + "".join(emitter.out)
    for variable in variables:
        variable.values.clear()
        if variable.kind == "module":
            variable.kind, variable.number = "far", False
    return text, emitter.functions


def header(emitter: Emitter, parser: Parser, variables: list[Variable]) -> str:
    """The start of the chunk's first line: helpers and core classes as Lua locals."""
    helpers = sorted({*emitter.helpers, "F"} - {"X"})
    names = ",".join(helpers)
    values = ",".join(f"R.{name}" for name in helpers)
    text = f"local R,X=... local G,{names}=X.G,{values}; "
    core = [v.lua for v in variables if v.kind == "core" and v in parser.fn.module_uses]
    if core:
        text += f"local {','.join(core)}={','.join('G.' + name for name in core)}; "
    return text


def own_variables(parser: Parser, variables: list[Variable]) -> str:
    """Module variables as locals of the module's body, and how others reach them."""
    own = [v.lua for v in variables if v.kind == "module"]
    text = f"local {','.join(own)}; " if own else ""
    for name in own:
        text += f"X.far.{name}=function(w,v) if w then {name}=v else return {name} end end; "
    if parser.fn.spilled:
        text += f"local _L{id(parser.fn)}={{}}; "
    return text
