"""Modules of a context: from what a script names to what the engine knows.

The engine knows modules by name, compiles each once and resolves nothing. So a module gets a name
that was never used, and the imports in its text are rewritten to such names before it is handed
over. A run reads its files anew: a file that changed, and all that import it, become new modules,
and the others keep their state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jsbox
from polyspell.errors import PolyspellError, ScriptError
from polyspell.scripting.engine import Source

from polyspell_quickjs import repl
from polyspell_quickjs.edits import EditedSource
from polyspell_quickjs.errors import syntax_error
from polyspell_quickjs.guards import Guards
from polyspell_quickjs.syntax import Import, Script, read

API = "polyspell"
Load = Callable[[str, str | None], dict[str, Any]]


@dataclass(slots=True)
class Module:
    """A file: its name in errors, the script, the files it imports, and as the engine knows it."""

    name: str
    file: str | None
    text: str
    script: Script
    targets: list[str] = field(default_factory=list)
    known_as: str = ""
    edited: EditedSource | None = None


class Modules:
    """All modules of a context.

    Args:
        runtime: the engine, where modules are registered.
        load: asks the host for the file that a specifier means: `(specifier, importer)` gives
            `{"name", "source", "file"}`.
        api: the source of the module `polyspell`.
        guards: what stands in the modules.
    """

    def __init__(self, runtime: jsbox.Runtime, load: Load, api: str, guards: Guards) -> None:
        self._runtime: jsbox.Runtime | None = runtime
        self._load, self._api = load, api
        self.guards = guards
        self._known: dict[str, Module] = {}
        self._files: dict[str, Module] = {}
        self._fresh: set[str] = set()
        self._names: set[str] = set()

    def close(self) -> None:
        """Let go of the engine."""
        self._runtime = None
        self._known.clear()
        self._files.clear()

    def locate(self, known_as: str) -> tuple[str, EditedSource] | None:
        """The name in errors and the source of a module that the engine knows."""
        module = self._known.get(known_as)
        return (module.name, module.edited) if module and module.edited else None

    def run(self, source: Source) -> str:
        """Register a program with all that it imports; the engine's name of it.

        Raises:
            PolyspellError: a syntax error, or a module that cannot be had.
        """
        self._fresh = set()
        script = read(source.text, source.file or source.name)
        if source.interactive:
            script = repl.entry(script, source.name)
        main = Module(source.name, source.file, source.text, script)
        new = self._graph(main)
        if source.file is not None and not source.interactive:
            self._files[source.file] = main
            self._fresh.add(source.file)
        self._register([main, *(m for m in new if m is not main)])
        return main.known_as

    def load(self, importer: str, specifier: str) -> str:
        """Register what a dynamic import names; the engine's name of it. Raises as `run`."""
        asking = self._known.get(importer)
        if specifier == API:
            return self._polyspell()
        reply = self._load(specifier, asking.file if asking else None)
        module, is_new = self._file(reply)
        self._register(self._graph(module) if is_new else [])
        return module.known_as

    def meta(self, known_as: str) -> dict[str, Any]:
        """`import.meta` of a module."""
        module = self._known.get(known_as)
        name = (module.file or module.name) if module else known_as
        return {"url": name, "filename": name}

    # -- the graph ------------------------------------------------------------------------------

    def _graph(self, root: Module) -> list[Module]:
        """Find what a module imports, and they; gives those that the engine does not know."""
        found, waiting = [root], [root]
        while waiting:
            module = waiting.pop()
            module.targets = []
            for each in module.script.imports:
                if each.specifier == API:
                    module.targets.append(API)
                    continue
                target, is_new = self._file(self._ask(module, each))
                module.targets.append(target.file or "")
                if is_new:
                    found.append(target)
                    waiting.append(target)
        return self._outdated(found)

    def _ask(self, module: Module, wanted: Import) -> dict[str, Any]:
        try:
            return self._load(wanted.specifier, module.file)
        except PolyspellError as error:
            line = EditedSource(module.script.source).line(wanted.line)
            place = {"file": module.name, "line": wanted.line, "source": line}
            error.context = place | error.context
            raise

    def _file(self, reply: dict[str, Any]) -> tuple[Module, bool]:
        """The module of a file, and whether its imports have to be looked at in this run."""
        file = str(reply["file"])
        module = self._files.get(file)
        if file in self._fresh and module is not None:
            return module, False
        self._fresh.add(file)
        text = str(reply["source"])
        if module is None or module.text != text:
            name = str(reply["name"])
            module = self._files[file] = Module(
                name, file, text, read(_as_module(file, text), file)
            )
        return module, True

    def _outdated(self, found: list[Module]) -> list[Module]:
        """Modules that are new or import, directly or not, one that is."""
        new = [module for module in found if not module.known_as]
        files = {module.file for module in new}
        grown = True
        while grown:
            grown = False
            for module in found:
                if module not in new and files.intersection(module.targets):
                    new.append(module)
                    files.add(module.file)
                    grown = True
        return new

    # -- the engine -----------------------------------------------------------------------------

    def _register(self, modules: list[Module]) -> None:
        assert self._runtime is not None
        for module in modules:
            module.known_as = self._unused(module.name)
            self._known[module.known_as] = module
        for module in modules:
            names = [
                self._polyspell() if t == API else self._files[t].known_as for t in module.targets
            ]
            module.edited = module.script.linked(module.known_as, names, self.guards)
            text = module.edited.text()
            try:
                self._runtime.check_syntax(text, module=True)
            except jsbox.JavaScriptError as error:
                for each in modules:  # none of them will run: forget what was read
                    each.known_as = ""
                    self._fresh.discard(each.file or "")
                raise self._refusal(error, module) from None
            script = module.script
            if self.guards.refuse(script.root, script.source, script.patterns):
                raise _unguarded(module)
            self._runtime.add_static_module(module.known_as, text)

    def _refusal(self, error: jsbox.JavaScriptError, module: Module) -> ScriptError:
        assert module.edited is not None
        return syntax_error(error, module.name, module.edited)

    def _polyspell(self) -> str:
        assert self._runtime is not None
        if API not in self._names:
            self._names.add(API)
            self._runtime.add_static_module(API, self._api)
        return API

    def _unused(self, name: str) -> str:
        """A name for the engine, which takes some signs for more than that."""
        base = re.sub(r'[?#:\\"]', "_", name).lstrip("./")
        base = f"_{base}" if base in ("", API) else base
        unused, count = base, 1
        while unused in self._names:
            count += 1
            unused = f"{base}~{count}"
        self._names.add(unused)
        return unused


def _unguarded(module: Module) -> ScriptError:
    """What the engine can read and we cannot may have loops that nothing would end."""
    return ScriptError(
        f"{module.name} has syntax, or a pattern, that cannot run inline.",
        code="script_syntax",
        hint="Write it in a plainer way, or run it isolated: --isolation process.",
        context={"file": module.name},
    )


def _as_module(file: str, text: str) -> str:
    """A JSON file as the module that gives its value; others are modules as they are."""
    return f"export default JSON.parse({json.dumps(text)});" if file.endswith(".json") else text
