"""Imports of a sandboxed script: Monty's own modules as they are, all others through the host."""

from __future__ import annotations

import ast

from polyspell_python.language import NATIVE_MODULES


def own_modules(tree: ast.Module) -> frozenset[str]:
    """The names under which a script has modules that are not Monty's."""
    return frozenset(
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "module", None)
        for alias in node.names
        if not native(node, alias)
    )


def native(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    """Whether Monty itself imports this."""
    name = alias.name if isinstance(node, ast.Import) else node.module or ""
    return not getattr(node, "level", 0) and name.partition(".")[0] in NATIVE_MODULES


def imports(node: ast.Import | ast.ImportFrom, importer: str | None) -> list[str]:
    """The statements that an import becomes."""
    return [_import(node, alias, importer) for alias in node.names]


def _import(node: ast.Import | ast.ImportFrom, alias: ast.alias, importer: str | None) -> str:
    name = alias.asname or alias.name
    renamed = f" as {alias.asname}" if alias.asname else ""
    if isinstance(node, ast.Import):
        if native(node, alias):
            return f"import {alias.name}{renamed}"
        return f"{name} = _ps_import({importer!r}, {alias.name!r})"
    if (node.module, node.level, alias.name) == ("asyncio", 0, "gather"):
        return f"{name} = _ps_gather"
    if native(node, alias):
        return f"from {node.module} import {alias.name}{renamed}"
    parents = {0: "", 1: "./"}.get(node.level, "../" * (node.level - 1))
    path = (node.module or "").replace(".", "/") if node.level else node.module or ""
    if path:
        return f"{name} = _ps_from({importer!r}, {parents + path!r}, {alias.name!r})"
    return f"{name} = _ps_import({importer!r}, {parents + alias.name!r})"
