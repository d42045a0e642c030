"""A script as Monty runs it: the same program, with what Monty lacks spelt out.

- The module becomes a function `_ps_module` whose names are global, so that `await` may stand at
  its top and several programs can wait side by side; its last expression is what it returns.
- Each statement is guarded, which costs nothing until it fails: Monty forgets where an error was
  once it is caught, so each guard notes its statement (`_ps_at`) as the error passes.
- Loops note where they are, so that the error of a limit has a line.
- Imports of what Monty does not bring go through `_ps_import` and `_ps_from`.
- `async for` becomes a `while` over the stream's `next`.
- Attributes that may be properties of handles, details of errors, or parts of imported modules
  are read through `_ps_get`.

The result is source text; lines are kept in `Sites`, not in the text.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from polyspell_python.language import NATIVE_MODULES, check
from polyspell_python.sites import Sites
from polyspell_python.source import parse, syntax_error

ERROR_DETAILS = frozenset({"code", "message", "hint", "context"})
_SIMPLE = (ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal)


class Program(NamedTuple):
    """Text for Monty, and the functions that the script defines, by name."""

    code: str
    functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]]


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
    tree = parse(text, name, top_level_await=not module)
    check(tree, name, text)
    sites.sources[name] = text
    try:
        return _Rewriter(tree, text, name, file, sites, frozenset(properties)).program(module)
    except RecursionError:
        raise syntax_error("The script is nested too deeply.", name, 1, text) from None


class _Rewriter(ast.NodeTransformer):
    def __init__(
        self,
        tree: ast.Module,
        text: str,
        name: str,
        file: str | None,
        sites: Sites,
        properties: frozenset[str],
    ) -> None:
        self._tree, self._text, self._name, self._file = tree, text, name, file
        self._sites = sites
        self._looked_up = properties | ERROR_DETAILS
        self._modules = {
            (alias.asname or alias.name).partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
            if not _native(node, alias) and not getattr(node, "module", None)
        }
        self._function, self._scope = "<module>", sites.scope()
        self._loop = 0
        self._streams = 0
        self._functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}

    def program(self, module: bool) -> Program:
        body = self._tree.body
        if not module and body and isinstance(body[-1], ast.Expr):
            body[-1] = ast.copy_location(ast.Return(body[-1].value), body[-1])
        names = symtable.symtable(self._text, self._name, "exec")
        bound = sorted(s.get_name() for s in names.get_symbols() if s.is_local())
        start: list[ast.stmt] = [ast.Global(bound)] if bound else []
        make = _define if module else _define_async
        whole = make("_ps_module", start + (self._block(body) or [ast.Pass()]))
        return Program(ast.unparse(ast.fix_missing_locations(whole)), self._functions)

    # -- statements -----------------------------------------------------------------------------

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for index, statement in enumerate(statements):
            if index == 0 and _is_docstring(statement):
                result.append(statement)
                continue
            site = self._sites.add(statement, self._name, self._function, self._scope)
            result.extend(self._statement(statement, site))
        return result

    def _statement(self, statement: ast.stmt, site: int) -> list[ast.stmt]:
        if isinstance(statement, ast.For | ast.While | ast.AsyncFor):
            outer, self._loop = self._loop, site
            done = self._guard(_list(self.visit(statement)), site)
            self._loop = outer
            return [_mark(site), *done, *([_mark(outer)] if outer else [])]
        changed = _list(self.visit(statement))
        return changed if _harmless(statement) else self._guard(changed, site)

    def _guard(self, statements: list[ast.stmt], site: int) -> list[ast.stmt]:
        """The statements, noting `site` where they fail."""
        note = ast.Expr(_call("_ps_at", _name("_ps_error"), ast.Constant(site)))
        handler = ast.ExceptHandler(_name("BaseException"), "_ps_error", [note, ast.Raise()])
        return [ast.Try(statements, [handler], [], [])] if statements else []

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit expressions as usual, and lists of statements as blocks."""
        for field, old in ast.iter_fields(node):
            if isinstance(old, list) and old and isinstance(old[0], ast.stmt):
                setattr(node, field, self._block(old) or [ast.Pass()])
            elif isinstance(old, list):
                setattr(node, field, [self.visit(v) if isinstance(v, ast.AST) else v for v in old])
            elif isinstance(old, ast.AST):
                setattr(node, field, self.visit(old))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._define(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._define(node)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self._functions.setdefault(node.name, []).append(_signature_of(node))
        before = self._function, self._scope, self._loop
        self._function, self._scope, self._loop = node.name, self._sites.scope(), 0
        result = self.generic_visit(node)
        self._function, self._scope, self._loop = before
        return result

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.visit(s) for s in node.body]  # Monty takes nothing else in a class
        node.decorator_list = [self.visit(d) for d in node.decorator_list]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | list[ast.stmt]:
        if self._function != "<module>" or not node.simple:
            return self.generic_visit(node)
        if node.value is None:  # a global name takes no annotation
            return []
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> list[ast.stmt]:
        self._streams += 1
        stream, item = f"_ps_stream{self._streams}", f"_ps_item{self._streams}"
        following = ast.NamedExpr(_store(item), ast.Await(_call("_ps_next", _name(stream))))
        more = ast.Compare(following, [ast.IsNot()], [_name("_ps_end")])
        body = [ast.Assign([node.target], _name(item)), *self._block(node.body)]
        loop = ast.While(more, body, self._block(node.orelse))
        close = ast.Expr(ast.Await(_call("_ps_leave", _name(stream))))
        begin = _call("_ps_iterate", self.visit(node.iter))
        return [ast.Assign([_store(stream)], begin), ast.Try([loop], [], [], [close])]

    # -- imports --------------------------------------------------------------------------------

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for alias in node.names:
            if _native(node, alias):
                result.append(ast.Import([alias]))
            elif "." in alias.name and not alias.asname:
                raise syntax_error(
                    f"import {alias.name} needs a name of its own.",
                    self._name,
                    node.lineno,
                    self._text,
                    hint=f"Write import {alias.name} as {alias.name.rpartition('.')[2]}.",
                )
            else:
                call = self._load("_ps_import", alias.name)
                result.append(ast.Assign([_store(alias.asname or alias.name)], call))
        return result

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.stmt]:
        if all(_native(node, alias) for alias in node.names):
            return node
        parents = {0: "", 1: "./"}.get(node.level, "../" * (node.level - 1))
        path = (node.module or "").replace(".", "/") if node.level else node.module or ""
        result: list[ast.stmt] = []
        for alias in node.names:
            if path:
                call = self._load("_ps_from", parents + path, alias.name)
            else:
                call = self._load("_ps_import", parents + alias.name)
            result.append(ast.Assign([_store(alias.asname or alias.name)], call))
        return result

    def _load(self, function: str, *names: str) -> ast.Call:
        return _call(function, *map(ast.Constant, (self._file, *names)))

    # -- expressions ----------------------------------------------------------------------------

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        value, base = self.visit(node.value), node.value
        of_module = isinstance(base, ast.Name) and base.id in self._modules
        if isinstance(node.ctx, ast.Load) and (of_module or node.attr in self._looked_up):
            return _call("_ps_get", value, ast.Constant(node.attr))
        node.value = value
        return node


