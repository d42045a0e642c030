"""JavaScript and TypeScript: the engine `javascript`, by QuickJS."""

from __future__ import annotations

from polyspell.hookspecs import EngineInfo, hookimpl


@hookimpl
def polyspell_engines() -> list[EngineInfo]:
    """The engine `javascript`."""
    return [
        EngineInfo(
            name="javascript",
            load="polyspell_quickjs.engine:JavaScriptEngine",
            aliases=("js", "typescript", "ts"),
            extensions=(".js", ".mjs", ".ts", ".mts"),
            language="JavaScript",
            description="JavaScript and TypeScript, by QuickJS",
        )
    ]
