"""A template: text with `{{ name }}` in it. Jinja2, in a sandbox of our own making."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from polyspell.errors import LimitExceeded, ValidationError

MAX_STEPS = 20_000
"""Turns of loops in one rendering."""
MAX_SIZE = 2**20
"""Characters of a rendered text, and of any text made on the way."""

FILTERS = (
    "abs", "batch", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first",
    "float", "int", "items", "join", "last", "length", "list", "lower", "max", "min", "reverse",
    "round", "slice", "sort", "string", "sum", "title", "tojson", "trim", "truncate", "unique",
    "upper", "wordcount",
)  # fmt: skip
"""The filters of Jinja2 that templates may use: none makes much out of little."""

_FAULTS = (TypeError, ValueError, ArithmeticError, LookupError, RecursionError)
_COUNTED = "polyspell_counted"


class _Environment(ImmutableSandboxedEnvironment):
    """No calls of methods, no large results, and loops that are counted."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, load: Callable[[str], str | None] | None) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            loader=jinja2.FunctionLoader(load) if load is not None else None,
        )
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.filters[_COUNTED] = _counted
        self.globals = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno)
        return tree

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        for one, other in ((left, right), (right, left)):
            if operator == "*" and isinstance(one, str | list | tuple) and isinstance(other, int):
                raise SecurityError("repeating a text or a list is not allowed")
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise SecurityError(f"{operator} is not allowed here")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and result.bit_length() > 4096:
            raise SecurityError("a number grew too large")
        return result


@jinja2.pass_context
def _counted(context: jinja2.runtime.Context, values: Iterable[Any]) -> Iterable[Any]:
    """The values of a loop, counted over all loops of a rendering."""
    steps: list[int] = context.parent["polyspell_steps"]
    for value in values:
        steps[0] += 1
        if steps[0] > MAX_STEPS:
            raise LimitExceeded(
                f"The template loops more than {MAX_STEPS} times.",
                hint="Give it shorter lists.",
                context={"limit": "steps", "allowed": MAX_STEPS},
            )
        yield value


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
        self._environment = _Environment(load)
        try:
            self._template = self._environment.from_string(text)
            tree = self._environment.parse(text)
        except jinja2.TemplateSyntaxError as error:
            raise ValidationError(
                f"{name}, line {error.lineno}: {error.message}.", hint="Templates are Jinja2."
            ) from error
        self.variables = sorted(meta.find_undeclared_variables(tree))
        """The names that the text uses."""

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
        try:
            for piece in self._template.generate({**given, "polyspell_steps": [0]}):
                size += len(piece)
                if size > MAX_SIZE:
                    raise LimitExceeded(
                        f"{self.name} becomes longer than {MAX_SIZE} characters.",
                        hint="Give it less.",
                        context={"limit": "size", "allowed": MAX_SIZE},
                    )
                pieces.append(piece)
        except jinja2.UndefinedError as error:
            needed = ", ".join(self.variables) or "none"
            raise ValidationError(
                f"{self.name}: {error.message}.", hint=f"Its variables are {needed}."
            ) from error
        except (jinja2.TemplateError, *_FAULTS) as error:
            raise ValidationError(f"{self.name}: {error}.", hint="Correct the template.") from error
        return "".join(pieces)