def _native(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    name = alias.name if isinstance(node, ast.Import) else node.module or ""
    return not getattr(node, "level", 0) and name.partition(".")[0] in NATIVE_MODULES


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _harmless(node: ast.stmt) -> bool:
    """Whether a statement cannot fail, or guards itself."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [*node.args.defaults, *node.args.kw_defaults]
        return not node.decorator_list and all(_is_constant(each) for each in defaults)
    if isinstance(node, ast.Assign):
        return _is_constant(node.value) and all(isinstance(t, ast.Name) for t in node.targets)
    return isinstance(node, (*_SIMPLE, ast.Try)) or _is_docstring(node)


def _is_constant(node: ast.expr | None) -> bool:
    return node is None or isinstance(node, ast.Constant)


def _signature_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """A function without its body, but for the docstring."""
    fields: dict[str, Any] = {name: getattr(node, name, None) for name in node._fields}
    short = type(node)(**{**fields, "body": node.body[:1], "decorator_list": []})
    return ast.copy_location(short, node)


def _list(node: Any) -> list[ast.stmt]:
    return node if isinstance(node, list) else [node]


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _store(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def _call(function: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(_name(function), list(arguments), [])


def _mark(site: int) -> ast.stmt:
    """Note which loop runs: `_ps_here[0] = site`."""
    here = ast.Subscript(_name("_ps_here"), ast.Constant(0), ast.Store())
    return ast.Assign([here], ast.Constant(site))


def _function(kind: Callable[..., Any]) -> Callable[[str, list[ast.stmt]], ast.Module]:
    def make(name: str, body: list[ast.stmt]) -> ast.Module:
        empty = ast.arguments([], [], None, [], [], None, [])
        fields: dict[str, Any] = (
            {"type_params": []} if "type_params" in ast.FunctionDef._fields else {}
        )
        return ast.Module([kind(name, empty, body, [], None, **fields)], [])

    return make


_define, _define_async = _function(ast.FunctionDef), _function(ast.AsyncFunctionDef)
