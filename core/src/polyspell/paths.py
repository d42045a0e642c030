"""Paths as grants see them, and files opened so that no link leads elsewhere meanwhile.

A path is looked at by its name first (`a/../b` is `b`, whatever `a` is), then its symbolic links
are followed, and the grant is asked for what comes out. What was resolved is then opened folder by
folder, each by its parent's descriptor and never through a link: who swaps a folder for a link
between the check and the use gets an error, not the file.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from polyspell.errors import ToolError

if TYPE_CHECKING:
    from polyspell.grants import Grants

_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC if hasattr(os, "O_DIRECTORY") else 0
_PASS = _FOLDER | getattr(os, "O_PATH", 0)  # through folders that may be passed, though not read
_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def lexical(path: str) -> str:
    """The absolute path of a name: `~` is the user's home, what is relative begins at the working
    folder, `.` and `..` are taken out by name. Separators are `/`.

    Raises:
        ToolError: it cannot be a path.
    """
    if not path or "\0" in path:
        raise ToolError(f"{path!r} is no path.", hint="Name a file or a folder.")
    try:
        os.fsencode(path)
    except UnicodeError as error:
        raise ToolError(f"{path!r} is no path: {error}.") from None
    whole = os.path.abspath(os.path.expanduser(path)).replace(os.sep, "/")
    return "/" + whole.lstrip("/") if whole.startswith("//") else whole


def resolve(path: str) -> str:
    """`lexical`, and then all symbolic links followed; what does not exist yet is left as it is.

    Raises:
        ToolError: it cannot be a path, or changed while it was looked at.
    """
    try:
        return os.path.realpath(lexical(path)).replace(os.sep, "/")
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}.", retryable=True) from error


def resolve_pattern(pattern: str) -> str:
    """A grant's pattern of paths in the form that `resolve` gives: the part before the first `*` is
    resolved, the rest is kept. A slash at the end stays: it stands for a folder's list of names."""
    fixed, star, rest = pattern.partition("*")
    folder, slash, begun = fixed.rpartition("/") if star else (fixed.rstrip("/"), "", "")
    tail = begun + star + rest
    if not star and fixed.endswith("/"):
        slash = "/"
    base = resolve(folder or ("/" if fixed.startswith("/") else "."))
    return base.rstrip("/") + ("/" if slash or star else "") + tail or "/"


def permitted(
    grants: Grants, kind: str, path: str, *, folder: bool = False, follow: bool = True
) -> str:
    """Resolve a path, and go on if the grants cover it.

    Args:
        grants: what the caller may do.
        kind: `fs.read` or `fs.write`.
        path: as it was given.
        folder: ask for the names in a folder (`PATH/`) rather than for a file.
        follow: whether a link at the end stands for what it leads to; not where it is removed.
        follow: whether a link at the end stands for what it leads to; not where it is removed.

    Returns:
        The resolved path; open it with `open_file` or `open_folder`.

    Raises:
        PermissionDenied: they do not. Where a link leads is told only if the link may be read.
        ToolError: it cannot be a path.
    """
    named = lexical(path)
    real = (
        resolve(named)
        if follow
        else f"{resolve(os.path.dirname(named)).rstrip('/')}/{os.path.basename(named)}"
    )

    def word(of: str) -> str:
        return f"{kind}:{of}/" if folder and of != "/" else f"{kind}:{of}"

    if not grants.allows(word(real)):
        grants.require(word(named))  # who may not even have the name is told no more than that
    grants.require(word(real))
    return real


@contextlib.contextmanager
def open_folder(path: str, *, create: bool = False, readable: bool = False) -> Iterator[int]:
    """The descriptor of a folder, reached without following any link.

    Args:
        path: as `resolve` gives it.
        create: make the folders that are missing.
        readable: to list its names, not only to reach what is in it.

    Raises:
        OSError: it is not there, no folder, or a link by now.
    """
    root, *names = Path(path).parts
    at = os.open(root, _PASS)
    try:
        for name in names:
            if create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=at)
            at = _step(at, name, _PASS)
        if readable and _PASS != _FOLDER:
            at = _step(at, ".", _FOLDER)
        yield at
    finally:
        os.close(at)


def _step(at: int, name: str, flags: int) -> int:
    below = os.open(name, flags, dir_fd=at)
    os.close(at)
    return below


def open_file(path: str, flags: int = os.O_RDONLY) -> int:
    """The descriptor of a regular file, reached without following any link.

    Args:
        path: as `resolve` gives it.
        flags: as for `os.open`.

    Raises:
        ToolError: it is a folder, a device, a pipe or a socket.
        OSError: it is not there, or a link by now.
    """
    parent, _, name = path.rpartition("/")
    with open_folder(parent or "/") as at:
        return open_entry(at, name or ".", flags)


def open_entry(at: int, name: str, flags: int = os.O_RDONLY) -> int:
    """`open_file` for a name in a folder that is open."""
    descriptor = os.open(name, flags | _FILE, 0o666, dir_fd=at)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "a device, a pipe or a socket"
            raise ToolError(f"{name!r} is {what}, not a file.", hint="Name a regular file.")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
