"""The tools of a host: chosen by configuration, searched, counted, saved and loaded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from polyspell import Agent, Host, Tool, ToolContext, ToolInfo, hookimpl, tool
from polyspell.errors import ConfigError, NotFoundError, PluginError, ToolError


@tool(tags=("greeting",), category="talk", version="1.2")
def hello(name: str = "you") -> str:
    """Say hello."""
    if name == "nobody":
        raise ToolError("There is nobody.")
    return f"Hello {name}"


class Plugin:
    """Brings a tool that is there, one that is lazy, and one that does not load."""

    @hookimpl
    def polyspell_tools(self) -> list[Any]:
        lazy = ToolInfo(
            name="base64", load="base64:b64encode", description="Encode", tags=("text",)
        )
        return [hello, lazy, ToolInfo(name="broken", load="no_such_module:x", description="Break")]


def host(**tools: Any) -> Host:
    return Host(plugins=[Plugin(), "echo"], config={"tools": tools, "model": "echo/tools"})


def test_search_loads_nothing() -> None:
    there = host()
    assert [c.name for c in there.tools.search("encode text")] == ["base64"]
    assert there.tools.entry("base64").value is None
    assert [c.name for c in there.tools.search(tag="greeting")] == ["hello"]
    assert there.tools.search("break")[0].name == "broken"


def test_search_knows_what_comes_and_goes() -> None:
    there = host()
    assert there.tools.search("goodbye") == []
    there.tools.register(
        "bye", make=lambda: hello, info=ToolInfo(name="bye", load="", description="Goodbye")
    )
    assert there.tools.search("goodbye")[0].name == "bye"
    there.tools.unregister("bye")
    assert there.tools.search("goodbye") == []


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, ["hello", "base64", "broken"]),
        ({"enable": ["hel*"]}, ["hello"]),
        ({"disable": ["bro*", "hello"]}, ["base64"]),
        ({"enable": ["#text", "hello"], "disable": ["#greeting"]}, ["base64"]),
        ({"enable": []}, []),
    ],
)
def test_configuration_says_which_tools_of_plugins_there_are(
    settings: Any, names: list[str]
) -> None:
    there = host(**settings)
    assert there.tools.names() == names
    there.tools.register("hello2", hello)
    assert "hello2" in there.tools


def test_a_tool_that_is_switched_off_says_so() -> None:
    with pytest.raises(NotFoundError, match=r"\[tools\] switches it off"):
        host(disable=["hello"]).tools.get("hello")
    with pytest.raises(ConfigError, match="enable"):
        host(enable="hello")


async def test_every_call_is_counted_whoever_calls() -> None:
    there = host()
    agent = Agent("echo/tools", tools=["hello"], host=there)
    await agent.run('hello {"name": "Ada"}')
    await agent.run('hello {"name": "nobody"}')
    await hello.call({}, ToolContext(host=there))
    use = there.tools.stats.of("hello")
    assert (use.calls, use.failures) == (3, 1)
    assert use.seconds > 0
    assert list(there.tools.stats.all()) == ["hello"]
    there.tools.stats.reset()
    assert there.tools.stats.of("hello").calls == 0


async def test_a_call_of_a_deprecated_tool_is_told() -> None:
    @tool(deprecated="hello")
    def greet() -> str:
        """Greet."""
        return "Hi"

    there, told = host(), []
    there.events.on("tool.deprecated", lambda event: told.append(event.data))
    await greet.call({}, ToolContext(host=there))
    assert told == [{"name": "greet", "instead": "hello"}]


def test_a_registry_is_saved_and_loaded(tmp_path: Path) -> None:
    file = tmp_path / "tools.json"
    there = host()
    there.tools.register("local", Tool(lambda: 1, name="local"))
    assert there.tools.save(file, ["base64", "local"]) == ["local"]
    empty = Host(plugins=[], config={})
    assert empty.tools.load(file) == ["base64"]
    assert empty.tools.search("encode")[0].tags == ("text",)
    with pytest.raises(PluginError, match="claimed"):
        empty.tools.load(file)
    assert empty.tools.load(file, replace=True) == ["base64"]


def test_a_tool_of_a_module_is_found_there_again(tmp_path: Path) -> None:
    from polyspell_echo import provider

    provider.hello = hello  # type: ignore[attr-defined]
    hello.run.__module__, before = "polyspell_echo.provider", hello.run.__module__
    try:
        first, second = Host(plugins=[], config={}), Host(plugins=[], config={})
        first.tools.register("hello", hello)
        assert first.tools.save(tmp_path / "t.json") == []
        second.tools.load(tmp_path / "t.json")
        assert asyncio.run(second.tools.get("hello").call({"name": "Ada"})) == "Hello Ada"
    finally:
        hello.run.__module__ = before
        del provider.hello  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1, "tools": [{"name": "x"}]}', "{"])
def test_a_file_that_is_none_of_ours_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "tools.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match="no file of tools"):
        host().tools.load(file)
