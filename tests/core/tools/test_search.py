"""Finding tools by words."""

from __future__ import annotations

import pytest
from polyspell.tools import Tool, ToolCard
from polyspell.tools.search import ToolIndex, words

CARDS = [
    ToolCard("math", "Calculate expressions", ("calculator", "percent"), "math"),
    ToolCard("statistics", "Describe a list of numbers: mean, median", ("numbers",), "math"),
    ToolCard("files_read", "Read a file as text", ("files", "text"), "files"),
    ToolCard("files_delete", "Delete a file, or put it into the trash", ("files",), "files"),
    ToolCard("web_request", "Send a request over HTTP", ("web", "http"), "web"),
    ToolCard("fetch", "Send a request", ("web",), "web", deprecated="web_request"),
    ToolCard("weatherForecast", "Temperatures of the coming days of a city", ("weather",)),
]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("calculate 2 + 2", "math"), ("calculating", "math"), ("calc", "math"),
        ("what is the average (mean) of these numbers", "statistics"),
        ("read files", "files_read"), ("removing a file to trash", "files_delete"),
        ("delete", "files_delete"), ("send a web request", "web_request"),
        ("forecast for Oslo", "weatherForecast"), ("temperature", "weatherForecast"),
        ("HTTP", "web_request"), ("percent", "math"),
    ],
)  # fmt: skip
def test_words_find_the_tool_that_is_meant(query: str, first: str) -> None:
    assert ToolIndex(CARDS).search(query)[0].name == first


def test_what_does_not_fit_is_not_found() -> None:
    assert ToolIndex(CARDS).search("violin") == []
    assert ToolIndex([]).search("violin") == []


def test_tags_categories_and_a_limit_narrow_the_search() -> None:
    index = ToolIndex(CARDS)
    assert [c.name for c in index.search("", category="math")] == ["math", "statistics"]
    assert [c.name for c in index.search("", tag="files")] == ["files_read", "files_delete"]
    assert [c.name for c in index.search("file", tag="text")] == ["files_read"]
    assert len(index.search("send request file", limit=2)) == 2


def test_a_deprecated_tool_comes_after_one_that_fits_as_well() -> None:
    old = ToolCard("send_it", "Send it", deprecated="send_now")
    index = ToolIndex([old, ToolCard("send_now", "Send now")])
    assert [c.name for c in index.search("send")] == ["send_now", "send_it"]


def test_words_are_compared_without_their_endings() -> None:
    assert words("Calculating the calculations") == ["calculat", "calculat"]
    assert words("readFile read_file FILES") == ["read", "fil", "read", "fil", "fil"]
    assert words("process processes") == ["process", "process"]


def test_a_thousand_tools_are_told_apart() -> None:
    cards = [ToolCard(f"tool_{n}", f"Handles topic{n} and nothing else") for n in range(1000)]
    index = ToolIndex(cards)
    assert [index.search(f"topic{n}")[0].name for n in (0, 500, 999)] == [
        "tool_0", "tool_500", "tool_999",
    ]  # fmt: skip


def test_the_card_of_a_tool_has_all_that_it_says() -> None:
    tool = Tool(len, name="length", parameters={"x": "string"}, description="Long", tags=("a",),
                category="c", version="2", deprecated="size")  # fmt: skip
    assert ToolCard.of(tool) == ToolCard("length", "Long", ("a",), "c", "2", "size", "program")
