"""XML as data and back: `{"tag": {"@attribute": "...", "child": [...], "#text": "..."}}`.

An element with neither attributes nor children is its text. A document type is refused, and with it
every entity: that is where XML reads files, fetches addresses and grows.
"""

from __future__ import annotations

import html
import re
from typing import Any
from xml.parsers import expat

from polyspell_data.limits import MAX_DEPTH, Options, fail, over

_NAME = re.compile(r"[^\W\d][\w.:-]*", re.UNICODE)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Reader:
    """What expat tells, as data."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._count = 0
        self.root: dict[str, Any] = {}
        self._open: list[dict[str, Any]] = [self.root]
        self._texts: list[list[str]] = [[]]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1 + len(attributes)
        if self._count > self._options.max_values:
            over("values", self._options.max_values, "Too many elements.")
        if len(self._open) > MAX_DEPTH:
            over("depth", MAX_DEPTH, f"More than {MAX_DEPTH} levels within each other.")
        self._open.append({f"@{key}": value for key, value in attributes.items()})
        self._texts.append([])

    def end(self, name: str) -> None:
        element: Any = self._open.pop()
        text = "".join(self._texts.pop()).strip()
        if not element:
            element = text or None
        elif text:
            element["#text"] = text
        outer = self._open[-1]
        if name not in outer:
            outer[name] = element
        elif isinstance(outer[name], list):
            outer[name].append(element)
        else:
            outer[name] = [outer[name], element]

    def text(self, text: str) -> None:
        self._texts[-1].append(text)

    def refuse(self, *about: Any) -> int:
        raise fail(
            "The XML has a document type (<!DOCTYPE>), which is not read.",
            "Remove it, with the entities that it declares.",
        )


def read(data: bytes | str, options: Options) -> Any:
    """The data of an XML text.

    Raises:
        ToolError: it is not XML, or has a document type.
        LimitExceeded: it is too deep or has too many elements.
    """
    parser = expat.ParserCreate()
    reader = _Reader(options)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise fail(f"This is not XML: {error}.") from None
    except (ValueError, LookupError) as error:  # an encoding that it names and nobody has
        raise fail(f"This XML cannot be read: {error}.") from None
    return reader.root


def write(value: Any) -> str:
    """Data as XML; what is not a table of one element stands in `<data>`.

    Raises:
        ToolError: a name cannot be that of an element, or a text has a character XML has not.
    """
    single = isinstance(value, dict) and len(value) == 1
    name, inner = next(iter(value.items())) if single else ("data", value)
    if isinstance(inner, list):
        name, inner = "data", value if single else {"item": value}
    pieces = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _element(pieces, name, inner, "")
    return "".join(pieces)


def _element(pieces: list[str], name: str, value: Any, indent: str) -> None:
    if not _NAME.fullmatch(name):
        raise fail(f"{name!r} cannot be the name of an XML element.")
    if isinstance(value, list):
        for each in value:
            inner = {"item": each} if isinstance(each, list) else each
            _element(pieces, name, inner, indent)
        return
    if not isinstance(value, dict):
        text = _escaped(value)
        pieces.append(f"{indent}<{name}>{text}</{name}>\n" if text else f"{indent}<{name}/>\n")
        return
    attributes = {k[1:]: v for k, v in value.items() if k.startswith("@")}
    if bad := next((k for k in attributes if not _NAME.fullmatch(k)), None):
        raise fail(f"{bad!r} cannot be the name of an XML attribute.")
    told = "".join(f' {k}="{_quoted(v)}"' for k, v in attributes.items())
    children = {k: v for k, v in value.items() if not k.startswith(("@", "#text"))}
    text = _escaped(value.get("#text"))
    if not children:
        pieces.append(f"{indent}<{name}{told}>{text}</{name}>\n")
        return
    pieces.append(f"{indent}<{name}{told}>{text}\n")
    for child, inner in children.items():
        _element(pieces, child, inner, indent + "  ")
    pieces.append(f"{indent}</{name}>\n")


def _escaped(value: Any) -> str:
    return html.escape(_text(value), quote=False)


def _quoted(value: Any) -> str:
    """A value within quotes, where a reader would make spaces of ends of lines and tabs."""
    text = html.escape(_text(value))
    return text.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise fail("An attribute or a text of XML is one value, not several.")
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if _FORBIDDEN.search(text):
        raise fail("A text has a control character, which XML has not.")
    return text
