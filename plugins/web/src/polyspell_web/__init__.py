"""Tools for the web."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl

_TOOLS = {"request": "request:request", "fetch_page": "page:fetch_page", "feed": "feed:feed"}


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(name=f"web_{name}", load=f"polyspell_web.{load}", tags=("web",))
        for name, load in _TOOLS.items()
    ]
