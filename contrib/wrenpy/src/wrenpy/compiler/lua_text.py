"""Wren literals as Lua source text."""

from __future__ import annotations

import re

# Whether a number needs a point to be no integer: from Lua 5.3 on, not in LuaJIT.
float_literals = False

_UNSAFE = re.compile(r"[^ !#-\[\]-~]")


def lua_string(value: str) -> str:
    """Bytes (Latin-1 text) as a Lua string literal on one line."""
    return '"' + _UNSAFE.sub(lambda found: f"\\{ord(found[0]):03d}", value) + '"'


def lua_number(value: float) -> str:
    """A number as a Lua literal of a floating-point number."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value)}.0" if float_literals else str(int(value))
    text = repr(value)
    # Lua reads large powers of ten slowly, powers of two not.
    return value.hex() if "e" in text else text
