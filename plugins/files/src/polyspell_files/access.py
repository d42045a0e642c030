"""What all tools of files share: settings, errors, whole files in and out."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator

import msgspec
from polyspell.errors import LimitExceeded, ToolError
from polyspell.paths import open_entry, open_file, open_folder
from polyspell.tools import ToolContext, tool_options

_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[tools.files]` of polyspell.toml.

    Attributes:
        max_file: bytes of a file that is read whole or written.
        max_text: characters that one call of `files_read` gives.
        max_tree: bytes of a folder that is copied.
        max_entries: files and folders that one call looks at.
        seconds: that a search may take.
    """

    max_file: int = 20 * 2**20
    max_text: int = 256 * 2**10
    max_tree: int = 2**30
    max_entries: int = 100_000
    seconds: float = 20.0


def options(context: ToolContext) -> Options:
    """The settings in force for a call."""
    return tool_options(context, "files", Options)


@contextlib.contextmanager
def told(path: str) -> Iterator[None]:
    """Say what the system says of a path as an error of a tool."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolError(f"{path}: {reason}.", context={"path": path}) from error


def too_much(what: str, limit: str, allowed: float, hint: str) -> LimitExceeded:
    """The error of a limit; `limit` is its name in the settings."""
    context = {"limit": limit, "allowed": allowed}
    return LimitExceeded(f"{what} {allowed:,} at most.", hint=hint, context=context)


def load(descriptor: int, most: int) -> bytes:
    """All bytes of an open file, which is closed.

    Raises:
        LimitExceeded: there are more than `most`, whatever its size was said to be.
    """
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(most + 1) or b""  # None of what would make us wait, as in /proc
    if len(data) > most:
        hint = "Look for a part of it with files_search, or raise max_file in [tools.files]."
        raise too_much("Bytes of a file:", "max_file", most, hint)
    return data


def read_whole(path: str, most: int) -> bytes:
    """All bytes of a file whose path is resolved."""
    return load(open_file(path), most)


def write_whole(path: str, data: bytes, *, new: bool = False, was: bytes | None = None) -> None:
    """Write a file so that others see the old or the new one, never a part. Missing folders are
    made; the mode of a file that is replaced is kept.

    Args:
        path: resolved.
        data: all of it.
        new: it must not be there yet.
        was: what the file must still hold.

    Raises:
        ToolError: it is there, no file, or has changed.
    """
    parent, _, name = path.rpartition("/")
    with open_folder(parent or "/", create=True) as at:
        old = status(at, name)
        if old is not None and not stat.S_ISREG(old.st_mode):
            raise ToolError(f"{path} is there, and is no regular file.", hint="Choose a name.")
        temporary = f".{secrets.token_hex(8)}.part"
        descriptor = os.open(temporary, _WRITE, 0o666, dir_fd=at)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                if old is not None:
                    os.fchmod(file.fileno(), old.st_mode & 0o777)
                file.flush()
                os.fsync(file.fileno())
            if was is not None and load(open_entry(at, name), len(was)) != was:
                raise ToolError(f"{path} has changed meanwhile.", hint="Read it again.")
            _put(at, temporary, name, new)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=at)


def _put(at: int, temporary: str, name: str, new: bool) -> None:
    if not new:
        os.replace(temporary, name, src_dir_fd=at, dst_dir_fd=at)
        return
    try:
        os.link(temporary, name, src_dir_fd=at, dst_dir_fd=at, follow_symlinks=False)
    except FileExistsError:
        raise ToolError(f"{name} is there already.", hint="Choose another name.") from None


def status(at: int, name: str) -> os.stat_result | None:
    """What a name in an open folder is; None where there is nothing. Links are not followed."""
    try:
        return os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return None
