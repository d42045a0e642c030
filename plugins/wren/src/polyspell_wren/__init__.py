"""Spells in Wren: the engine `wren`."""

from __future__ import annotations

from polyspell.hookspecs import EngineInfo, hookimpl


@hookimpl
def polyspell_engines() -> list[EngineInfo]:
    """The engine `wren`, for files that end in `.wren`."""
    return [
        EngineInfo(
            name="wren",
            load="polyspell_wren.engine:WrenEngine",
            description="Wren 0.4 on LuaJIT: classes and fibers, waits without await",
            extensions=(".wren",),
            language="Wren",
        )
    ]
