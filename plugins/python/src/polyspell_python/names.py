"""The names that a script binds at its top.

From the syntax tree: `symtable` refuses a module that awaits, from Python 3.14 on, and counts what
comprehensions bind since 3.12.
"""

from __future__ import annotations

import ast

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def bound(tree: ast.Module) -> list[str]:
    """What assignments, definitions, imports, loops and the like bind there, sorted."""
    names: set[str | None] = set()
    nodes: list[ast.AST] = [tree]
    while nodes:  # expressions may be nested more deeply than functions may call each other
        node = nodes.pop()
        names.add(_binds(node))
        if isinstance(node, _COMPREHENSIONS):  # only `:=` reaches out of them
            names.update(n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
        elif isinstance(node, _DEFINITIONS):  # decorators and defaults stand outside
            nodes += getattr(node, "decorator_list", [])
            nodes += [node.args] if hasattr(node, "args") else []
        else:
            nodes += ast.iter_child_nodes(node)
    return sorted(filter(None, names))


def _binds(node: ast.AST) -> str | None:
    """The name that a node itself binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.alias(name=name, asname=other):
            return other or name.partition(".")[0]
        case ast.ExceptHandler(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name):
            return name
        case ast.MatchMapping(rest=name):
            return name
    return None
