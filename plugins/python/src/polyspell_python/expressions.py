"""The text of expressions and statements without others in them: as written, where it can be.

Reads of some attributes go through `_ps_get`. Monty ends at an exception that is made with anything
but one text: what a script gives to one goes through `_ps_words`.
"""

from __future__ import annotations

import ast
import bisect
import builtins
import copy
from collections.abc import Iterable
from typing import Any

ERROR_DETAILS = frozenset({"code", "message", "hint", "context"})
_OURS = ERROR_DETAILS | {"gather"}  # the gather of asyncio loses the places of an error
_ERRORS = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
)


class Expressions:
    """Gives the text of nodes of a script.

    Args:
        tree: the script's syntax tree.
        text: the script.
        properties: names that may be properties of handles.
        modules: names of modules that were imported through the host.
        names: those that the script gives a meaning itself.
    """

    def __init__(
        self,
        tree: ast.Module,
        text: str,
        properties: frozenset[str],
        modules: frozenset[str],
        names: Iterable[str] = (),
    ) -> None:
        self._source = [line.encode() for line in text.split("\n")]
        errors = _ERRORS.difference(names)
        self._lookups = _Lookups(properties | _OURS, modules, errors)
        concerns = self._lookups.concerns
        self._changed = sorted(
            {n.lineno for n in ast.walk(tree) if isinstance(n, ast.expr) and concerns(n)}
        )

    def text(self, node: ast.expr | ast.stmt) -> str:
        """An expression, or a statement without others in it."""
        first, last = node.lineno, node.end_lineno or node.lineno
        if self._touches(first, last):
            return ast.unparse(self._lookups.visit(copy.deepcopy(node)))
        start, end = node.col_offset, node.end_col_offset
        if first == last:
            return self._source[first - 1][start:end].decode()
        lines = [self._source[first - 1][start:], *self._source[first : last - 1]]
        whole = b"\n".join([*lines, self._source[last - 1][:end]]).decode()
        return f"({whole})" if isinstance(node, ast.expr) else whole

    def head(self, node: Any) -> str:
        """A function, class or with statement up to its body."""
        fields = {name: getattr(node, name) for name in node._fields}
        bare = ast.copy_location(type(node)(**{**fields, "body": [ast.Pass()]}), node)
        if self._touches(node.lineno - 50, node.body[0].lineno):  # decorators stand before it
            bare = self._lookups.visit(copy.deepcopy(bare))
        return ast.unparse(bare).rpartition("\n")[0]

    def _touches(self, first: int, last: int) -> bool:
        """Whether something in these lines is not as it was written."""
        found = bisect.bisect_left(self._changed, first)
        return found < len(self._changed) and self._changed[found] <= last


class _Lookups(ast.NodeTransformer):
    def __init__(
        self, names: frozenset[str], modules: frozenset[str], errors: frozenset[str]
    ) -> None:
        self._names, self._modules, self._errors = names, modules, errors

    def concerns(self, node: ast.expr) -> bool:
        """Whether an expression is written otherwise, not counting those in it."""
        if isinstance(node, ast.Call):
            return self._is_error(node)
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            return False
        base = node.value
        return node.attr in self._names or (isinstance(base, ast.Name) and base.id in self._modules)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        concerned = self.concerns(node)
        node.value = self.visit(node.value)
        if not concerned:
            return node
        function = ast.Name("_ps_get", ast.Load())
        return ast.Call(function, [node.value, ast.Constant(node.attr)], [])

    def _is_error(self, node: ast.Call) -> bool:
        """Whether an exception is made of something else than one text that is written out."""
        if not isinstance(node.func, ast.Name) or node.func.id not in self._errors:
            return False
        match node.args, node.keywords:
            case ([], []) | ([ast.Constant(value=str()) | ast.JoinedStr()], []):
                return False
        return True

    def visit_Call(self, node: ast.Call) -> ast.AST:
        concerned = self.concerns(node)
        self.generic_visit(node)
        if not concerned:
            return node
        words = ast.Call(ast.Name("_ps_words", ast.Load()), node.args, node.keywords)
        return ast.Call(node.func, [words], [])
