"""What a parser is, and how one is used with a schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

import msgspec

from polyspell.errors import ValidationError
from polyspell.outputs.partial import PartialJson
from polyspell.schema import coerce, require_valid

MAX_TEXT = 2**20
"""Characters of a text that is parsed."""


@runtime_checkable
class OutputParser(Protocol):
    """A way to read text. `format` is its name."""

    format: str

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The value in a text; mends what can be mended.

        Raises:
            ValidationError: there is none; says what was wanted.
        """
        ...


class Parsed(msgspec.Struct):
    """What `Parser.try_parse` gives: a value, or the reason why there is none."""

    value: Any = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.error is None


class Parser:
    """A parser with its settings.

    Args:
        parser: how text is read.
        schema: JSON Schema that the value must fit, after coercion; None takes any.
        options: the parser's own settings, such as `values` of an enum.
    """

    def __init__(
        self,
        parser: OutputParser,
        schema: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self._parser = parser
        self.schema = schema
        self._options = options or {}

    @property
    def format(self) -> str:
        """The parser's name."""
        return self._parser.format

    def parse(self, text: str) -> Any:
        """The value in a text.

        Raises:
            ValidationError: there is none, or it does not fit the schema.
        """
        _require_short(len(text))
        options = self._options if self.schema is None else {**self._options, "schema": self.schema}
        value = self._parser.parse(text, options)
        if self.schema is not None:
            value = coerce(self.schema, value)
            require_valid(self.schema, value, "The output")
        return value

    def try_parse(self, text: str) -> Parsed:
        """The value in a text, or why there is none."""
        try:
            return Parsed(self.parse(text))
        except ValidationError as error:
            return Parsed(error=str(error))

    def stream(self, chunks: Iterable[str]) -> Iterator[Any]:
        """What can be said of the value after each piece of the text, where that has changed; the
        last is the whole. Only JSON comes in parts: other formats give the whole at the end."""
        if self.format != "json":
            yield self.parse("".join(chunks))
            return
        partial, last, seen, size = PartialJson(), None, [], 0
        for chunk in chunks:
            seen.append(chunk)
            size += len(chunk)
            _require_short(size)
            partial.feed(chunk)
            if not partial.grown():  # a large text is not read anew for each word
                continue
            value = partial.value()
            if value is not None and value != last:
                last = value
                yield value
        whole = self.parse("".join(seen))
        if whole != last:
            yield whole


def _require_short(size: int) -> None:
    if size > MAX_TEXT:
        raise ValidationError(
            f"The text has more than {MAX_TEXT} characters.", hint="Parse a part of it."
        )
