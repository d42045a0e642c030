"""Lua states with the prelude in them. The prelude is compiled once in a process."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from importlib import resources
from typing import Any, NoReturn

from lupa.lua54 import LuaRuntime

_PARTS = (
    "values", "encode", "decode", "limits", "patterns", "strings", "library", "weights", "errors",
    "fibers", "calls", "tasks", "face", "modules",
)  # fmt: skip


def source(part: str) -> str:
    """The text of a part of the prelude."""
    return (resources.files(__package__) / "prelude" / f"{part}.lua").read_text("utf-8")


# Read when this module is imported: a worker that is locked in has no files.
_SOURCES = [source(part) for part in _PARTS]


def _deny(*_: Any) -> NoReturn:
    raise AttributeError("objects of Python have no attributes here")


def new_state() -> LuaRuntime:
    """A bare Lua 5.4 that counts its memory and shows nothing of Python."""
    return LuaRuntime(
        encoding=None,
        source_encoding="utf-8",
        register_eval=False,
        register_builtins=False,
        unpack_returned_tuples=True,
        attribute_handlers=(_deny, _deny),
        max_memory=0,
    )


@functools.cache
def _prelude() -> bytes:
    """The prelude as bytecode of our own making; its parts share the table P."""
    whole = "local host = ...\nlocal P = host.options;\n"
    whole += "\n".join(f"(function(...) {text}\nend)(P, host);" for text in _SOURCES)
    whole += "\nreturn P"
    compile_ = new_state().eval(
        b"function(s) return string.dump(assert(load(s, '=prelude')), true) end"
    )
    code: bytes = compile_(whole.encode())
    return code


_START = b"""function(code, host, seed)
  collectgarbage("stop") -- there is nothing to collect yet
  math.randomseed(seed)
  local prelude = load(code, "=?", "b")(host)
  collectgarbage("restart")
  return prelude
end"""


def start(host: Mapping[bytes, Any], options: Mapping[bytes, Any]) -> tuple[LuaRuntime, Any]:
    """A Lua state with the prelude run in it, and the table of the prelude's functions.

    Args:
        host: what the prelude calls and reads.
        options: `limited`, `trusted`, `careful`, `hooked`, `depth`.
    """
    lua = new_state()
    table = lua.table_from({**host, b"options": lua.table_from(options)})
    return lua, lua.eval(_START)(_prelude(), table, int.from_bytes(os.urandom(7)))
