"""Errors of scripts as the host gets them: with file, line, column, frames and source."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jsbox
from polyspell.errors import ScriptError

from polyspell_quickjs.edits import EditedSource
from polyspell_quickjs.syntax import callee_at

_FRAME = re.compile(r"^\s+at (.*?) \((.*):(\d+):(\d+)\)$", re.MULTILINE)
_PLACE = re.compile(r":(\d+):(\d+)\s*$")
Locate = Callable[[str], tuple[str, EditedSource] | None]
"""The name and source of a module of the engine, by the name that the engine knows it by."""


def frames_of(stack: str, locate: Locate) -> list[dict[str, Any]]:
    """The frames of a stack that are in scripts, innermost first, at the places as written."""
    frames = []
    for function, module, line, column in _FRAME.findall(stack):
        if (found := locate(module)) is not None:
            name, source = found
            at, character = source.place(int(line), int(column))
            frames.append({"function": function, "file": name, "line": at, "column": character})
    return frames


def place_of(stack: str, locate: Locate) -> dict[str, Any]:
    """The context of an error: file, line, column, frames and source, as far as they are known."""
    frames = frames_of(stack, locate)
    if not frames:
        return {}
    top = frames[0]
    module = next(m for _, m, _, _ in _FRAME.findall(stack) if locate(m) is not None)
    found = locate(module)
    assert found is not None
    context = {"file": top["file"], "line": top["line"], "column": top["column"], "frames": frames}
    return context | {"source": found[1].line(top["line"])}


def script_error(told: Mapping[str, Any], locate: Locate, api: Iterable[str]) -> dict[str, Any]:
    """The error of an outcome, from what the prelude tells of a thrown value.

    Args:
        told: `message`, and for errors `name`, `stack` and what a PolyspellError carries.
        locate: finds modules.
        api: the functions of the API, as scripts write them, to suggest a name.
    """
    stack = str(told.get("stack", ""))
    place = place_of(stack, locate)
    error: dict[str, Any] = {"code": told.get("code") or "script", "message": told["message"]}
    if hint := told.get("hint"):
        error["hint"] = hint
    if told.get("retryable"):
        error["retryable"] = True
    name = told.get("name", "Error")
    if "code" not in told and name != "Error":
        error["message"] = f"{name}: {told['message']}"
    if told["message"] == "not a function":
        _name_callee(error, stack, locate, api)
    elif name == "SyntaxError" and not place:
        error["code"] = "script_syntax"  # the linker's: a module lacks what another one imports
        if "'polyspell'" not in error["message"]:  # that has no types, and the host knows names
            error.setdefault("hint", "A type is imported with `import type`.")
    given = told.get("context")
    context = place | (given if isinstance(given, dict) else {})
    if place:  # where it was thrown, not where another error was that it carries on
        context |= {key: place[key] for key in ("file", "line", "column")}
    if context:
        error["context"] = context
    return error


def _name_callee(error: dict[str, Any], stack: str, locate: Locate, api: Iterable[str]) -> None:
    """Say what is not a function: the engine does not."""
    for _, module, line, column in _FRAME.findall(stack)[:1]:
        found = locate(module)
        if found is None:
            return
        callee = callee_at(found[1].source, *found[1].place(int(line), int(column)))
        if callee:
            error["message"] = f"TypeError: {callee} is not a function"
            near = difflib.get_close_matches(callee, list(api), n=1)
            if near:
                error["hint"] = f"Did you mean {near[0]}?"


def syntax_error(error: jsbox.JavaScriptError, name: str, source: EditedSource) -> ScriptError:
    """The engine's parser refuses a module. Context `incomplete`: more lines could mend it."""
    context: dict[str, Any] = {"file": name}
    if match := _PLACE.search(error.stack or ""):
        line, column = source.place(int(match[1]), int(match[2]))
        context |= {"line": line, "column": column, "source": source.line(line)}
        behind = source.source.decode("utf-8", "replace").splitlines()[line - 1 :]
        rest = "\n".join([behind[0][column - 1 :], *behind[1:]]) if behind else ""
        open_text = rest.startswith("`") and error.message == "unexpected end of string"
        if not rest.strip() or open_text or error.message == "unexpected end of comment":
            context["incomplete"] = True
    return ScriptError(f"SyntaxError: {error.message}", code="script_syntax", context=context)
