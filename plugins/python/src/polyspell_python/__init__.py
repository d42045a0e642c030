"""Python spells: sandboxed ones run in Monty's workers, trusted ones in CPython."""

from __future__ import annotations

from polyspell.hookspecs import EngineInfo, hookimpl


@hookimpl
def polyspell_engines() -> list[EngineInfo]:
    """The engine `python`."""
    return [
        EngineInfo(
            name="python",
            load="polyspell_python.engine:PythonEngine",
            description="Python: Monty in worker processes, or CPython where trusted",
            aliases=("py",),
            extensions=(".py",),
            language="Python",
        )
    ]
