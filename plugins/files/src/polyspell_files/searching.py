"""`files_search`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from polyspell.agents.toolcalls import sendable
from polyspell.errors import LimitExceeded, ToolError
from polyspell.grants import Grants
from polyspell.paths import open_entry, open_file, open_folder, permitted, resolve
from polyspell.tools import ToolContext, tool

from polyspell_files.access import Options, load, options, told, too_much
from polyspell_files.texts import bom
from polyspell_files.trees import is_folder
from polyspell_files.walking import matcher, readable_walk

_SHOWN = 400  # characters of a line that are given
_PATTERN = 1000  # characters of a regular expression

Hit = Callable[[str], bool]


@tool(name="files_search", tags=("files",))
def search(
    context: ToolContext,
    text: str,
    path: str = ".",
    glob: str = "**",
    regex: bool = False,
    ignore_case: bool = False,
    limit: int = 200,
) -> dict[str, Any]:
    """Lines of text files that have a text: {matches, files, more}. Each match is {path, line,
    text}; files is how many were searched; more says whether there are other matches.

    Args:
        text: what to look for.
        path: a folder to look through, or one file.
        glob: which files in the folder, such as **/*.py.
        regex: take the text as a regular expression.
        ignore_case: upper and lower case are the same.
        limit: how many matches to give.
    """
    limits = options(context)
    left = _clock(limits.seconds)
    fits, hit = matcher(glob), _hit(text, regex, ignore_case, left)
    matches: list[dict[str, Any]] = []
    files = 0
    with told(path):
        for name, data in _contents(context.grants, path, fits, limits):
            files += 1
            left()
            for number, line in _lines(data):
                if hit(line):
                    if len(matches) >= limit:
                        return {"matches": matches, "files": files, "more": True}
                    shown = line.strip()[:_SHOWN]
                    matches.append({"path": sendable(name), "line": number, "text": shown})
    return {"matches": matches, "files": files, "more": False}


def _contents(grants: Grants, path: str, fits: Hit, limits: Options) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files that may be read, and are text and not too large."""
    real = resolve(path)
    names = grants.allows(f"fs.read:{real}/") or not grants.allows(f"fs.read:{real}")
    permitted(grants, "fs.read", path, folder=names)
    if not names or not is_folder(real):
        grants.require(f"fs.read:{real}")
        yield PurePosixPath(real).name, load(open_file(real), limits.max_file)
        return
    with open_folder(real, readable=True) as at:
        for found in readable_walk(at, real, grants, limits):
            word = f"fs.read:{real.rstrip('/')}/{found.path}"
            if found.file and fits(found.path) and grants.allows(word):
                try:
                    data = load(open_entry(found.at, found.entry.name), limits.max_file)
                except (OSError, ToolError, LimitExceeded):
                    continue  # not ours to read, another thing by now, or too large
                if b"\0" not in data[:8192] or bom(data):
                    yield found.path, data


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    mark, name = bom(data) or (b"", "utf-8")
    text = data[len(mark) :].decode(name, "replace")
    return enumerate(text.split("\n"), 1)


def _clock(seconds: float) -> Callable[[], float]:
    """Seconds that are left; raises LimitExceeded when there are none."""
    end = time.monotonic() + seconds

    def left() -> float:
        rest = end - time.monotonic()
        if rest <= 0:
            hint = "Search fewer files, or simplify the expression."
            raise too_much("Seconds of a search:", "seconds", seconds, hint)
        return rest

    return left


def _hit(text: str, as_regex: bool, ignore_case: bool, left: Callable[[], float]) -> Hit:
    """Whether a line has the text, until the time is up.

    Raises:
        ToolError: it is not a regular expression, or empty.
    """
    if not text or len(text) > _PATTERN:
        raise ToolError("Text to look for has 1 to 1,000 characters.", hint="Look for a part.")
    if not as_regex:
        wanted = text.casefold() if ignore_case else text
        return lambda line: left() > 0 and wanted in (line.casefold() if ignore_case else line)
    import regex

    try:
        compiled = regex.compile(text, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, RecursionError) as error:
        raise ToolError(f"{text!r} is no regular expression: {error}.") from None

    def search(line: str) -> bool:
        try:
            return compiled.search(line, timeout=left(), concurrent=True) is not None
        except TimeoutError:
            left()
            return False

    return search
