"""Through a folder and what is below it, by descriptors, never through a link."""

from __future__ import annotations

import fnmatch
import functools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from polyspell.errors import ToolError
from polyspell.grants import Grants

from polyspell_files.access import Options, too_much

_DEPTH = 100  # folders within folders, each of which is an open descriptor
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Found:
    """A name in a folder: its path from where the walk began, the folder's descriptor (good until
    the walk goes on), and what it is."""

    path: str
    at: int
    entry: os.DirEntry[str]

    @property
    def folder(self) -> bool:
        """Whether it is a folder, and no link to one."""
        return self.entry.is_dir(follow_symlinks=False)

    @property
    def file(self) -> bool:
        """Whether it is a regular file, and no link to one."""
        return self.entry.is_file(follow_symlinks=False)


def walk(
    at: int, most: int, enter: Callable[[str], bool] = lambda path: True, base: str = ""
) -> Iterator[Found]:
    """What is in an open folder and below, each folder before what is in it, names in order.

    Args:
        at: the folder's descriptor, opened for reading.
        most: entries to look at.
        enter: whether to look into a folder, by its path from the beginning.

    Raises:
        LimitExceeded: there are more entries, or deeper ones.
    """
    seen = 0

    def below(at: int, base: str, depth: int) -> Iterator[Found]:
        nonlocal seen
        if depth > _DEPTH:
            raise too_much("Folders within folders:", "depth", _DEPTH, "Begin further down.")
        with os.scandir(at) as entries:
            names = []
            for entry in entries:
                seen += 1
                if seen > most:
                    raise too_much("Entries:", "max_entries", most, "Begin further down.")
                names.append(entry)
        for entry in sorted(names, key=lambda e: e.name):
            found = Found(base + entry.name, at, entry)
            yield found
            if found.folder and enter(found.path):
                try:
                    inner = os.open(entry.name, _FOLDER, dir_fd=at)
                except OSError:  # not ours to read, or something else by now
                    continue
                try:
                    yield from below(inner, f"{found.path}/", depth + 1)
                finally:
                    os.close(inner)

    return below(at, base, 0)


def readable_walk(at: int, root: str, grants: Grants, limits: Options) -> Iterator[Found]:
    """`walk` into those folders below `root` whose names may be read."""

    def enter(path: str) -> bool:
        return grants.allows(f"fs.read:{root.rstrip('/')}/{path}/")

    return walk(at, limits.max_entries, enter)


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether paths fit a pattern: `*`, `?` and `[abc]` within a name, `**` for any folders.

    Raises:
        ToolError: the pattern is absolute, leads upwards, or is too long.
    """
    wanted = pattern.split("/")
    if pattern.startswith("/") or ".." in wanted or len(pattern) > 1000:
        hint = "It begins at `path`: write **/*.txt, and name the folder in `path`."
        raise ToolError(f"{pattern!r} is no pattern of paths.", hint=hint)
    return lambda path: _fits(wanted, path.split("/"))


def _fits(pattern: list[str], names: list[str]) -> bool:
    """Whether names fit; only the last `**` is ever tried again, so that no pattern takes long."""
    at = here = tried = 0
    last: int | None = None
    while here < len(names):
        if at < len(pattern) and pattern[at] == "**":
            last, tried = at, here
            at += 1
        elif at < len(pattern) and _segment(pattern[at]).match(names[here]):
            at, here = at + 1, here + 1
        elif last is not None:
            tried += 1
            at, here = last + 1, tried
        else:
            return False
    return all(rest == "**" for rest in pattern[at:])


@functools.lru_cache(maxsize=256)
def _segment(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))
