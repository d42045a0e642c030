"""`files_list` and `files_glob`."""

from __future__ import annotations

from typing import Any

from polyspell.agents.toolcalls import sendable
from polyspell.paths import open_folder, permitted
from polyspell.tools import ToolContext, tool

from polyspell_files.access import options, status, told
from polyspell_files.reading import facts
from polyspell_files.walking import matcher, readable_walk, walk


@tool(name="files_list", tags=("files",))
def list_(context: ToolContext, path: str = ".", limit: int = 1000) -> dict[str, Any]:
    """What is in a folder: {path, entries, more}. Each entry is {name, type, size, modified, mode};
    more is how many were left out.

    Args:
        path: the folder.
        limit: how many entries to give.
    """
    real = permitted(context.grants, "fs.read", path, folder=True)
    entries: list[dict[str, Any]] = []
    more = 0
    with told(path), open_folder(real, readable=True) as at:
        for found in walk(at, options(context).max_entries, lambda path: False):
            what = status(at, found.path)
            if len(entries) >= limit:
                more += 1
            elif what is not None:
                entries.append({"name": sendable(found.path), **facts(what)})
    return {"path": real, "entries": entries, "more": more}


@tool(name="files_glob", tags=("files",))
def glob(context: ToolContext, pattern: str, path: str = ".", limit: int = 1000) -> dict[str, Any]:
    """Files and folders whose path fits a pattern: {paths, more}; more says whether there are
    others. Links are given, but not followed.

    Args:
        pattern: such as *.txt or src/**/*.py; ** is any folders.
        path: the folder where it begins, and from which the paths are given.
        limit: how many to give.
    """
    fits = matcher(pattern)
    real = permitted(context.grants, "fs.read", path, folder=True)
    paths: list[str] = []
    with told(path), open_folder(real, readable=True) as at:
        for found in readable_walk(at, real, context.grants, options(context)):
            if fits(found.path):
                if len(paths) >= limit:
                    return {"paths": paths, "more": True}
                paths.append(sendable(found.path))
    return {"paths": paths, "more": False}
