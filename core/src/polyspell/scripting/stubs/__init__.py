"""Typed stubs of the script API for editors, made from its declaration."""

from __future__ import annotations

from collections.abc import Callable

from polyspell.scripting.declare import Api
from polyspell.scripting.stubs.javascript import javascript
from polyspell.scripting.stubs.lua import lua
from polyspell.scripting.stubs.python import python
from polyspell.scripting.stubs.wren import wren

WRITERS: dict[str, Callable[[Api], tuple[str, str]]] = {
    "lua": lua,
    "javascript": javascript,
    "python": python,
    "wren": wren,
}
"""Language to a function of the API that gives a file's name and text."""

_OTHER_NAMES = {"js": "javascript", "ts": "javascript", "typescript": "javascript", "py": "python"}


def language_of(name: str) -> str | None:
    """The key in WRITERS for a language's name, other names included; None for an unknown one."""
    name = _OTHER_NAMES.get(name.lower(), name.lower())
    return name if name in WRITERS else None
