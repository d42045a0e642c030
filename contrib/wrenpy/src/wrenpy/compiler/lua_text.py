"""Wren literals as Lua source text."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[^ !#-\[\]-~]")


def lua_string(value: str) -> str:
    """Bytes (Latin-1 text) as a Lua string literal on one line."""
    return '"' + _UNSAFE.sub(lambda found: f"\\{ord(found[0]):03d}", value) + '"'


def lua_number(value: float) -> str:
    """A number as a Lua literal that Lua 5.4 too reads as a float."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value)}.0" if FLOAT_LITERALS else str(int(value))
    return repr(value)


FLOAT_LITERALS = False
