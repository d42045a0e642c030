"""Which format a text has."""

from __future__ import annotations

import re

import msgspec

_FENCE = re.compile(
    r"^\s*(?:```|~~~)[ \t]*([\w+-]*)[ \t]*\n(.*?)(?:\n(?:```|~~~)\s*$|\Z)", re.DOTALL
)
_KEY_VALUE = re.compile(r"^\s*[\w .-]{1,40}:\s+\S")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+\S")


def detect(text: str) -> str:
    """The name of the format: json, xml, csv, yaml, list, markdown, key_value, code or text.

    A text that is one fence is judged by what it holds, and by the name on the fence.
    """
    fence = _FENCE.match(text)
    if fence is not None:
        named = fence[1].lower()
        if named in ("json", "yaml", "yml", "xml", "csv"):
            return "yaml" if named == "yml" else named
        inner = detect(fence[2])
        return inner if inner in ("json", "xml") else "code"
    body = text.strip()
    if body[:1] in ("{", "[") and _is_json(body):
        return "json"
    if re.match(r"^<[A-Za-z?!][^>]*>", body) and body.endswith(">"):
        return "xml"
    return _by_lines([line for line in body.splitlines() if line.strip()])


def _is_json(body: str) -> bool:
    try:
        msgspec.json.decode(body)
        return True
    except msgspec.DecodeError:
        return bool(re.search(r"[}\]]\s*$", body)) or '":' in body


def _by_lines(lines: list[str]) -> str:
    if not lines:
        return "text"
    if any(re.match(r"^#{1,6}\s+\S", line) for line in lines):
        return "markdown"
    if any(line.lstrip().startswith(("```", "~~~")) for line in lines):
        return "markdown"
    if len(lines) > 1 and all(_ITEM.match(line) for line in lines):
        return "list"
    commas = {line.count(",") for line in lines}
    if len(lines) > 1 and commas == {max(commas)} and max(commas) > 0:
        return "csv"
    pairs = sum(bool(_KEY_VALUE.match(line)) for line in lines)
    if pairs == len(lines):
        return "key_value"
    nested = sum(bool(re.match(r"^\s+\S|^[\w-]+:\s*$", line)) for line in lines)
    return "yaml" if pairs and pairs + nested == len(lines) else "text"
