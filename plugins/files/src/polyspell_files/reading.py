"""`files_read` and `files_info`."""

from __future__ import annotations

import base64
import mimetypes
import stat
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from polyspell.errors import ToolError
from polyspell.messages import Media
from polyspell.paths import open_folder, permitted, resolve
from polyspell.tools import ToolContext, ToolOutput, tool

from polyspell_files.access import options, read_whole, status, told, too_much
from polyspell_files.texts import decode, media_type


@tool(name="files_read", tags=("files",))
def read(
    context: ToolContext,
    path: str,
    first: int = 1,
    lines: int | None = None,
    encoding: str | None = None,
) -> str | ToolOutput:
    """Read a file: text as text, images and PDFs as what they show.

    Args:
        path: the file; relative to the working folder.
        first: the first line to give, counted from 1.
        lines: how many lines; all if left out.
        encoding: of the text, if it is not UTF-8; base64 gives the bytes of any file in that form.
    """
    limits = options(context)
    real = permitted(context.grants, "fs.read", path)
    with told(path):
        data = read_whole(real, limits.max_file)
    whole = first == 1 and lines is None
    if encoding is None and whole and (kind := media_type(data)):
        name = PurePosixPath(real).name
        facts = {"media_type": kind, "bytes": len(data), "name": name}
        text = f"[{name}: {kind}, {len(data):,} bytes]"
        return ToolOutput(text, facts, [Media(kind, data, name=name)])
    if encoding == "base64":
        text = base64.b64encode(data).decode()
    else:
        text = _part(decode(data, encoding)[0], first, lines)
    if len(text) > limits.max_text:
        hint = f"It has {text.count(chr(10)) + 1:,} lines: ask for some of them by first and lines."
        raise too_much("Characters at once:", "max_text", limits.max_text, hint)
    return text


def _part(text: str, first: int, lines: int | None) -> str:
    if first < 1 or (lines is not None and lines < 0):
        raise ToolError("Lines are counted from 1.", hint="first >= 1, lines >= 0.")
    if first == 1 and lines is None:
        return text
    chosen = text.split("\n")[first - 1 : None if lines is None else first - 1 + lines]
    return "\n".join(chosen)


@tool(name="files_info", tags=("files",))
def info(context: ToolContext, path: str) -> dict[str, Any]:
    """What a path is: {path, type, size, modified, mode, media_type}; path is where it really is,
    size is in bytes.

    Args:
        path: a file or folder.
    """
    as_folder = context.grants.allows(f"fs.read:{resolve(path)}/")
    real = permitted(context.grants, "fs.read", path, folder=as_folder)
    parent, _, name = real.rpartition("/")
    with told(path), open_folder(parent or "/") as at:
        found = status(at, name or ".")
    if found is None:
        raise ToolError(f"{path}: there is no such file or folder.", context={"path": path})
    return {"path": real, **facts(found), "media_type": mimetypes.guess_type(name)[0]}


def facts(found: Any) -> dict[str, Any]:
    """What is told of every file: {type, size, modified, mode}."""
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    try:
        changed = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):  # a file may claim any time
        changed = None
    return {
        "type": kinds.get(stat.S_IFMT(found.st_mode), "special"),
        "size": found.st_size,
        "modified": changed,
        "mode": stat.filemode(found.st_mode),
    }
