"""HTML as Markdown: what a page says, without what stands around it."""

from __future__ import annotations

import re
from typing import Any

_SCHEMES = ("http:", "https:", "mailto:")
_ENOUGH = 200  # characters; less is hardly what a page is about
_BLANK = re.compile(r"\n{3,}")


def page(data: bytes, given: dict[str, Any]) -> dict[str, Any]:
    """The main part of a page: {title, markdown}.

    Args:
        data: HTML in UTF-8.
        given: its `url`; `whole` for all of it.
    """
    from lxml import html

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, no_network=True)
    tree = html.document_fromstring(data, parser=parser)
    title = " ".join((tree.findtext(".//title") or "").split())
    _tidy(tree, given["url"])
    all_of_it = _markdown(html.tostring(tree, encoding="unicode"))
    if given["whole"] or len(all_of_it) < _ENOUGH:
        return {"title": title, "markdown": all_of_it}
    main = _markdown(_main(tree))
    return {"title": title, "markdown": main if len(main) >= _ENOUGH else all_of_it}


def _main(tree: Any) -> str:
    """The HTML of what the page is about: where it says so itself, else where readability finds
    most of the text."""
    from lxml import html
    from readability import Document

    _drop(tree, "//nav|//aside|//footer")
    for path in ("//main|//*[@role='main']", "//article"):
        found = tree.xpath(path)
        if len(found) == 1 and len(found[0].text_content()) >= _ENOUGH:
            return str(html.tostring(found[0], encoding="unicode", with_tail=False))
    return str(Document(html.tostring(tree, encoding="unicode")).summary(html_partial=True))


def _tidy(tree: Any, url: str) -> None:
    """Take out what is not read, and addresses that lead nowhere on the web."""
    _drop(tree, "//script|//style|//noscript|//template|//iframe|//svg|//head")
    tree.make_links_absolute(url, resolve_base_href=False, handle_failures="discard")
    for element, name, link, _ in list(tree.iterlinks()):
        if name is not None and not link.lower().startswith(_SCHEMES):
            element.attrib.pop(name, None)
    _drop(tree, "//img[not(@src)]")


def _drop(tree: Any, path: str) -> None:
    for gone in tree.xpath(path):
        if gone.getparent() is not None:
            gone.drop_tree()


def _markdown(html: str) -> str:
    import markdownify

    text = markdownify.markdownify(html, heading_style="ATX", bullets="-")
    lines = (line.rstrip() for line in text.splitlines())
    return _BLANK.sub("\n\n", "\n".join(lines)).strip()
