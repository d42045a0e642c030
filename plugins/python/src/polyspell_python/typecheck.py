"""Checking the types of a sandboxed script before it runs, by the checker that Monty brings.

A worker is given the script behind an import that is never answered: Monty checks the types of all
of it first, and would then run as far as that import.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from typing import Any

import pydantic_monty as monty
from polyspell.errors import PolyspellError, ScriptError
from polyspell.scripting.declare import Api
from polyspell.scripting.limits import Limits
from polyspell.scripting.stubs import WRITERS

from polyspell_python.pool import Worker
from polyspell_python.sites import located

_LIMITS = Limits(wall=30.0, cpu=30.0, memory=2**30)
_STOP = "_ps_stop"
_FIRST = f"import {_STOP}\n"


def check_types(
    text: str,
    name: str,
    api: Api,
    load: Callable[[str], str],
    began: Callable[[Worker], Worker],
) -> None:
    """Check a script.

    Args:
        text: the script.
        name: how errors call it.
        api: what it sees of the host.
        load: gives the source of a module of its folder; raises a PolyspellError for what is none.
        began: is told of the worker, which may be killed meanwhile.

    Raises:
        ScriptError: code `script_types`, with all that was found as `problems` in its context.
    """
    modules = {
        "polyspell": monty.ExternalModule({}, stubs=_stub(api)),
        _STOP: monty.ExternalModule({}, stubs=""),
    }
    options: Any = {"type_check": True, "type_check_format": "json"}
    worker = began(Worker(_LIMITS, **options, external_modules=modules))
    try:
        snapshot = worker.session.feed_start(_FIRST + text)
        while isinstance(snapshot, monty.FunctionSnapshot):
            if snapshot.function_name != "import_stubs":
                return
            for wanted in snapshot.args[0]:
                _offer(modules, str(wanted), load)
            snapshot = snapshot.resume_auto()
    except monty.MontyTypingError as error:
        if problems := _problems(error.display()):
            raise _failure(problems, name, text) from None
    finally:
        worker.kill()  # what has read a stranger's script serves nobody else
        worker.close()


def _offer(modules: dict[str, Any], name: str, load: Callable[[str], str]) -> None:
    """The checker asks for a module: its source serves as its stub."""
    if name not in modules:
        try:
            modules[name] = monty.ExternalModule({}, stubs=load(name))
        except PolyspellError:
            return


def _problems(report: str) -> list[dict[str, Any]]:
    """What the checker found. Syntax is checked elsewhere, by what the script is rewritten to."""
    return [
        {
            "line": found["location"]["row"] - 1,
            "column": found["location"]["column"],
            "rule": found["code"],
            "message": found["message"],
        }
        for found in json.loads(report)
        if found["severity"] == "error" and found["code"] != "invalid-syntax"
    ]


def _failure(problems: list[dict[str, Any]], name: str, text: str) -> ScriptError:
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    place = located(name, first["line"], text, column=first["column"], problems=problems)
    return ScriptError(
        f"{first['message']}{more}",
        code="script_types",
        hint="Mend the types, or run it without checking them.",
        context=place,
    )


def _stub(api: Api) -> str:
    """The stub of `polyspell` in what Monty's checker knows: it has no staticmethod or property."""
    tree = ast.parse(WRITERS["python"](api)[1])
    for group in tree.body:
        if isinstance(group, ast.ClassDef):
            group.body = [_plain(member) for member in group.body]
    return ast.unparse(tree)


def _plain(member: ast.stmt) -> ast.stmt:
    if not isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
        return member
    names = [d.id for d in member.decorator_list if isinstance(d, ast.Name)]
    if "property" in names:
        kind = member.returns or ast.Name("object", ast.Load())
        return ast.AnnAssign(ast.Name(member.name, ast.Store()), kind, None, 1)
    if "staticmethod" in names:
        member.args.args.insert(0, ast.arg("self"))
    member.decorator_list = []
    return member
