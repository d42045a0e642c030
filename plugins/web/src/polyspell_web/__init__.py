"""Tools for the web."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl

_TOOLS = {
    "request": ("request:request", "Ask a server by HTTP: any method, headers, JSON, forms, files"),
    "fetch_page": ("page:fetch_page", "Read a page of the web as Markdown"),
    "feed": ("feed:feed", "Read a feed: RSS, Atom, JSON Feed, OPML"),
}


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(
            name=f"web_{name}",
            load=f"polyspell_web.{load}",
            description=description,
            tags=("web", "http", "internet"),
            category="web",
        )
        for name, (load, description) in _TOOLS.items()
    ]
