"""Programs and modules of a trusted script: compiled, run, and found again in tracebacks."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import sys
import types
from collections.abc import Callable
from typing import Any

from polyspell.scripting.engine import Source
from polyspell.scripting.limits import Limits, exceeded

from polyspell_python.objects import MissingModule, error_data
from polyspell_python.sites import MAX_FRAMES, located
from polyspell_python.source import compiled, normal, parse

Load = Callable[[str, str | None], dict[str, Any]]
_VALUE = "_polyspell_value"
_FILE = "_polyspell_file"
_CHECK = "_polyspell_check"


class Programs:
    """The globals of a context, and the modules that its scripts import.

    Args:
        face: the names of the module `polyspell`.
        load: gives a module's source, as the host's `load`.
        check: raises when the script has to end.
    """

    def __init__(self, face: dict[str, Any], load: Load, check: Callable[[], None]) -> None:
        self._face = _face_module(face)
        self._load = load
        self._builtins = {**vars(builtins), "__import__": self._import, _CHECK: check}
        self._sources: dict[str, str] = {}
        self._modules: dict[str, types.ModuleType] = {}
        self._found: dict[tuple[str | None, str], types.ModuleType | None] = {}
        self.names = self._globals("__main__")

    def _globals(self, name: str) -> dict[str, Any]:
        return {"__name__": name, "__builtins__": self._builtins}

    async def run(self, source: Source) -> Any:
        """Run a program; the value of its last expression.

        Raises:
            ScriptError: code `script_syntax`: it is not Python.
        """
        self.names[_FILE] = source.file or source.name
        self.names[_VALUE] = None
        running = eval(self._compile(source.text, source.name, waits=True), self.names)
        if inspect.iscoroutine(running):
            await running
        return self.names.pop(_VALUE, None)

    def _compile(self, text: str, name: str, *, waits: bool) -> types.CodeType:
        text = normal(text)
        tree = parse(text, name, top_level_await=waits)
        last = tree.body[-1] if tree.body else None
        if waits and isinstance(last, ast.Expr):
            keep = ast.Assign([ast.Name(_VALUE, ast.Store())], last.value)
            tree.body[-1] = ast.copy_location(keep, last)
        tree = ast.fix_missing_locations(_Mortal().visit(tree))
        self._sources[name] = text
        linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
        return compiled(tree, name, top_level_await=waits)

    def close(self) -> None:
        """Forget the sources."""
        for name in self._sources:
            linecache.cache.pop(name, None)

    # -- imports ----------------------------------------------------------------------------------

    def _import(
        self,
        name: str,
        globals: dict[str, Any] | None = None,
        locals: Any = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> Any:
        """`import`, in scripts: `polyspell`, the standard library, modules of the script's folder,
        then all that is installed."""
        top, _, inner = name.partition(".")
        if top == "polyspell" and not level:
            if not inner or (not fromlist and inner in vars(self._face)):
                return self._face
            if inner in vars(self._face):
                return getattr(self._face, inner)
            found = builtins.__import__(name, globals, locals, fromlist or (), 0)
            return found if fromlist else self._face
        importer = (globals or {}).get(_FILE)
        if not level and (importer is None or top in sys.stdlib_module_names):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        parents = {0: "", 1: "./"}.get(level, "../" * (level - 1))
        path = name.replace(".", "/") if level else name
        if not path:
            found = types.ModuleType(parents)
            for each in fromlist or ():
                setattr(found, each, self._own(parents + each, importer))
            return found
        try:
            return self._own(parents + path, importer)
        except MissingModule:
            if level:
                raise
            try:
                return builtins.__import__(name, globals, locals, fromlist or (), 0)
            except ModuleNotFoundError as error:
                if error.name != name:
                    raise
        return self._own(parents + path, importer)

    def _own(self, specifier: str, importer: str | None) -> types.ModuleType:
        """A module of the script's folder."""
        key = importer, specifier
        if (found := self._found.get(key)) is None:
            loaded = self._load(specifier, importer)
            found = self._found[key] = self._module(loaded)
        return found

    def _module(self, loaded: dict[str, Any]) -> types.ModuleType:
        name, file = str(loaded["name"]), str(loaded["file"])
        if file in self._modules:
            return self._modules[file]
        module = self._modules[file] = types.ModuleType(name.rpartition("/")[2].removesuffix(".py"))
        module.__dict__.update(self._globals(module.__name__), **{_FILE: file, "__file__": file})
        try:
            exec(self._compile(str(loaded["source"]), name, waits=False), module.__dict__)
        except BaseException:
            del self._modules[file]
            raise
        return module

    # -- errors -----------------------------------------------------------------------------------

    def fault(self, error: BaseException, limits: Limits) -> dict[str, Any]:
        """An error that a script let pass, with its place."""
        frames: list[dict[str, Any]] = []
        column: int | None = None
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename in self._sources:
                line = trace.tb_lineno
                frames.append({"function": code.co_name, "file": code.co_filename, "line": line})
                column = _column(trace)
            trace = trace.tb_next
        data = error_data(error)
        if isinstance(error, RecursionError):
            data = exceeded("depth", sys.getrecursionlimit()).to_dict()
        context = data.get("context") or {}
        if frames:
            file, line = frames[-1]["file"], frames[-1]["line"]
            frames = frames[::-1][:MAX_FRAMES]
            place = located(file, line, self._sources[file], column=column, frames=frames)
            context = {**place, **context}
        return {**data, "context": context}


def _column(trace: types.TracebackType) -> int | None:
    """Where in its line a frame is, from 1; None where CPython was told to forget."""
    positions = list(trace.tb_frame.f_code.co_positions())[trace.tb_lasti // 2 :]
    column = positions[0][2] if positions else None
    return None if column is None else column + 1


class _Mortal(ast.NodeTransformer):
    """Lets no handler keep the end of the script from it: each asks first whether it may go on."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, _check_at(node.body[0]))
        return node

    def visit_Try(self, node: ast.Try) -> ast.AST:
        self.generic_visit(node)
        if node.finalbody:
            node.finalbody.insert(0, _check_at(node.finalbody[0]))
        return node

    def visit_TryStar(self, node: ast.TryStar) -> ast.AST:
        return self.generic_visit(node)


def _check_at(node: ast.stmt) -> ast.stmt:
    return ast.copy_location(ast.Expr(ast.Call(ast.Name(_CHECK, ast.Load()), [], [])), node)


def _face_module(names: dict[str, Any]) -> types.ModuleType:
    """The module `polyspell` of scripts; what it lacks is the package's own."""
    import polyspell

    module = types.ModuleType("polyspell")
    module.__dict__.update(names)
    module.__dict__["__getattr__"] = lambda name: getattr(polyspell, name)
    return module
