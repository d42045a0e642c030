"""An agent with a thousand tools, whose model is shown a few."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell import Agent, Host, Tool, ToolBox
from polyspell.errors import ConfigError
from polyspell.messages import ToolResult
from polyspell.providers.base import Request
from polyspell_echo.provider import EchoProvider


def topic(number: int) -> Tool:
    return Tool(
        lambda arguments, n=number: f"{n}: {arguments['x']}",
        name=f"topic_{number}",
        description=f"Knows all about subject{number}",
        parameters={"x": "string"},
        inline=True,
    )


def agent_with(box: ToolBox, *replies: Any, tools: list[Any] | None = None) -> tuple[Agent, list]:
    """An agent, and the names of the tools that each request showed."""
    host, shown = Host(plugins=[], config={}), []
    for number in range(1000):
        host.tools.register(f"topic_{number}", topic(number))
    waiting = list(replies)

    def answer(request: Request) -> Any:
        shown.append([spec.name for spec in request.tools])
        return waiting.pop(0)

    host.providers.register("script", EchoProvider(replies=answer))
    return Agent("script/x", tools=[*(tools or ()), box], host=host), shown


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool": name, "arguments": arguments}


def results(messages: list[Any]) -> list[str]:
    return [p.content for m in messages for p in m.parts if isinstance(p, ToolResult)]


async def test_a_model_finds_a_tool_and_calls_it_in_the_next_step() -> None:
    agent, shown = agent_with(
        ToolBox(), call("tool_search", query="subject77"), call("topic_77", x="hi"), "done"
    )
    result = await agent.run("Tell me about 77.")
    assert shown[0] == ["tool_search"]
    assert shown[1] == shown[2] == ["tool_search", "topic_77"]
    assert results(result.messages)[1] == "77: hi"


async def test_own_tools_and_those_to_show_are_there_from_the_beginning() -> None:
    box = ToolBox("topic_1*", show=["topic_10"])
    agent, shown = agent_with(
        box, call("tool_search", query="subject2"), "done", tools=[topic(5000)]
    )
    result = await agent.run("Hi")
    assert shown[0] == ["topic_5000", "tool_search", "topic_10"]
    assert "No tool fits" in results(result.messages)[0]


async def test_a_name_that_is_known_from_before_can_be_called_without_a_search() -> None:
    agent, shown = agent_with(ToolBox(), call("topic_5", x="a"), call("nonsense"), "done")
    result = await agent.run("Hi")
    first, second = results(result.messages)
    assert first == "5: a" and "There is no tool 'nonsense'" in second
    assert shown[1] == ["tool_search", "topic_5"]


async def test_what_was_found_first_goes_first() -> None:
    searches = [call("tool_search", query=f"subject{n}") for n in (1, 2, 3)]
    agent, shown = agent_with(ToolBox(limit=1, keep=2), *searches, "done")
    await agent.run("Hi")
    assert shown[-1] == ["tool_search", "topic_2", "topic_3"]


async def test_each_run_begins_with_few_tools_and_sees_what_was_registered_meanwhile() -> None:
    agent, shown = agent_with(
        ToolBox(),
        call("tool_search", query="subject1"),
        "a",
        call("tool_search", query="subject9999"),
        "b",
    )
    await agent.run("Hi")
    agent.host.tools.register("topic_9999", topic(9999))
    await agent.run("Hi")
    assert shown[2] == ["tool_search"]
    assert "topic_9999" in shown[3]


async def test_a_tool_that_does_not_load_is_told_and_not_shown() -> None:
    def broken() -> Tool:
        raise ValueError("out of order")

    agent, shown = agent_with(ToolBox(), call("tool_search", query="defect"), "done")
    agent.host.tools.register("defect", make=broken)
    result = await agent.run("Hi")
    assert "out of order" in results(result.messages)[0]
    assert shown[1] == ["tool_search"]


async def test_a_clone_has_the_box_too() -> None:
    agent, shown = agent_with(ToolBox(), "done")
    await agent.clone(name="other").run("Hi")
    assert shown == [["tool_search"]]


def test_an_agent_has_one_box_and_a_box_no_two_tools_of_a_name() -> None:
    with pytest.raises(ConfigError, match="box"):
        Agent("echo/x", tools=[ToolBox(), ToolBox()], host=Host(plugins=["echo"], config={}))
    with pytest.raises(ConfigError, match="topic_1"):
        ToolBox(topic(1), topic(1))
    agent = Agent("echo/x", tools=ToolBox(topic(1)), host=Host(plugins=["echo"], config={}))
    assert list(agent.toolset()) == ["tool_search"]


SPELL = """
local ps = require("polyspell")
ps.tool.define { name = "shout", description = "Loud words", parameters = { text = "string" },
  run = function(a) return a.text:upper() end, category = "talk", deprecated = "whisper" }
local found = ps.tool.search("loud words")
local agent = ps.agent.create { model = "script/x", find_tools = { "shout", "topic_1", "topic_2" } }
local text = agent:run("Hi").text
return { found[1].name, found[1].deprecated, #ps.tool.list { tag = "none" }, text }
"""


async def test_a_script_lets_a_model_find_its_own_tools_and_those_that_are_granted() -> None:
    from polyspell.scripting.sandbox import Sandbox

    shown: list[list[str]] = []
    waiting = [
        call("tool_search", query="loud subject1 subject2"),
        call("shout", text="hey"),
        "done",
    ]

    def answer(request: Request) -> Any:
        shown.append([spec.name for spec in request.tools])
        return waiting.pop(0)

    async with Host(plugins=["lua"], config={}) as host:
        host.providers.register("script", EchoProvider(replies=answer))
        for number in (1, 2):
            host.tools.register(f"topic_{number}", topic(number))
        sandbox = Sandbox.of("untrusted", grants=["provider:script/*", "tool:topic_1"])
        result = await host.scripts.run(SPELL, "lua", sandbox=sandbox)
    assert result.value == ["shout", "whisper", 0, "done"]
    assert set(shown[1]) == {"tool_search", "shout", "topic_1"}
