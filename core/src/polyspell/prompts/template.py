"""A template: text with `{{ name }}` in it. Jinja2, in a sandbox of our own making."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jinja2
from jinja2 import meta

from polyspell.errors import ValidationError
from polyspell.prompts.sandbox import MAX_SIZE, MAX_STEPS, Budget, Environment, budget, too_long

MAX_TEXT, MAX_TOKENS = 2**18, 15_000
"""Characters of a template, and words and signs in its tags."""
MAX_LOOPED = 2**26
"""Characters of the template itself that loops may repeat."""

_PLAIN = {"data", "whitespace", "comment", "comment_begin", "comment_end"}
_FAULTS = (TypeError, ValueError, ArithmeticError, LookupError, RecursionError, SyntaxError)


class Template:
    """Text with variables.

        Template("Hello {{ name }}").render(name="Ada")

    Args:
        text: Jinja2, without calls of functions and methods.
        name: how it is called, for errors.
        defaults: values of variables that need not be given.
        load: gives the text of a partial (`{% include "name" %}`), None where there is none.

    Raises:
        ValidationError: it is not a template; names the line.
    """

    def __init__(
        self,
        text: str,
        *,
        name: str = "template",
        defaults: dict[str, Any] | None = None,
        load: Callable[[str], str | None] | None = None,
    ) -> None:
        self.text = text
        self.name = name
        self.defaults = defaults or {}
        self._steps = min(MAX_STEPS, MAX_LOOPED // max(1, len(text)))
        self._environment = Environment(load)
        budget.set(Budget(self._steps))
        try:
            self._require_short()
            self._template = self._environment.from_string(text)
            tree = self._environment.parse(text)
        except jinja2.TemplateSyntaxError as error:
            raise ValidationError(
                f"{name}, line {error.lineno}: {error.message}.", hint="Templates are Jinja2."
            ) from error
        except (RecursionError, SyntaxError) as error:
            raise ValidationError(f"{name} is nested too deeply.", hint="Simplify it.") from error
        self.variables = sorted(meta.find_undeclared_variables(tree))
        """The names that the text uses."""

    def _require_short(self) -> None:
        """Compiling takes a second for a few times as much."""
        words = 0
        if len(self.text) <= MAX_TEXT:
            words = sum(kind not in _PLAIN for _, kind, _ in self._environment.lex(self.text))
        if len(self.text) > MAX_TEXT or words > MAX_TOKENS:
            raise ValidationError(
                f"{self.name} is too large: {MAX_TEXT} characters and {MAX_TOKENS} words in tags "
                "are the most.",
                hint="Make several templates of it.",
            )

    def render(self, values: dict[str, Any] | None = None, /, **more: Any) -> str:
        """The text with its variables filled in.

        Raises:
            ValidationError: a variable is missing or unknown, or the template does something that
                it may not.
            LimitExceeded: it loops too often, or the text becomes too long.
        """
        given = {**self.defaults, **(values or {}), **more}
        pieces: list[str] = []
        size = 0
        budget.set(Budget(self._steps))
        try:
            for piece in self._template.generate(given):
                size += len(piece)
                if size > MAX_SIZE:
                    raise too_long()
                pieces.append(piece)
        except jinja2.UndefinedError as error:
            needed = ", ".join(self.variables) or "none"
            raise ValidationError(
                f"{self.name}: {error.message}.", hint=f"Its variables are {needed}."
            ) from error
        except (jinja2.TemplateError, *_FAULTS) as error:
            raise ValidationError(f"{self.name}: {error}.", hint="Correct the template.") from error
        return "".join(pieces)
