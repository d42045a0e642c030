"""The module `output`."""

from __future__ import annotations

from typing import Any

from polyspell.errors import ValidationError
from polyspell.outputs import Parser, detect
from polyspell.outputs.base import MAX_TEXT
from polyspell.outputs.markdown import code_blocks, sections
from polyspell.schema import parse_json
from polyspell.scripting.api.schema import SchemaHandle, schema_of
from polyspell.scripting.declare import ApiHandle, ApiModule, pure
from polyspell.scripting.types import Table


class ParserHandle(ApiHandle):
    """A parser with its settings."""

    api_name = "Parser"

    def __init__(self, parser: Parser) -> None:
        self._parser = parser

    @property
    def format(self) -> str:
        """The name of its format."""
        return self._parser.format

    @pure
    def parse(self, text: str) -> Any:
        """The value in a text; fails if there is none.

        Args:
            text: what a model wrote.
        """
        return self._parser.parse(text)

    @pure
    def try_parse(self, text: str) -> Table:
        """The value in a text, or why there is none: `{ok, value, error}`.

        Args:
            text: what a model wrote.
        """
        parsed = self._parser.try_parse(text)
        return {"ok": parsed.ok, "value": parsed.value, "error": parsed.error}

    @pure
    def stream(self, chunks: list[str]) -> list[Any]:
        """What can be said of the value after each piece, where that has changed.

        Args:
            chunks: the pieces of a text.
        """
        return list(self._parser.stream(chunks))


class OutputModule(ApiModule):
    """Outputs: what a model wrote, as values."""

    name = "output"

    def parser(
        self,
        format: str,
        *,
        schema: Table | SchemaHandle | None = None,
        options: Table | None = None,
    ) -> ParserHandle:
        """A parser: json, yaml, markdown, code, list, key_value, enum, regex, csv, xml, text, auto,
        or one of a plugin.

        Args:
            format: its name.
            schema: what the value must be.
            options: its settings: `values` of an enum, `pattern` of a regex, `language` of code.
        """
        found = self.spell.host.output_parsers.get(format)
        return ParserHandle(Parser(found, schema_of(schema), options))

    def parse(
        self, text: str, *, format: str = "auto", schema: Table | SchemaHandle | None = None
    ) -> Any:
        """The value in a text; fails if there is none.

        Args:
            text: what a model wrote.
            format: how to read it; found out if it is left out.
            schema: what the value must be.
        """
        if schema is not None and format == "auto":
            format = "json"
        return self.parser(format, schema=schema)._parser.parse(text)

    def detect(self, text: str) -> str:
        """The name of a text's format.

        Args:
            text: what a model wrote.
        """
        return detect(_short(text))

    @pure
    def repair(self, text: str) -> Any:
        """The value of JSON that is damaged.

        Args:
            text: JSON as a model wrote it.
        """
        return parse_json(_short(text))

    def sections(self, markdown: str) -> list[Table]:
        """The sections of Markdown: `{title, level, text, sections}`.

        Args:
            markdown: the text.
        """
        return sections(_short(markdown))

    def code_blocks(self, text: str) -> list[Table]:
        """The blocks of code in Markdown: `{language, code}`.

        Args:
            text: the text.
        """
        return [dict(block) for block in code_blocks(_short(text))]


def _short(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValidationError(
            f"The text has more than {MAX_TEXT} characters.", hint="Give a part of it."
        )
    return text
