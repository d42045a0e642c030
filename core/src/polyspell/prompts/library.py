"""Prompts in a folder: a file each, with front matter, versions and partials.

    +++
    description = "Greets somebody"
    defaults = {language = "English"}
    +++
    Greet {{ name }} in {{ language }}.

`greet.md` is the prompt `greet`; `greet@2.md` its second version. `{% include "rules" %}` puts in
the prompt `rules`. The front matter is TOML between lines of `+++`.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from polyspell.errors import NotFoundError, ValidationError
from polyspell.prompts.template import Template

_FRONT = re.compile(r"\A\+\+\+\s*\n(.*?)\n\+\+\+\s*?\n?(.*)\Z", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9][\w-]*(/[A-Za-z0-9][\w-]*)*")


class Prompt(msgspec.Struct):
    """A prompt as it stands in its file."""

    name: str
    version: int
    text: str
    description: str = ""
    defaults: dict[str, Any] = {}


class PromptLibrary:
    """The prompts of some folders; the first folder that has a name wins, and new ones go there."""

    def __init__(self, *folders: Path | str) -> None:
        self._folders = [Path(folder) for folder in folders]

    def names(self) -> list[str]:
        """The names, sorted."""
        found = set()
        for folder in self._folders:
            for file in folder.rglob("*.md"):
                name = file.relative_to(folder).with_suffix("").as_posix()
                found.add(name.partition("@")[0])
        return sorted(found)

    def versions(self, name: str) -> dict[int, Path]:
        """The versions of a prompt, oldest first, and their files."""
        self._check(name)
        found: dict[int, Path] = {}
        for folder in reversed(self._folders):
            for file in (folder / name).parent.glob(f"{Path(name).name}*.md"):
                stem, _, version = file.stem.partition("@")
                if stem == Path(name).name and (version.isdigit() or not version):
                    found[int(version or 1)] = file
        return dict(sorted(found.items()))

    def get(self, name: str, version: int | None = None) -> Prompt:
        """A prompt: its newest version, or the one that is named (`greet@2` names one, too).

        Raises:
            NotFoundError: there is none.
            ValidationError: its front matter cannot be read.
        """
        name, at, number = name.partition("@")
        if at and number.isdigit():
            version = int(number)
        found = self.versions(name)
        if not found or (version is not None and version not in found):
            shown = ", ".join(self.names()[:12]) or "none"
            raise NotFoundError(
                f"There is no prompt {name!r}{f' of version {version}' if version else ''}.",
                hint=f"There is {shown}.",
            )
        version = version or max(found)
        return _read(found[version], name, version)

    def template(self, name: str, version: int | None = None) -> Template:
        """A prompt, ready to be rendered. Raises as `get`."""
        prompt = self.get(name, version)
        return Template(prompt.text, name=name, defaults=prompt.defaults, load=self._partial)

    def _partial(self, name: str) -> str | None:
        try:
            return self.get(name).text
        except NotFoundError:
            return None

    def save(self, name: str, text: str, description: str = "") -> int:
        """Keep a text as the newest version of a prompt; gives its number. The same text again is
        no new version.

        Raises:
            ValidationError: the name cannot be one, or the text is not a template.
        """
        Template(text, name=name)
        found = self.versions(name)
        if found and self.get(name).text == text:
            return max(found)
        version = max(found, default=0) + 1
        file = self._folders[0] / (f"{name}.md" if version == 1 else f"{name}@{version}.md")
        file.parent.mkdir(parents=True, exist_ok=True)
        front = f"+++\ndescription = {_toml(description)}\n+++\n" if description else ""
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(front + text, "utf-8")
        os.replace(temporary, file)
        return version

    @staticmethod
    def _check(name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValidationError(
                f"{name!r} cannot be the name of a prompt.",
                hint="Use letters, digits, - and _; / for folders.",
            )


def _toml(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _read(file: Path, name: str, version: int) -> Prompt:
    text = file.read_text("utf-8")
    front: dict[str, Any] = {}
    match = _FRONT.match(text)
    if match is not None:
        try:
            front = tomllib.loads(match[1])
        except tomllib.TOMLDecodeError as error:
            raise ValidationError(
                f"The front matter of {file} is not TOML: {error}.", hint="Correct it."
            ) from error
        text = match[2]
    defaults = front.get("defaults", {})
    return Prompt(name, version, text, str(front.get("description", "")), defaults)
