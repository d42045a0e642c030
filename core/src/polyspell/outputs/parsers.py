"""The parsers that come with the core."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from polyspell.errors import ConfigError, ValidationError
from polyspell.outputs.detect import detect
from polyspell.outputs.markdown import code_blocks, sections
from polyspell.outputs.patterns import matches_of
from polyspell.outputs.xmltext import read_xml
from polyspell.schema import parse_json

_FENCES = ("```", "~~~")
_MAX_CHOICE = 10_000  # characters of a text that names one of several values
_MAX_VALUES = 1000
_MAX_YAML = 64 * 2**10  # the reader takes a second for twice as much
_MAX_NODES = 100_000


def unfenced(text: str) -> str:
    """The content of a text that is one fence; any other text as it is."""
    start, newline, body = text.lstrip().partition("\n")
    if not start.startswith(_FENCES) or not newline:
        return text
    inside, newline, last = body.rstrip().rpartition("\n")
    if not newline or last.strip() not in _FENCES:
        return body
    content = inside.rstrip()
    return content + inside[len(content) :].partition("\n")[0]


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
        if len(body) > _MAX_YAML:
            raise ValidationError(f"YAML of more than {_MAX_YAML} characters is refused.")
        try:
            value = yaml.safe_load(body)
        except (yaml.YAMLError, RecursionError) as error:
            raise ValidationError(f"Not YAML: {error}.", hint="Answer with YAML only.") from error
        if _count(value, {}) > _MAX_NODES:
            raise _wrong("YAML without a flood of aliases", text)
        return value


def _count(value: Any, known: dict[int, int]) -> int:
    """The values in a value, those that are in several places each time."""
    if not isinstance(value, dict | list | set):
        return 1
    if id(value) not in known:
        known[id(value)] = _MAX_NODES + 1  # until it is known: an alias may be in itself
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_count(each, known) for each in inner)
    return known[id(value)]


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
        found: dict[str, list[str]] = {}
        last: list[str] | None = None
        for line in unfenced(text).splitlines():
            match = self._line.match(" ".join(line.split()))
            if match:
                last = found[match[1].strip()] = [match[2].strip()]
            elif last is not None and line.strip():
                last.append(line.strip())
        if not found:
            raise _wrong("lines of key: value", text)
        return {key: "\n".join(lines).strip() for key, lines in found.items()}


class EnumParser:
    """One of several `values`, however it is wrapped in words or marks."""

    format = "enum"

    def parse(self, text: str, options: dict[str, Any]) -> Any:
        """The value that the text names."""
        values = options.get("values") or options.get("schema", {}).get("enum")
        if not values:
            raise ConfigError("The enum parser needs values.", hint="Give it values = {...}.")
        if len(text) > _MAX_CHOICE or len(values) > _MAX_VALUES:
            raise _wrong(f"one of at most {_MAX_VALUES} values", text)
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
        if "pattern" not in options:
            raise ConfigError("The regex parser needs a pattern.", hint="Give it pattern = ...")
        matches = matches_of(options["pattern"], text)
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
