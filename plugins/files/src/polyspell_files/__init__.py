"""Tools for files."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl

_TOOLS = {
    "read": "reading:read",
    "write": "writing:write",
    "append": "writing:append",
    "edit": "writing:edit",
    "list": "looking:list_",
    "glob": "looking:glob",
    "search": "searching:search",
    "info": "reading:info",
    "copy": "moving:copy",
    "move": "moving:move",
    "delete": "moving:delete",
}


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(name=f"files_{name}", load=f"polyspell_files.{load}", tags=("files",))
        for name, load in _TOOLS.items()
    ]
