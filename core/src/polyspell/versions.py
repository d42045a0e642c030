"""Texts in folders by name, with versions: `greet.md` is the first, `greet@2.md` the second."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from polyspell.errors import NotFoundError, ValidationError

MAX_NAME = 200
"""Characters of a name: it becomes that of a file."""
_NAME = re.compile(r"[A-Za-z0-9][\w-]*(/[A-Za-z0-9][\w-]*)*")


class Version(msgspec.Struct):
    """A text, and which version of which name it is."""

    name: str
    number: int
    text: str
    file: Path


class VersionedFolder:
    """Files of one ending in some folders. The first folder that has a name wins, and new ones go
    there.

    Args:
        kind: what the texts are, as it reads in an error ("prompt").
        ending: of the files, with the dot.
        folders: where.
    """

    def __init__(self, kind: str, ending: str, folders: Sequence[Path | str]) -> None:
        self._kind, self._ending = kind, ending
        self._folders = [Path(folder) for folder in folders]

    def names(self) -> list[str]:
        """The names, sorted."""
        found = set()
        for folder in self._folders:
            for file in folder.rglob(f"*{self._ending}"):
                found.add(file.relative_to(folder).with_suffix("").as_posix().partition("@")[0])
        return sorted(name for name in found if _NAME.fullmatch(name))

    def versions(self, name: str) -> dict[int, Path]:
        """The versions of a name, oldest first, and their files.

        Raises:
            ValidationError: it cannot be a name.
        """
        if len(name) > MAX_NAME or not _NAME.fullmatch(name):
            raise ValidationError(
                f"{name!r} cannot be the name of a {self._kind}.",
                hint="Use letters, digits, - and _; / for folders.",
            )
        found: dict[int, Path] = {}
        last = Path(name).name
        for folder in reversed(self._folders):
            for file in (folder / name).parent.glob(f"{last}*{self._ending}"):
                stem, _, number = file.stem.partition("@")
                if stem == last and (number.isdigit() or not number):
                    found[int(number or 1)] = file
        return dict(sorted(found.items()))

    def get(self, name: str, number: int | None = None) -> Version:
        """The newest version of a name, or the one that is asked for (`greet@2` asks, too).

        Raises:
            NotFoundError: there is none; says what there is.
        """
        name, _, asked = name.partition("@")
        number = int(asked) if asked.isdigit() else number
        found = self.versions(name)
        if not found or (number is not None and number not in found):
            shown = ", ".join(self.names()[:12]) or "none"
            which = f" of version {number}" if number else ""
            raise NotFoundError(
                f"There is no {self._kind} {name!r}{which}.", hint=f"There is {shown}."
            )
        number = number or max(found)
        return Version(name, number, found[number].read_text("utf-8"), found[number])

    def save(self, name: str, text: str) -> int:
        """Keep a text as the newest version of a name; gives its number. The same text again is no
        new version. Raises as `versions`."""
        found = self.versions(name)
        if found and found[max(found)].read_text("utf-8") == text:
            return max(found)
        number = max(found, default=0) + 1
        file = self._folders[0] / f"{name}{f'@{number}' if number > 1 else ''}{self._ending}"
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(text, "utf-8")
        os.replace(temporary, file)
        return number
