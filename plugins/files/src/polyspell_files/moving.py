"""`files_copy`, `files_move` and `files_delete`."""

from __future__ import annotations

import stat
from typing import Any

from polyspell.errors import ToolError
from polyspell.paths import open_folder, permitted
from polyspell.tools import ToolContext, tool

from polyspell_files.access import options, read_whole, status, told, write_whole
from polyspell_files.trees import check_tree, copy_tree, is_folder, move_entry, remove, to_trash


@tool(name="files_copy", tags=("files",))
def copy(context: ToolContext, source: str, target: str, replace: bool = False) -> dict[str, Any]:
    """Copy a file, or a folder with all that is in it but links. Gives {path, files}.

    Args:
        source: the file or folder.
        target: its new path, with its name; folders that are missing are made.
        replace: a file may take the place of another.
    """
    grants, limits = context.grants, options(context)
    begin = permitted(grants, "fs.read", source)
    end = permitted(grants, "fs.write", target)
    with told(f"{source} -> {target}"):
        _apart(begin, end)
        if not is_folder(begin):
            write_whole(end, read_whole(begin, limits.max_file), new=not replace)
            return {"path": end, "files": 1}
        check_tree(grants, ("fs.read",), begin, limits)
        check_tree(grants, ("fs.write",), begin, limits, as_if=end)
        return {"path": end, "files": copy_tree(begin, end, limits)}


@tool(name="files_move", tags=("files",))
def move(context: ToolContext, source: str, target: str, replace: bool = False) -> dict[str, Any]:
    """Move or rename a file or a folder. Gives {path}.

    Args:
        source: the file or folder; a link is moved itself.
        target: its new path, with its name; folders that are missing are made.
        replace: a file may take the place of another.
    """
    grants, limits = context.grants, options(context)
    permitted(grants, "fs.read", source, follow=False)  # it can be read where it goes
    begin = permitted(grants, "fs.write", source, follow=False)
    end = permitted(grants, "fs.write", target, follow=False)
    with told(f"{source} -> {target}"):
        _apart(begin, end)
        if is_folder(begin):
            check_tree(grants, ("fs.read", "fs.write"), begin, limits)
            check_tree(grants, ("fs.write",), begin, limits, as_if=end)
        _free(end, replace)
        move_entry(begin, end, limits)
    return {"path": end}


@tool(name="files_delete", tags=("files",))
def delete(
    context: ToolContext, path: str, recursive: bool = False, trash: bool = False
) -> dict[str, Any]:
    """Delete a file or a folder. Gives {path, trash}: where it is now, if it went to the trash.

    Args:
        path: the file or folder; a link is deleted itself.
        recursive: a folder with all that is in it.
        trash: keep it in the trash instead of losing it.
    """
    limits = options(context)
    real = permitted(context.grants, "fs.write", path, follow=False)
    with told(path):
        if is_folder(real):
            check_tree(context.grants, ("fs.write",), real, limits, empty=not recursive)
        kept = to_trash(real, limits) if trash else None
        if kept is None:
            remove(real)
    return {"path": real, "trash": kept}


def _apart(begin: str, end: str) -> None:
    if begin == end or end.startswith(begin.rstrip("/") + "/") or begin.startswith(f"{end}/"):
        raise ToolError(f"{begin} and {end} are one within the other.", hint="Name another place.")


def _free(path: str, replace: bool) -> None:
    """Refuse a target that is there, unless it is a file that may be replaced."""
    parent, _, name = path.rpartition("/")
    with open_folder(parent or "/", create=True) as at:
        found = status(at, name)
    if found is not None and not (replace and stat.S_ISREG(found.st_mode)):
        hint = "Choose another name, or say replace." if not replace else "Only files are replaced."
        raise ToolError(f"{path} is there already.", hint=hint)
