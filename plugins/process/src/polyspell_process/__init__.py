"""Tools that run programs."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl

_TOOLS = {
    "run": "Run a program with a list of arguments",
    "shell": "Run a command line in the shell",
}


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(
            name=f"process_{name}",
            load=f"polyspell_process.tools:{name}",
            description=description,
            tags=("process", "program", "command"),
            category="process",
        )
        for name, description in _TOOLS.items()
    ]
