"""Every tool keeps the contract of tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from polyspell.grants import Grants
from polyspell.registry import load_object
from polyspell.testing import ToolContract
from polyspell.testing.wire import Received, answer, served
from polyspell.tools import Tool, ToolContext
from polyspell_web import polyspell_tools
from polyspell_web.feed import feed
from polyspell_web.page import fetch_page
from polyspell_web.request import request

PORT = 48273
PAGES = {
    "/json": answer({"n": 1}),
    "/page": answer("<title>T</title><h1>Hi</h1><p>One</p>", content_type="text/html"),
    "/feed": answer("<rss version='2.0'><channel><title>F</title></channel></rss>"),
}


@pytest.fixture(autouse=True)
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server behind the one address that the examples name."""
    from polyspell_web import fetching

    def reply(received: Received) -> bytes:
        return PAGES[received.path]

    with served(reply) as server:
        port = int(server.url.rpartition(":")[2])
        real = fetching.checked
        monkeypatch.setattr(
            fetching, "checked", lambda text: real(text.replace(f":{PORT}", f":{port}"))
        )
        yield


def granted() -> ToolContext:
    return ToolContext(grants=Grants(["net:127.0.0.1", "net_private:127.0.0.1"]))


class Contract(ToolContract):
    context = granted
    refused = ({}, {"url": 1}, {"url": "https://example.com/", "robots": "perhaps"})


class TestRequest(Contract):
    tool = request
    examples = (({"url": f"http://127.0.0.1:{PORT}/json"}, lambda v: v.data["json"] == {"n": 1}),)


class TestFetchPage(Contract):
    tool = fetch_page
    examples = (
        ({"url": f"http://127.0.0.1:{PORT}/page"}, lambda v: "# Hi\n\nOne" in v.data["markdown"]),
    )


class TestFeed(Contract):
    tool = feed
    examples = (({"url": f"http://127.0.0.1:{PORT}/feed"}, lambda v: v["title"] == "F"),)


def test_each_tool_is_listed_by_its_own_name() -> None:
    tools: list[tuple[str, Any]] = [(i.name, load_object(i.load)) for i in polyspell_tools()]
    assert [name for name, _ in tools] == ["web_request", "web_fetch_page", "web_feed"]
    for name, tool in tools:
        assert isinstance(tool, Tool) and tool.name == name and tool.tags == ("web",)
