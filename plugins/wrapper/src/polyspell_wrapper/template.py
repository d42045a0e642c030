"""A command line with places for values: none becomes more than one argument, or an option."""

from __future__ import annotations

import re
from typing import Any

from polyspell.errors import ConfigError, ToolError

_PLACE = re.compile(r"\{(\w+)\}")


class Template:
    """A command line with places for values."""

    def __init__(self, arguments: list[str], stdin: str | None, names: set[str]) -> None:
        if not arguments or _PLACE.search(arguments[0]):
            raise ConfigError("The program of a command is fixed.", hint="Name it first.")
        used = {n for text in (*arguments, stdin or "") for n in _PLACE.findall(text)}
        if unknown := used - names:
            raise ConfigError(
                f"{{{min(unknown)}}} stands for no parameter.",
                hint=f"Parameters are {', '.join(sorted(names)) or 'none'}.",
            )
        self._arguments, self._stdin = arguments, stdin

    def filled(self, given: dict[str, Any]) -> list[str]:
        """The command line with these values.

        Raises:
            ToolError: a value would become an option, or cannot be an argument.
        """
        found = [self._arguments[0]]
        ended = False
        for argument in self._arguments[1:]:
            alone = _PLACE.fullmatch(argument)
            if alone is None:
                found += self._within(argument, given, ended)
            else:
                value = given.get(alone[1])
                values = value if isinstance(value, list) else [value]
                found += [_checked(_text(v), ended) for v in values if v is not None]
            ended = ended or argument == "--"
        return found

    def _within(self, argument: str, given: dict[str, Any], ended: bool) -> list[str]:
        names = _PLACE.findall(argument)
        if any(given.get(name) is None for name in names):
            return []
        text = _PLACE.sub(lambda place: _text(given[place[1]]), argument)
        return [_checked(text, ended or not argument.startswith("{"))]

    def input(self, given: dict[str, Any]) -> bytes:
        """What the program reads, with these values."""
        if self._stdin is None:
            return b""
        told = _PLACE.sub(lambda place: _text(given.get(place[1], "")), self._stdin)
        return told.encode("utf-8", "replace")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if value is None:
        return ""
    raise ToolError(f"{value!r} cannot be an argument.", hint="Give a text or a number.")


def _checked(text: str, free: bool) -> str:
    if "\0" in text:
        raise ToolError("An argument has a NUL character.")
    if text.startswith("-") and not free:
        raise ToolError(
            f"{text[:40]!r} would be an option of the program.",
            hint="A value must not begin with `-` here (write ./-x for a file of that name).",
        )
    return text
