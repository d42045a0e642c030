"""`web_fetch_page`."""

from __future__ import annotations

import re

from polyspell.errors import ToolError
from polyspell.tools import ToolContext, ToolOutput, tool

from polyspell_web.answers import cut, is_text, media, told
from polyspell_web.bodies import text_of
from polyspell_web.cache import Answer
from polyspell_web.fetching import Ask, fetch
from polyspell_web.options import options
from polyspell_web.work import work

_HTML = ("text/html", "application/xhtml+xml")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-z0-9_.:-]{2,40})", re.IGNORECASE)


@tool(name="web_fetch_page", tags=("web",))
async def fetch_page(
    context: ToolContext, url: str, start: int = 0, whole: bool = False, robots: bool = False
) -> ToolOutput:
    """Read a page of the web as Markdown: its main part, without menus and adverts. Images and PDFs
    are given as what they show. Gives {url, title, markdown}.

    Args:
        url: https://HOST/PATH.
        start: the character to begin with, to read on in a long page.
        whole: all of the page, not only its main part.
        robots: ask for nothing that the site's robots.txt forbids.
    """
    limits = options(context)
    answer = await fetch(context, Ask(url, robots=robots))
    if answer.status >= 400:
        raise ToolError(f"{answer.url} answers {answer.status}.", context={"status": answer.status})
    if media(answer):
        return told(answer, limits.max_text)
    if not is_text(answer):
        raise ToolError(f"{answer.url} is {answer.media_type}, no page.", hint="Use web_request.")
    found = {"title": "", "markdown": text_of(answer.body, answer.charset)}
    if answer.media_type in _HTML or (not answer.media_type and b"<html" in answer.body[:2000]):
        given = {"url": answer.url, "whole": whole}
        found = await work("page", given, _html(answer).encode("utf-8", "replace"))
    title = f"# {found['title']}\n" if found["title"] else ""
    text = f"{title}{answer.url}\n\n{cut(found['markdown'], limits.max_text, max(0, start))}"
    return ToolOutput(text, {"url": answer.url, **found})


def _html(answer: Answer) -> str:
    """The page as text, in the encoding that the header or the page itself names."""
    meta = _META.search(answer.body[:4096])
    return text_of(answer.body, answer.charset or (meta[1].decode() if meta else None))
