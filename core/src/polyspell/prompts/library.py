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

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from polyspell.errors import NotFoundError, ValidationError
from polyspell.prompts.template import Template
from polyspell.versions import Version, VersionedFolder

_FRONT = re.compile(r"\A\+\+\+\s*\n(.*?)\n\+\+\+\s*?\n?(.*)\Z", re.DOTALL)


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
        self._files = VersionedFolder("prompt", ".md", folders)

    def names(self) -> list[str]:
        """The names, sorted."""
        return self._files.names()

    def get(self, name: str, version: int | None = None) -> Prompt:
        """A prompt: its newest version, or the one that is named (`greet@2` names one, too).

        Raises:
            NotFoundError: there is none.
            ValidationError: its front matter cannot be read.
        """
        return _read(self._files.get(name, version))

    def template(
        self,
        name: str,
        version: int | None = None,
        *,
        require: Callable[[str], None] | None = None,
    ) -> Template:
        """A prompt, ready to be rendered. Raises as `get`.

        Args:
            name: of the prompt.
            version: None for the newest.
            require: asked for each prompt that it includes; raises where that may not be.
        """

        def partial(name: str) -> str | None:
            if require is not None:
                require(name)
            try:
                return self.get(name).text
            except NotFoundError:
                return None

        prompt = self.get(name, version)
        return Template(prompt.text, name=prompt.name, defaults=prompt.defaults, load=partial)

    def save(self, name: str, text: str, description: str = "") -> int:
        """Keep a text as the newest version of a prompt; gives its number. The same text again is
        no new version.

        Raises:
            ValidationError: the name cannot be one, or the text is not a template.
        """
        Template(text, name=name)
        if self._files.versions(name) and self.get(name).text == text:
            return self.get(name).version
        front = f"+++\ndescription = {_toml(description)}\n+++\n" if description else ""
        return self._files.save(name, front + text)


def _toml(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _read(found: Version) -> Prompt:
    text = found.text
    front: dict[str, Any] = {}
    match = _FRONT.match(text)
    if match is not None:
        try:
            front = tomllib.loads(match[1])
        except tomllib.TOMLDecodeError as error:
            raise ValidationError(
                f"The front matter of {found.file} is not TOML: {error}.", hint="Correct it."
            ) from error
        text = match[2]
    defaults = front.get("defaults", {})
    return Prompt(found.name, found.number, text, str(front.get("description", "")), defaults)
