"""Feeds in one form, whichever they come in: RSS, Atom, JSON Feed; and OPML, lists of feeds."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

_TEXT = 2000  # characters of a summary


def read_feed(data: bytes, given: dict[str, Any]) -> dict[str, Any]:
    """A feed: {kind, title, link, description, updated, entries}; of OPML, {kind, title, feeds}.
    An entry is {title, link, id, published, updated, author, tags, summary}.

    Args:
        data: as it came.
        given: its `url`, and the `content_type` with which it came.

    Raises:
        ValueError: it is none.
    """
    begin = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:2000]
    if begin.startswith(b"{"):
        return _json_feed(data)
    if re.search(rb"<opml[\s>]", begin, re.IGNORECASE):
        return _opml(data)
    return _xml_feed(data, given)


def _xml_feed(data: bytes, given: dict[str, Any]) -> dict[str, Any]:
    import feedparser

    headers = {"content-location": given["url"], "content-type": given["content_type"]}
    found = feedparser.parse(io.BytesIO(data), response_headers=headers)
    if not found.version and not found.entries:
        raise ValueError("it is no feed")
    return {
        "kind": found.version or "unknown",
        "title": _plain(found.feed.get("title")),
        "link": found.feed.get("link"),
        "description": _plain(found.feed.get("subtitle")),
        "updated": _date(found.feed.get("updated_parsed")),
        "entries": [_entry(entry) for entry in found.entries],
    }


def _entry(entry: Any) -> dict[str, Any]:
    contents = entry.get("content") or [{}]
    return {
        "title": _plain(entry.get("title")),
        "link": entry.get("link"),
        "id": entry.get("id"),
        "published": _date(entry.get("published_parsed")),
        "updated": _date(entry.get("updated_parsed")),
        "author": entry.get("author"),
        "tags": [tag.get("term") for tag in entry.get("tags", ()) if tag.get("term")],
        "summary": _plain(entry.get("summary") or contents[0].get("value")),
    }


def _json_feed(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not str(found.get("version", "")).startswith("https://jsonfeed.org/version/"):
        raise ValueError("it is JSON, and no JSON Feed")
    return {
        "kind": "json",
        "title": found.get("title"),
        "link": found.get("home_page_url"),
        "description": found.get("description"),
        "updated": None,
        "entries": [_json_entry(item) for item in found.get("items", ()) if isinstance(item, dict)],
    }


def _json_entry(item: dict[str, Any]) -> dict[str, Any]:
    authors = item.get("authors") or [item.get("author") or {}]
    return {
        "title": item.get("title"),
        "link": item.get("url") or item.get("external_url"),
        "id": item.get("id"),
        "published": item.get("date_published"),
        "updated": item.get("date_modified"),
        "author": authors[0].get("name"),
        "tags": item.get("tags", []),
        "summary": _plain(
            item.get("summary") or item.get("content_text") or item.get("content_html")
        ),
    }


def _opml(data: bytes) -> dict[str, Any]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(data, parser)
    feeds = [
        {
            "title": outline.get("title") or outline.get("text"),
            "url": outline.get("xmlUrl"),
            "link": outline.get("htmlUrl"),
        }
        for outline in root.iter("outline")
        if outline.get("xmlUrl")
    ]
    return {"kind": "opml", "title": root.findtext("head/title"), "feeds": feeds}


def _plain(html: Any) -> str | None:
    """A piece of HTML as text in one line."""
    if not isinstance(html, str):
        return None
    from lxml import html as parsing

    text = html
    if "<" in html or "&" in html:
        text = parsing.fragment_fromstring(html, create_parent="div").text_content()
    return " ".join(text.split())[:_TEXT]


def _date(parsed: Any) -> str | None:
    try:
        return datetime(*parsed[:6]).replace(tzinfo=UTC).isoformat() if parsed else None
    except ValueError:
        return None
