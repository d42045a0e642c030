"""Errors of scripts as the host gets them: with file, line, frames and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import wrenpy
from polyspell.errors import LimitExceeded, PolyspellError, ValidationError
from polyspell.scripting.limits import Limits

from polyspell_wren.objects import HostError
from polyspell_wren.values import described

_SANDBOX = Limits.__struct_fields__
OWN = "polyspell"  # our module, whose frames are nobody's business


class Places:
    """The sources that run, to say where an error was."""

    def __init__(self) -> None:
        self._sources: dict[str, tuple[str, str]] = {}  # text and name, by what frames say

    def add(self, module: str, text: str, name: str) -> None:
        """A source; frames call it `module`, and people `name`."""
        self._sources[module] = text, name

    def source(self, module: str) -> str | None:
        """The text of a source."""
        return self._sources.get(module, (None, ""))[0]

    def of(self, frames: Iterable[wrenpy.Frame]) -> dict[str, Any]:
        """The context of an error: file, line, frames and source."""
        own = [frame for frame in frames if frame.module != OWN]
        shown = [
            {"function": f.function, "file": self._name(f.module), "line": f.line} for f in own
        ]
        return self.line(own[0].module, own[0].line) | {"frames": shown} if own else {}

    def _name(self, module: str) -> str:
        return self._sources.get(module, ("", module))[1]

    def line(self, module: str, number: int) -> dict[str, Any]:
        """A place with its source."""
        place: dict[str, Any] = {"file": self._name(module), "line": number}
        lines = (self.source(module) or "").split("\n", number)
        if 0 < number <= len(lines):
            place["source"] = lines[number - 1].rstrip("\r")
        return place

    def syntax_error(self, error: wrenpy.CompileError) -> dict[str, Any]:
        """A source that does not compile; the context's `errors` has all that is wrong."""
        first, *others = error.errors
        found = [
            {"file": self._name(e.module), "line": e.line, "message": e.message}
            for e in error.errors
        ]
        more = f" ({len(others)} more)" if others else ""
        return {
            "code": "script_syntax",
            "message": f"{first.message}{more}",
            "context": self.line(first.module, first.line) | {"errors": found},
        }

    def of_failure(self, error: Exception | None) -> dict[str, Any]:
        """What ended a run: an error of the script, of the host, or a value that cannot cross."""
        if isinstance(error, wrenpy.CompileError):
            return self.syntax_error(error)
        if isinstance(error, wrenpy.ConversionError):
            error = ValidationError(str(error))
        if isinstance(error, PolyspellError):
            return error.to_dict()
        assert isinstance(error, wrenpy.RuntimeError)
        return self._runtime_error(error)

    def _runtime_error(self, error: wrenpy.RuntimeError) -> dict[str, Any]:
        cause = error.__cause__
        if isinstance(cause, wrenpy.CompileError):
            return self.syntax_error(cause)
        value, place = error.value, self.of(error.frames)
        inner = cause if isinstance(cause, wrenpy.RuntimeError) else None
        if inner is not None:
            place = self.of([*inner.frames, *error.frames])
        if not isinstance(value, HostError):
            return {"code": "script", "message": _said(value)} | (
                {"context": place} if place else {}
            )
        place = place | value.place
        context = place | (value.data.get("context") or {})
        context |= {key: place[key] for key in ("file", "line", "source") if key in place}
        return {**value.data, "context": context}


def _said(value: Any) -> str:
    """The message of an error by the value that a script failed with."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        return str(value["message"])
    what = described(value) if isinstance(value, wrenpy.Handle | wrenpy.Range) else repr(value)
    return f"The script failed with {what}."


def sandbox_limit(error: Mapping[str, Any] | None) -> LimitExceeded | None:
    """The error if it is a limit of the sandbox, which no script may catch."""
    if error is None or error.get("code") != LimitExceeded.code:
        return None
    if (error.get("context") or {}).get("limit") not in _SANDBOX:
        return None
    found = PolyspellError.from_dict(dict(error))
    return found if isinstance(found, LimitExceeded) else None
