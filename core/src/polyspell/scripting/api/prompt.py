"""The module `prompt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyspell.scripting.declare import ApiHandle, ApiModule, pure
from polyspell.scripting.types import Table

if TYPE_CHECKING:
    from polyspell.prompts import PromptLibrary, Template
    from polyspell.scripting.memo import Memo


class TemplateHandle(ApiHandle):
    """A text with variables."""

    api_name = "Template"
    weight = 20_000

    def __init__(self, template: Template, memo: Memo | None = None) -> None:
        self._template, self._memo = template, memo

    @property
    def variables(self) -> list[str]:
        """The names that it uses."""
        return self._template.variables

    @pure
    def render(self, values: Table | None = None) -> str:
        """The text with its variables filled in.

        Args:
            values: by name.
        """
        if self._memo is not None:
            self._memo.forbid()  # prompts that it includes may change
        return self._template.render(values or {})


class PromptModule(ApiModule):
    """Prompts: texts with variables, kept in the folder `prompts` of the configuration."""

    name = "prompt"

    def template(self, text: str) -> TemplateHandle:
        """A template: of a text with `{{ name }}` in it, or a kept one by its name.

        Args:
            text: the text, or the name of a prompt.
        """
        from polyspell.prompts import Template

        is_name = "{" not in text and "\n" not in text and " " not in text
        if is_name and text.partition("@")[0] in self._library.names():
            self._require(text)
            template = self._library.template(text, require=self._require)
            return TemplateHandle(template, self.spell.gate.memo)
        return TemplateHandle(Template(text))

    def save(self, name: str, text: str) -> int:
        """Keep a text as the newest version of a prompt; gives its number. Needs the grant
        `prompt.save:NAME`.

        Args:
            name: how to find it.
            text: the text.
        """
        self.spell.grants.require(f"prompt.save:{name}")
        return self._library.save(name, text)

    def list_(self) -> list[str]:
        """The names of the kept prompts that this script may use."""
        return [n for n in self._library.names() if self.spell.grants.allows(f"prompt:{n}")]

    def _require(self, name: str) -> None:
        """Go on if the script may use a kept prompt, or those that one includes: a script that may
        save prompts could include any."""
        self.spell.grants.require(f"prompt:{name}")

    @property
    def _library(self) -> PromptLibrary:
        return self.spell.host.prompts
