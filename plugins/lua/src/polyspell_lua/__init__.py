"""Spells in Lua 5.4: the engine `lua`."""

from __future__ import annotations

from polyspell.hookspecs import EngineInfo, hookimpl


@hookimpl
def polyspell_engines() -> list[EngineInfo]:
    """The engine `lua`, for files that end in `.lua`."""
    return [
        EngineInfo(
            name="lua",
            load="polyspell_lua.engine:LuaEngine",
            description="Lua 5.4: starts in a fraction of a millisecond, waits without await",
            extensions=(".lua",),
            language="Lua",
        )
    ]
