"""Tools about the machine."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl

_TOOLS = {
    "info": ("machine:info", "Facts about the machine: OS, processor, memory, disks, network"),
    "processes": ("processes:processes", "The processes that run on the machine"),
    "env": ("environment:env", "Read an environment variable"),
    "time": ("clock:time", "What time it is, and what another time is elsewhere"),
}


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(
            name=f"system_{name}",
            load=f"polyspell_system.{load}",
            description=description,
            tags=("system", "machine"),
            category="system",
        )
        for name, (load, description) in _TOOLS.items()
    ]
