"""`web_feed`."""

from __future__ import annotations

from typing import Any

from polyspell.errors import ToolError
from polyspell.tools import ToolContext, tool

from polyspell_web.fetching import Ask, fetch
from polyspell_web.work import work


@tool(name="web_feed", tags=("web",))
async def feed(
    context: ToolContext, url: str, limit: int = 20, robots: bool = False
) -> dict[str, Any]:
    """Read a feed (RSS, Atom, JSON Feed): {url, kind, title, link, description, updated, entries}.
    Each entry has {title, link, id, published, updated, author, tags, summary}. Of OPML, which
    lists feeds: {url, kind, title, feeds}, each with {title, url, link}.

    Args:
        url: of the feed.
        limit: how many entries to give, the newest first as the feed has them.
        robots: ask for nothing that the site's robots.txt forbids.
    """
    answer = await fetch(context, Ask(url, robots=robots))
    if answer.status >= 400:
        raise ToolError(f"{answer.url} answers {answer.status}.", context={"status": answer.status})
    given = {"url": answer.url, "content_type": answer.headers.get("content-type", "")}
    found: dict[str, Any] = await work("feed", given, answer.body)
    for many in ("entries", "feeds"):
        if many in found:
            found[many] = found[many][: max(0, limit)]
    return {"url": answer.url, **found}
