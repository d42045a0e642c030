"""The programs and modules of a sandboxed context, as rewritten, and what is known of them."""

from __future__ import annotations

import ast
from typing import Any

from polyspell.scripting.declare import Api
from polyspell.scripting.values import FunctionRef

from polyspell_python.describe import from_definition
from polyspell_python.face import properties_of
from polyspell_python.rewrite import rewrite
from polyspell_python.sites import Sites


class Scripts:
    """Rewrites programs and modules, and remembers their statements and functions.

    Args:
        api: what they see of the host.
    """

    def __init__(self, api: Api) -> None:
        self.sites = Sites()
        self.modules: dict[str, tuple[str, str]] = {}  # by file: source and rewritten
        self._properties = properties_of(api)
        self._functions: dict[str, list[Any]] = {}

    def program(self, text: str, name: str, file: str | None) -> str:
        """A program, rewritten. Raises as `rewrite`."""
        return self._rewritten(text, name, file, module=False)

    def module(self, name: str, text: str, file: str) -> str:
        """A module, rewritten. Raises as `rewrite`."""
        known = self.modules.get(file)
        if known is None or known[0] != text:
            known = self.modules[file] = text, self._rewritten(text, name, file, module=True)
        return known[1]

    def _rewritten(self, text: str, name: str, file: str | None, *, module: bool) -> str:
        program = rewrite(text, name, file, self.sites, self._properties, module=module)
        for function, nodes in program.functions.items():
            self._functions.setdefault(function, []).extend(nodes)
        return program.code

    def describe(self, number: int, name: str) -> FunctionRef:
        """A function that crosses to the host, of which the sandbox tells the name."""
        return from_definition(number, name, self._functions)

    def functions_as_text(self) -> dict[str, list[str]]:
        """The heads of all functions, as source text."""
        return {name: [ast.unparse(n) for n in nodes] for name, nodes in self._functions.items()}

    def restore(
        self, sites: Sites, modules: dict[str, tuple[str, str]], functions: dict[str, list[str]]
    ) -> None:
        """Know what another knew."""
        self.sites, self.modules = sites, modules
        self._functions = {
            name: [ast.parse(text).body[0] for text in texts] for name, texts in functions.items()
        }
