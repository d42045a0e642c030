"""XML that a model wrote: an element as a table."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from polyspell.errors import ValidationError

MAX_SIZE = 4 * 2**20


def read_xml(text: str, tag: str | None = None) -> Any:
    """The first element of a text, or the first of a tag.

    An element is its text if it has nothing else; else a table of its attributes (`@name`), its
    children by tag (a list where one tag comes several times) and its text (`#text`).

    Raises:
        ValidationError: there is none, or it declares entities, which is refused.
    """
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise ValidationError("XML with a document type is refused.", hint="Leave it out.")
    if len(text) > MAX_SIZE:
        raise ValidationError(f"XML of more than {MAX_SIZE} characters is refused.")
    name = re.escape(tag) if tag else r"[A-Za-z_][\w.-]*"
    opening = re.search(rf"<({name})(\s[^<>]*)?/?>", text)
    if opening is None:
        raise ValidationError(f"There is no <{tag or 'element'}>.", hint="Answer with XML only.")
    return _value(_element(text, opening))


def _element(text: str, opening: re.Match[str]) -> ElementTree.Element:
    end = text.rfind(f"</{opening[1]}>")
    stop = end + len(opening[1]) + 3 if end >= 0 else opening.end()
    body = text[opening.start() : stop]
    for attempt in (body, re.sub(r"&(?!#?\w+;)", "&amp;", body), body + f"</{opening[1]}>"):
        try:
            return ElementTree.fromstring(attempt)
        except ElementTree.ParseError as error:
            problem = error
    raise ValidationError(f"Not XML: {problem}.", hint="Close every element.")


def _value(element: ElementTree.Element) -> Any:
    said = (element.text or "").strip()
    table: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    for child in element:
        value = _value(child)
        if child.tag not in table:
            table[child.tag] = value
        elif isinstance(table[child.tag], list):
            table[child.tag].append(value)
        else:
            table[child.tag] = [table[child.tag], value]
    if not table:
        return said
    return {**table, "#text": said} if said else table
