"""A script as Monty runs it: the same program, with what Monty lacks spelt out.

- The module becomes a function `_ps_module` whose names are global, so that `await` may stand at
  its top and several programs can wait side by side; its last expression is what it returns.
- Each statement is guarded, which costs nothing until it fails: Monty forgets where an error was
  once it is caught, so each guard notes its statement (`_ps_at`) as the error passes.
- Loops note where they are (`_ps_here`), so that the error of a limit has a line.
- Imports of what Monty does not bring go through `_ps_import` and `_ps_from`.
- `async for` becomes a `while` over the stream's `next`.
- Attributes that may be properties of handles, details of errors, or parts of imported modules
  are read through `_ps_get`.

The result is source text; lines are kept in `Sites`, not in the text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, NamedTuple

from polyspell_python.expressions import Expressions
from polyspell_python.imports import imports, own_modules
from polyspell_python.language import check
from polyspell_python.names import bound
from polyspell_python.sites import Sites
from polyspell_python.source import normal, parse, syntax_error

Definition = ast.FunctionDef | ast.AsyncFunctionDef
_UNGUARDED = (ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.Try)


class Program(NamedTuple):
    """Text for Monty, and the heads of the functions that the script defines, by name."""

    code: str
    functions: dict[str, list[Definition]]


def rewrite(
    text: str, name: str, file: str | None, sites: Sites, properties: Iterable[str], *, module: bool
) -> Program:
    """Rewrite a script.

    Args:
        text: the script.
        name: how errors call it.
        file: what its imports are relative to.
        sites: where its statements are entered.
        properties: names that may be properties of handles.
        module: whether it is imported: then it cannot wait at its top.

    Raises:
        ScriptError: it is not Python, or not what Monty speaks; with the line.
    """
    text = normal(text)
    tree = parse(text, name, top_level_await=not module)
    check(tree, name, text)
    sites.sources[name] = text
    try:
        names = bound(tree)
        own = own_modules(tree)
        expressions = Expressions(tree, text, frozenset(properties), own, names)
        writer = _Writer(expressions, name, file, sites)
        writer.program(tree, names, module)
    except RecursionError:
        raise syntax_error("The script is nested too deeply.", name, 1, text) from None
    return Program("\n".join(writer.lines), writer.functions)


class _Writer:
    """Writes statements, one line after the other, indented by a blank for each level."""

    def __init__(self, expressions: Expressions, name: str, file: str | None, sites: Sites) -> None:
        self.lines: list[str] = []
        self.functions: dict[str, list[Definition]] = {}
        self._text, self._head = expressions.text, expressions.head
        self._name, self._file, self._sites = name, file, sites
        self._function, self._scope = "<module>", sites.scope()
        self._level = 0
        self._loop = 0
        self._streams = 0

    def program(self, tree: ast.Module, names: list[str], module: bool) -> None:
        self._line("def _ps_module():" if module else "async def _ps_module():")
        last = tree.body[-1] if tree.body and not module else None
        self._level += 1
        if names:
            self._line(f"global {', '.join(names)}")
        if isinstance(last, ast.Expr):
            tree.body[-1] = ast.copy_location(ast.Return(last.value), last)
        self._statements(tree.body)
        self._line("pass")
        self._level -= 1

    def _line(self, text: str) -> None:
        self.lines.append(" " * self._level + text)

    def _block(self, statements: list[ast.stmt], *before: str) -> None:
        self._level += 1
        for each in before:
            self._line(each)
        self._statements(statements)
        if not statements:
            self._line("pass")
        self._level -= 1

    def _statements(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            site = self._sites.add(statement, self._name, self._function, self._scope)
            if _harmless(statement):
                self._statement(statement, site)
                continue
            if isinstance(statement, ast.For | ast.While | ast.AsyncFor):
                self._line(f"_ps_here[0] = {site}")
            self._line("try:")
            self._level += 1
            self._statement(statement, site)
            self._level -= 1
            self._line("except BaseException as _ps_error:")
            self._line(f" _ps_at(_ps_error, {site}); raise")

    def _statement(self, node: ast.stmt, site: int) -> None:
        write = getattr(self, f"_write_{type(node).__name__.lower()}", None)
        if write is not None:
            write(node, site)
        else:
            self._line(self._text(node))

    # -- statements with statements in them -----------------------------------------------------

    def _write_if(self, node: ast.If, site: int, word: str = "if") -> None:
        self._line(f"{word} {self._text(node.test)}:")
        self._block(node.body)
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            self._write_if(node.orelse[0], site, "elif")
        else:
            self._else("else", node.orelse)

    def _else(self, word: str, body: list[ast.stmt]) -> None:
        if body:
            self._line(f"{word}:")
            self._block(body)

    def _write_while(self, node: ast.While, site: int) -> None:
        self._looping(f"while {self._text(node.test)}:", node, site)

    def _write_for(self, node: ast.For, site: int) -> None:
        head = f"for {self._text(node.target)} in {self._text(node.iter)}:"
        self._looping(head, node, site)

    def _looping(self, head: str, node: Any, site: int, *before: str) -> None:
        """A loop; after it, the one around it is where the script is."""
        outer, self._loop = self._loop, site
        self._line(head)
        self._block(node.body, *before)
        self._loop = outer
        self._else("else", node.orelse)
        if outer:
            self._line(f"_ps_here[0] = {outer}")

    def _write_asyncfor(self, node: ast.AsyncFor, site: int) -> None:
        self._streams += 1
        stream, item = f"_ps_stream{self._streams}", f"_ps_item{self._streams}"
        self._line(f"{stream} = _ps_iterate({self._text(node.iter)})")
        self._line("try:")
        self._level += 1
        head = f"while ({item} := (await _ps_next({stream}))) is not _ps_end:"
        self._looping(head, node, site, f"{self._text(node.target)} = {item}")
        self._level -= 1
        self._line(f"finally: await _ps_leave({stream})")

    def _write_with(self, node: ast.With, site: int) -> None:
        self._line(self._head(node))
        self._block(node.body)

    def _write_try(self, node: ast.Try, site: int) -> None:
        self._line("try:")
        self._block(node.body)
        for handler in node.handlers:
            kind = f" {self._text(handler.type)}" if handler.type else ""
            self._line(f"except{kind}{f' as {handler.name}' if handler.name else ''}:")
            self._block(handler.body)
        self._else("else", node.orelse)
        self._else("finally", node.finalbody)

    def _write_match(self, node: ast.Match, site: int) -> None:
        self._line(f"match {self._text(node.subject)}:")
        self._level += 1
        for case in node.cases:
            guard = f" if {self._text(case.guard)}" if case.guard else ""
            self._line(f"case {ast.unparse(case.pattern)}{guard}:")
            self._block(case.body)
        self._level -= 1

    def _write_functiondef(self, node: Definition, site: int) -> None:
        self.functions.setdefault(node.name, []).append(_without_body(node))
        before = self._function, self._scope, self._loop
        for line in self._head(node).splitlines():
            self._line(line)
        self._function, self._scope, self._loop = node.name, self._sites.scope(), 0
        self._block(node.body)
        self._function, self._scope, self._loop = before

    _write_asyncfunctiondef = _write_functiondef

    def _write_classdef(self, node: ast.ClassDef, site: int) -> None:
        for line in self._head(node).splitlines():
            self._line(line)
        around, self._function = self._function, node.name
        self._level += 1
        for member in node.body:  # Monty takes nothing around a member
            self._statement(member, site)
        self._level -= 1
        self._function = around

    # -- statements that are spelt out ----------------------------------------------------------

    def _write_annassign(self, node: ast.AnnAssign, site: int) -> None:
        """At the top of a module names are global, and such take no annotation."""
        if self._function != "<module>" or not node.simple:
            self._line(self._text(node))
        elif node.value is not None:
            self._line(f"{self._text(node.target)} = {self._text(node.value)}")
        else:
            self._line("pass")

    def _write_import(self, node: ast.Import, site: int) -> None:
        for line in imports(node, self._file):
            self._line(line)

    def _write_importfrom(self, node: ast.ImportFrom, site: int) -> None:
        for line in imports(node, self._file):
            self._line(line)

    def _write_return(self, node: ast.Return, site: int) -> None:
        self._line(f"return {self._text(node.value)}" if node.value else "return")


def _harmless(node: ast.stmt) -> bool:
    """Whether a statement cannot fail, or guards itself."""
    if isinstance(node, Definition):
        defaults = [*node.args.defaults, *node.args.kw_defaults]
        return not node.decorator_list and all(map(_is_constant, defaults))
    if isinstance(node, ast.Assign):
        return _is_constant(node.value) and all(isinstance(t, ast.Name) for t in node.targets)
    return isinstance(node, _UNGUARDED) or (isinstance(node, ast.Expr) and _is_constant(node.value))


def _is_constant(node: ast.expr | None) -> bool:
    return node is None or isinstance(node, ast.Constant)


def _without_body(node: Definition) -> Definition:
    """A function's head, and its docstring."""
    fields: dict[str, Any] = {name: getattr(node, name, None) for name in node._fields}
    short = type(node)(**{**fields, "body": node.body[:1], "decorator_list": []})
    return ast.copy_location(short, node)
