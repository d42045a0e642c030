"""The parsers that come with the core."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from polyspell.errors import ConfigError, ValidationError
from polyspell.outputs.detect import detect
from polyspell.outputs.markdown import code_blocks, sections
from polyspell.outputs.xmltext import read_xml
from polyspell.schema import parse_json

REGEX_TIME = 0.5
"""Seconds that a pattern may take: a hostile one could take for ever."""
_FENCE = re.compile(r"^\s*(?:```|~~~)[^\n]*\n(.*?)(?:\n\s*(?:```|~~~)\s*$|\Z)", re.DOTALL)


def unfenced(text: str) -> str:
    """The content of a text that is one fence; any other text as it is."""
    found = _FENCE.match(text)
    return found[1] if found is not None else text


def _wrong(wanted: str, text: str) -> ValidationError:
    shown = text.strip()[:120]
    return ValidationError(f"There is no {wanted} in {shown!r}.", hint=f"Answer with {wanted}.")


class JsonParser:
    """JSON, repaired where it must be: fences, prose around it, commas, quotes, a missing end."""

    format = "json"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The JSON value in a text."""
        wants_object = options.get("schema", {}).get("type") == "object"
        return parse_json(text, want_object=wants_object)


class YamlParser:
    """YAML, read safely; needs PyYAML."""

    format = "yaml"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The YAML document in a text, in a fence or not."""
        try:
            import yaml
        except ImportError:
            raise ConfigError("Reading YAML needs PyYAML.", hint="pip install pyyaml") from None
        blocks = [b for b in code_blocks(text) if b["language"] in ("yaml", "yml", "")]
        body = blocks[0]["code"] if blocks else text
        if body.count("*") > 100 and body.count("&") > 5:
            raise _wrong("YAML without a flood of aliases", text)
        try:
            return yaml.safe_load(body)
        except yaml.YAMLError as error:
            raise ValidationError(f"Not YAML: {error}.", hint="Answer with YAML only.") from error


class MarkdownParser:
    """Markdown, as a tree of sections."""

    format = "markdown"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """`[{title, level, text, sections}]`."""
        return sections(text)


class CodeParser:
    """Blocks of code; `language` picks one language, `first` gives the text of the first alone."""

    format = "code"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """`[{language, code}]`."""
        blocks = code_blocks(text)
        wanted = options.get("language")
        if wanted:
            blocks = [b for b in blocks if b["language"] == wanted.lower()]
        if not options.get("first"):
            return blocks
        if not blocks:
            raise _wrong("block of code", text)
        return blocks[0]["code"]


class ListParser:
    """A list: items with bullets or numbers, a JSON array, or words with commas between."""

    format = "list"
    _item = re.compile(r"(?:[-*+•]|\d+[.)]|\(?[a-z][.)])\s+(.+)$")

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The items, as texts."""
        body = unfenced(text).strip()
        if body.startswith("["):
            return parse_json(body)
        items = [m[1] for line in body.splitlines() if (m := self._item.match(line.strip()))]
        if items:
            return items
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        if len(lines) > 1:
            return lines
        return [part.strip() for part in body.split(",") if part.strip()]


class KeyValueParser:
    """Lines of `key: value` or `key = value`, bold keys and bullets included."""

    format = "key_value"
    _line = re.compile(r"(?:[-*+•] )?\**(\w[\w .()/-]{0,60}?)\** ?(?::\**|=)(.*)$")

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The values by their keys; a line without a key goes on with the last value."""
        found: dict[str, str] = {}
        last: str | None = None
        for line in unfenced(text).splitlines():
            match = self._line.match(" ".join(line.split()))
            if match:
                last = match[1].strip()
                found[last] = match[2].strip()
            elif last is not None and line.strip():
                found[last] = f"{found[last]}\n{line.strip()}".strip()
        if not found:
            raise _wrong("lines of key: value", text)
        return found


class EnumParser:
    """One of several `values`, however it is wrapped in words or marks."""

    format = "enum"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The value that the text names."""
        values = options.get("values") or options.get("schema", {}).get("enum")
        if not values:
            raise ConfigError("The enum parser needs values.", hint="Give it values = {...}.")
        said = text.strip().strip("\"'`*._ ").lower()
        for value in values:
            if said == str(value).lower():
                return value
        hits = [v for v in values if re.search(rf"(?<!\w){re.escape(str(v))}(?!\w)", text, re.I)]
        if len(hits) == 1:
            return hits[0]
        raise _wrong(f"one (and only one) of {', '.join(map(str, values))}", text)


class RegexParser:
    """What a `pattern` finds: its named groups, else its groups, else the match."""

    format = "regex"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The first match, or with `all` every one."""
        try:
            import regex
        except ImportError:
            raise ConfigError("The regex parser needs regex.", hint="pip install regex") from None
        if "pattern" not in options:
            raise ConfigError("The regex parser needs a pattern.", hint="Give it pattern = ...")
        try:
            matches = list(regex.finditer(options["pattern"], text, regex.M, timeout=REGEX_TIME))
        except regex.error as error:
            raise ConfigError(f"Not a pattern: {error}.", hint="Correct it.") from error
        except TimeoutError as error:
            raise ValidationError(
                f"The pattern took longer than {REGEX_TIME:g} s.", hint="Use a simpler one."
            ) from error
        found = [m.groupdict() or list(m.groups()) or m[0] for m in matches]
        if options.get("all"):
            return found
        if not found:
            raise _wrong(f"match of {options['pattern']}", text)
        return found[0]


class CsvParser:
    """Comma-separated values; the delimiter is found, or given. `header` false gives lists."""

    format = "csv"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """A table by the first line's names for each row."""
        body = unfenced(text).strip()
        delimiter = options.get("delimiter") or self._delimiter(body)
        rows = list(csv.reader(io.StringIO(body), delimiter=delimiter, skipinitialspace=True))
        rows = [row for row in rows if row]
        if not rows:
            raise _wrong("table", text)
        if options.get("header") is False:
            return rows
        names = rows[0]
        return [dict(zip(names, row, strict=False)) for row in rows[1:]]

    @staticmethod
    def _delimiter(body: str) -> str:
        first = body.splitlines()[0] if body else ""
        return max(",;\t|", key=first.count)


class XmlParser:
    """XML, without entities of its own: attributes as @name, text as #text."""

    format = "xml"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The element in a text, prose around it passed over."""
        return read_xml(unfenced(text), options.get("tag"))


class TextParser:
    """The text, without a fence around it."""

    format = "text"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The text."""
        return unfenced(text).strip()


class AutoParser:
    """Whatever format the text has."""

    format = "auto"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """By the parser of the detected format."""
        parser = _DETECTED[detect(text)]
        return parser().parse(text, options)


_DETECTED: dict[str, Any] = {
    "json": JsonParser, "xml": XmlParser, "csv": CsvParser, "yaml": YamlParser,
    "list": ListParser, "markdown": MarkdownParser, "key_value": KeyValueParser,
    "code": CodeParser, "text": TextParser,
}  # fmt: skip
