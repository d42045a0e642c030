"""Tools for files."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl

_TOOLS = {
    "read": ("reading:read", "Read a file: text, an image or a PDF"),
    "info": ("reading:info", "What a path is: type, size, time"),
    "list": ("looking:list_", "What is in a folder"),
    "glob": ("looking:glob", "Find files and folders by a pattern of their paths"),
    "search": ("searching:search", "Find lines in files by a text or a regular expression"),
    "write": ("writing:write", "Write a file, whole or not at all"),
    "append": ("writing:append", "Add text at the end of a file"),
    "edit": ("writing:edit", "Replace a piece of a text file exactly"),
    "copy": ("moving:copy", "Copy a file or a folder"),
    "move": ("moving:move", "Move or rename a file or a folder"),
    "delete": ("moving:delete", "Delete a file or a folder, or put it into the trash"),
}


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(
            name=f"files_{name}",
            load=f"polyspell_files.{load}",
            description=description,
            tags=("files", "folder", "disk"),
            category="files",
        )
        for name, (load, description) in _TOOLS.items()
    ]
