"""`files_write`, `files_append` and `files_edit`."""

from __future__ import annotations

import os
from typing import Any

from polyspell.errors import ToolError
from polyspell.paths import open_entry, open_folder, permitted
from polyspell.tools import ToolContext, tool

from polyspell_files.access import Options, options, read_whole, told, too_much, write_whole
from polyspell_files.texts import bom, decode, encode


@tool(name="files_write", tags=("files",))
def write(
    context: ToolContext, path: str, content: str, encoding: str = "utf-8", new: bool = False
) -> dict[str, Any]:
    """Write a file, whole or not at all; what it held before is replaced, folders that are missing
    are made. Gives {path, bytes}.

    Args:
        path: the file; relative to the working folder.
        content: all that it shall hold.
        encoding: of the text; base64 where content is bytes in that form.
        new: refuse if the file is there already.
    """
    real = permitted(context.grants, "fs.write", path)
    data = encode(content, encoding)
    _check(len(data), options(context))
    with told(path):
        write_whole(real, data, new=new)
    return {"path": real, "bytes": len(data)}


@tool(name="files_append", tags=("files",))
def append(
    context: ToolContext, path: str, content: str, encoding: str = "utf-8"
) -> dict[str, Any]:
    """Add text at the end of a file, which is made if it is missing. Gives {path, bytes}, the bytes
    that were added.

    Args:
        path: the file; relative to the working folder.
        content: what to add. It begins where the file ends: no line end is put before it.
        encoding: of the text, unless the file begins with a mark that says another; or base64.
    """
    real = permitted(context.grants, "fs.write", path)
    parent, _, name = real.rpartition("/")
    with told(path), open_folder(parent or "/", create=True) as at:
        descriptor = open_entry(at, name, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            found = os.fstat(descriptor)
            if found.st_nlink > 1:  # its other name may be of a file that is not granted
                hint = "Read it, and write it whole: then this name has a file of its own."
                raise ToolError(f"{path} has several names.", hint=hint)
            marked = bom(file.read(4))
            data = encode(content, marked[1] if marked and encoding != "base64" else encoding)
            _check(found.st_size + len(data), options(context))
            file.write(data)
    return {"path": real, "bytes": len(data)}


@tool(name="files_edit", tags=("files",))
def edit(
    context: ToolContext,
    path: str,
    old: str,
    new: str,
    count: int = 1,
    encoding: str | None = None,
) -> dict[str, Any]:
    """Replace a piece of a text file. Gives {path, replaced}.

    Args:
        path: the file; relative to the working folder.
        old: the piece exactly as it stands in the file, with enough around it to be the only one.
        new: what shall stand there.
        count: how often it stands there; all are replaced. Any other number is an error.
        encoding: of the text, if it is not UTF-8.
    """
    permitted(context.grants, "fs.read", path)
    real = permitted(context.grants, "fs.write", path)
    limits = options(context)
    with told(path):
        before = read_whole(real, limits.max_file)
    text, name, mark = decode(before, encoding)
    if "\r\n" in text and "\r\n" not in old and old not in text:
        old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
    found = text.count(old) if old else 0
    if found != count or not found:
        hint = "Read the file again: every space counts." if not found else "Give more around it."
        raise ToolError(f"{path} has it {found} times, not {count}.", hint=hint)
    after = mark + encode(text.replace(old, new), name)
    _check(len(after), limits)
    with told(path):
        write_whole(real, after, was=before)
    return {"path": real, "replaced": found}


def _check(size: int, limits: Options) -> None:
    if size > limits.max_file:
        hint = "Write less, or raise max_file in [tools.files]."
        raise too_much("Bytes of a file:", "max_file", limits.max_file, hint)
