"""Whole folders: checked, copied, moved, removed, kept in the trash."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from polyspell.config import user_dir
from polyspell.errors import ToolError
from polyspell.grants import Grants
from polyspell.paths import open_entry, open_file, open_folder

from polyspell_files.access import Options, load, status, too_much
from polyspell_files.walking import walk


def is_folder(path: str) -> bool:
    """Whether a resolved path is a folder, and no link to one.

    Raises:
        FileNotFoundError: there is nothing.
    """
    parent, _, name = path.rpartition("/")
    with open_folder(parent or "/") as at:
        found = status(at, name or ".")
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return stat.S_ISDIR(found.st_mode)


def check_tree(
    grants: Grants,
    kinds: tuple[str, ...],
    path: str,
    limits: Options,
    *,
    as_if: str | None = None,
    empty: bool = False,
) -> None:
    """Go on if all that is in a folder is granted, whatever it holds.

    Args:
        kinds: `fs.read`, `fs.write`.
        path: resolved.
        as_if: ask for it as if the folder were there.
        empty: it must hold nothing.

    Raises:
        PermissionDenied: names the first that is not.
        ToolError: it must be empty, and is not.
    """
    root = (path if as_if is None else as_if).rstrip("/")
    with open_folder(path, readable=True) as at:
        for found in walk(at, limits.max_entries):
            if empty:
                raise ToolError(f"{path} is not empty.", hint="Say recursive, if you mean it.")
            for kind in kinds:
                word = f"{kind}:{root}/{found.path}"
                if not grants.allows(word):
                    grants.require(word)


def copy_tree(begin: str, end: str, limits: Options) -> int:
    """Copy a folder; links, devices and the like are left out. Gives the number of files.

    Raises:
        FileExistsError: the new one is there already.
        LimitExceeded: it is larger than `max_tree`; then nothing stays behind.
    """
    parent, _, name = end.rpartition("/")
    files, size = 0, 0
    with open_folder(begin, readable=True) as source, open_folder(parent, create=True) as above:
        os.mkdir(name, dir_fd=above)
        try:
            for found in walk(source, limits.max_entries):
                if found.folder:
                    with open_folder(f"{end}/{found.path}", create=True):
                        continue
                if found.file:
                    descriptor = open_entry(found.at, found.entry.name)
                    size += _copy_file(descriptor, f"{end}/{found.path}", limits)
                    files += 1
                    if size > limits.max_tree:
                        hint = "Copy less, or raise max_tree in [tools.files]."
                        raise too_much("Bytes of a folder:", "max_tree", limits.max_tree, hint)
        except BaseException:
            shutil.rmtree(name, dir_fd=above, ignore_errors=True)
            raise
    return files


def _copy_file(source: int, end: str, limits: Options) -> int:
    """Copy an open file to a path where nothing is; gives its size."""
    mode, data = os.fstat(source).st_mode, load(source, limits.max_file)
    descriptor = open_file(end, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode & 0o777)
        file.write(data)
    return len(data)


def move_entry(begin: str, end: str, limits: Options) -> None:
    """Give a file, folder or link another path; across devices it is copied, then removed."""
    here, _, old = begin.rpartition("/")
    there, _, new = end.rpartition("/")
    with open_folder(here or "/") as source, open_folder(there or "/", create=True) as target:
        try:
            os.rename(old, new, src_dir_fd=source, dst_dir_fd=target)
            return
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
    if is_folder(begin):
        copy_tree(begin, end, limits)
    else:
        _copy_file(open_file(begin), end, limits)
    remove(begin)


def remove(path: str) -> None:
    """Remove a file, a link, or a folder with all that is in it; links in it are not followed."""
    parent, _, name = path.rpartition("/")
    with open_folder(parent or "/") as at:
        if is_folder(path):
            shutil.rmtree(name, dir_fd=at)
        else:
            os.unlink(name, dir_fd=at)


def to_trash(path: str, limits: Options) -> str:
    """Move a file or folder to the trash in the user's data folder; gives where it is. A file
    beside it, `origin.json`, says where it was."""
    trash = user_dir("data") / "trash"
    trash.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=trash.resolve()))
    (place / "origin.json").write_text(json.dumps({"path": path, "time": time.time()}), "utf-8")
    (place / "kept").mkdir()
    kept = str(place / "kept" / path.rpartition("/")[2])
    move_entry(path, kept, limits)
    return kept
