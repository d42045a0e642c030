"""The Lua state beneath a VM: choosing Lua, loading the runtime, calling into it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .compiler import lua_text

FILES = (
    "base", "fuel", "operators", "values", "strings", "lists", "maps", "sequences", "fibers",
    "host", "optional",
)  # fmt: skip
LUAS = ("luajit21", "lua54", "lua55")
# Memory past the soft limit at which Lua itself refuses: what one slice may allocate.
HEADROOM = 8 << 20


@functools.cache
def choose_lua() -> Any:
    """The lupa module of the best Lua at hand; WRENPY_LUA names another."""
    wanted = os.environ.get("WRENPY_LUA")
    for name in (wanted,) if wanted else LUAS:
        try:
            found = import_module(f"lupa.{name}")
        except ImportError:
            continue
        lua_text.float_literals = not name.startswith("luajit")
        return found
    raise ImportError(f"lupa has no {wanted or 'LuaJIT 2.1 or Lua 5.4'} on this platform")


@functools.cache
def programs() -> tuple[tuple[bytes, bytes], ...]:
    """The runtime's files in order of loading, each with its name, as the bytecode of this Lua."""
    compiler = choose_lua().LuaRuntime(encoding=None)
    dump = compiler.eval(b"function(source, name) return string.dump(load(source, name)) end")
    folder = os.path.join(os.path.dirname(__file__), "runtime")
    found = []
    for name in ("bootstrap", *FILES):
        with open(os.path.join(folder, f"{name}.lua"), "rb") as file:
            found.append((b"=" + name.encode(), dump(file.read(), b"=" + name.encode())))
    return tuple(found)


class Bridge:
    """One Lua state with the runtime loaded."""

    def __init__(
        self, memory: int | None, write: Callable[[bytes], None], clock: Callable[[], float]
    ) -> None:
        lupa = choose_lua()
        lua = lupa.LuaRuntime(
            encoding=None,
            source_encoding="latin-1",
            unpack_returned_tuples=False,
            register_eval=False,
            register_builtins=False,
            attribute_filter=_deny,
            max_memory=0,
        )
        self.lua_type = lupa.lua_type
        self.memory_error: type[Exception] = lupa.LuaMemoryError
        self.lua_error: type[Exception] = lupa.LuaError
        self.as_object = lupa.as_attrgetter
        self._load: Any = lua.eval(b"load")
        (name, bootstrap), *rest = programs()
        self.functions: dict[str, Any] = {}
        self.runtime: Any = self._load(bootstrap, name)()
        runtime = self.runtime
        runtime[b"host_write"] = write
        runtime[b"identity"] = id
        runtime[b"minus_zero"] = lupa.as_attrgetter(-0.0)
        runtime[b"entropy"] = lambda: int.from_bytes(os.urandom(5), "little")
        for name, program in rest:
            self._load(program, name)(runtime)
        self.call("set_clock", clock)
        self.call("set_memory", None if memory is None else memory / 1024)
        self.call("install")
        self.lua: Any = lua
        self.most = 0 if memory is None else memory + memory // 4 + HEADROOM
        runtime[b"lift"] = lua.eval(b"function() end") if memory is None else self.lift
        self.gc: Any = lua.eval(b"collectgarbage")
        self._environment: Any = lua.table()

    def function(self, name: str) -> Any:
        """A function of the runtime."""
        found = self.functions.get(name)
        if found is None:
            found = self.functions[name] = self.runtime[name.encode()]
        return found

    def call(self, name: str, *args: Any) -> Any:
        """Call a function of the runtime; several results are a tuple."""
        return self.function(name)(*args)

    def many(self, name: str, *args: Any) -> tuple[Any, ...]:
        """Call a function of the runtime for any number of results."""
        result = self.function(name)(*args)
        if isinstance(result, tuple):
            return result
        return (result,)

    def close(self) -> None:
        """Cut what ties Lua and Python to each other, which no collector sees."""
        if self.runtime is not None:
            for name in (b"host_write", b"lift"):
                self.runtime[name] = None
            self.call("set_clock", None)
        self.functions.clear()
        self.runtime = self.lua = self.gc = self._load = self._environment = None

    def lower(self) -> None:
        """Wren goes on: it has the memory that it may have."""
        if self.most:
            self.lua.set_max_memory(self.most)

    def lift(self) -> None:
        """Python goes on: an allocation that Lua refused it would end the process."""
        if self.most:
            self.lua.set_max_memory(0)

    def load(self, lua: str, unit: int) -> Any:
        """A chunk of compiled Wren, which sees nothing of Lua's globals.

        Raises:
            ValueError: the Lua compiler refuses it, with its reason.
        """
        name = b"@wren:%d" % unit
        loaded = self._load(lua.encode("latin-1"), name, b"t", self._environment)
        if isinstance(loaded, tuple):
            raise ValueError(loaded[1].decode("utf-8", "replace"))
        return loaded


def _deny(owner: object, name: object, setting: bool) -> Any:
    raise AttributeError("Lua has no access to Python's attributes")
