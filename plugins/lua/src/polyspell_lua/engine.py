"""The engine: Lua 5.4 by lupa."""

from __future__ import annotations

from lupa import lua54
from polyspell.scripting.engine import Context, ContextOptions, EngineFacts, Port, Source

from polyspell_lua.context import LuaContext


class LuaEngine:
    """Lua 5.4. See `polyspell.scripting.engine.Engine`."""

    facts = EngineFacts(
        name="lua",
        language="Lua",
        version=".".join(map(str, lua54.LUA_VERSION)),
        features=frozenset({"modules", "async", "memory_limit"}),
        warm="polyspell_lua.engine:warm",
    )

    def open(self, options: ContextOptions, port: Port) -> Context:
        """A new context."""
        return LuaContext(options, port)


class _Nobody:
    """A port for the warm-up, whose script asks for nothing."""

    def ask(self, call: object) -> None: ...
    def finish(self, outcome: object) -> None: ...
    def output(self, stream: str, text: str) -> None: ...
    def drop(self, handles: object) -> None: ...


def warm() -> None:
    """Compile the prelude and run a script, before a worker is forked from this process."""
    from polyspell.scripting.declare import Api

    context = LuaContext(ContextOptions(Api()), _Nobody())
    context.run(1, Source("return {1, {a = 'b'}}"))
    context.close()
