"""Markdown's sections and blocks of code."""

from __future__ import annotations

import re
from typing import Any

_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([\w+#.-]*).*$")


def code_blocks(text: str) -> list[dict[str, str]]:
    """The fenced blocks: `{language, code}`. One that is not closed goes to the end."""
    blocks: list[dict[str, str]] = []
    lines: list[str] | None = None
    fence = language = ""
    for line in text.splitlines():
        match = _FENCE.match(line)
        if lines is None and match:
            fence, language, lines = match[2], match[3].lower(), []
        elif lines is not None and line.strip().startswith(fence) and not line.strip(" `~"):
            blocks.append({"language": language, "code": "\n".join(lines)})
            lines = None
        elif lines is not None:
            lines.append(line)
    if lines is not None:
        blocks.append({"language": language, "code": "\n".join(lines)})
    return blocks


def sections(text: str) -> list[dict[str, Any]]:
    """The sections by their headings: `{title, level, text, sections}`, nested. Text before the
    first heading is a section of level 0 without a title. Headings inside code do not count."""
    root: dict[str, Any] = {"title": "", "level": 0, "text": [], "sections": []}
    path = [root]
    fence = ""
    for line in text.splitlines():
        opening = _FENCE.match(line)
        if fence:
            fence = "" if line.strip().startswith(fence) else fence
        elif opening:
            fence = opening[2]
        heading = None if fence or opening else _HEADING.match(line)
        if heading is None:
            path[-1]["text"].append(line)
            continue
        level = len(heading[1])
        while path[-1]["level"] >= level:
            path.pop()
        title = heading[2].rstrip().rstrip("#").rstrip()
        section: dict[str, Any] = {"title": title, "level": level, "text": [], "sections": []}
        path[-1]["sections"].append(section)
        path.append(section)
    _strip(root)
    before = [{**root, "sections": []}] if root["text"] else []
    return [*before, *root["sections"]]


def _strip(section: dict[str, Any]) -> None:
    section["text"] = "\n".join(section["text"]).strip()
    for inner in section["sections"]:
        _strip(inner)
