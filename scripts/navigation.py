"""Write zensical.nav.toml: zensical.toml with a navigation in the order of docs/index.md.

So a page is put in its place once, where it is linked; the reference follows with all its pages.
"""

from __future__ import annotations

import json
import re

from reference import PAGES, ROOT, SECTIONS, title_of

LINK = re.compile(r"\[([^\]]+)\]\(((?:tutorial|guides)/[\w-]+\.md)\)")
Entry = dict[str, "str | list[Entry]"]


def guides(index: str) -> list[Entry]:
    """The sections of the index with the pages that each links to."""
    _, *sections = re.split(r"^## ", index, flags=re.MULTILINE)
    found: list[Entry] = []
    for section in sections:
        pages: list[Entry] = [{title: page} for title, page in LINK.findall(section)]
        if pages:
            found.append({section.partition("\n")[0]: pages})
    return found


def reference() -> Entry:
    """The reference: its index and its pages, folder by folder."""
    parts: list[Entry] = [{"Reference": "reference/index.md"}]
    for folder, heading in SECTIONS.items():
        pages = sorted((PAGES / folder).glob("*.md"))
        parts.append({heading: [{title_of(p): f"reference/{folder}/{p.name}"} for p in pages]})
    return {"Reference": parts}


def as_toml(value: str | list[Entry] | Entry) -> str:
    """Inline TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return json.dumps(value)


def main() -> None:
    """Write the configuration with its navigation."""
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    nav: list[Entry] = [{"Polyspell": "index.md"}, *guides(index), reference()]
    config = (ROOT / "zensical.toml").read_text("utf-8")
    config = config.replace("[project]\n", f"[project]\nnav = {as_toml(nav)}\n", 1)
    (ROOT / "zensical.nav.toml").write_text(config, "utf-8")


if __name__ == "__main__":
    main()
