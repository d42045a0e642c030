"""Where in a script something is: the places that its errors name."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

MAX_FRAMES = 50


class Site(NamedTuple):
    """A statement of a script. `scope` numbers the function that it stands in."""

    file: str
    function: str
    scope: int
    line: int
    column: int
    end: int


class Sites:
    """The statements and sources of all programs and modules of a context, by number."""

    def __init__(self) -> None:
        self.places: list[Site] = []
        self.sources: dict[str, str] = {}
        self._scopes = 0

    def scope(self) -> int:
        """A number for a function."""
        self._scopes += 1
        return self._scopes

    def restart(self, scopes: int) -> None:
        """Go on counting after so many functions."""
        self._scopes = scopes

    def add(self, node: ast.stmt, file: str, function: str, scope: int) -> int:
        """Enter a statement; its number."""
        place = Site(
            file, function, scope, node.lineno, node.col_offset + 1, node.end_lineno or node.lineno
        )
        self.places.append(place)
        return len(self.places)

    def at(self, number: Any) -> Site | None:
        """The statement of a number, if there is one."""
        known = isinstance(number, int) and 0 < number <= len(self.places)
        return self.places[number - 1] if known else None

    def context(self, numbers: Any) -> dict[str, Any]:
        """What an error tells of its place.

        Args:
            numbers: the statements that it passed through, innermost first.
        """
        found = [p for n in (numbers if isinstance(numbers, list) else []) if (p := self.at(n))]
        frames: list[Site] = []
        for place in found:  # a statement and the one around it are one frame
            last = frames[-1] if frames else None
            around = last and place.scope == last.scope and place != last
            if not (around and last and place.line <= last.line <= place.end):
                frames.append(place)
        if not frames:
            return {}
        return located(
            frames[0].file,
            frames[0].line,
            self.sources.get(frames[0].file, ""),
            column=frames[0].column,
            frames=[
                {"function": f.function, "file": f.file, "line": f.line}
                for f in frames[:MAX_FRAMES]
            ],
        )


def located(file: str, line: int | None, text: str, **more: Any) -> dict[str, Any]:
    """An error's context: file, line, the line's text, and more."""
    context: dict[str, Any] = {"file": file, **more}
    if line:
        context["line"] = line
        lines = text.splitlines()
        if line <= len(lines):
            context["source"] = lines[line - 1]
    return context
