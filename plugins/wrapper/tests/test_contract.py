"""The contract of tools, for one of each kind."""

from __future__ import annotations

import sys

from polyspell import Agent, Host, Tool, ToolContext, tool
from polyspell.testing.tool_contract import ToolContract
from polyspell_wrapper import make

HOST = Host(plugins=["echo", "lua"], config={})


@tool
def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


class TestCommand(ToolContract):
    tool = make.command(
        "shout",
        [sys.executable, "-c", "import sys; print(sys.argv[1].upper(), end='')", "{text}"],
        description="Say it loudly",
        parameters={"text": "string"},
    )
    examples = (({"text": "hey $(id); `id`"}, "HEY $(ID); `ID`"),)
    refused = ({}, {"text": 1, "more": 2})


class TestScript(ToolContract):
    tool = make.script(
        "triple",
        source="return require('polyspell').input.number * 3",
        language="lua",
        description="Three times a number",
        parameters={"number": "integer"},
    )
    examples = (({"number": 4}, 12),)
    refused = ({"number": "x"},)
    context = staticmethod(lambda: ToolContext(host=HOST))


class TestAgent(ToolContract):
    tool = make.agent(
        Agent("echo/echo", name="parrot", instructions="Repeat.", host=HOST, memory=True)
    )
    examples = (({"prompt": "Hello"}, "Hello"),)
    refused = ({},)


class TestDescribed(ToolContract):
    tool = make.described(
        {
            "name": "add",
            "description": "Adds two numbers",
            "inputSchema": {
                "type": "object",
                "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
                "required": ["a", "b"],
                "additionalProperties": False,
            },
        },
        lambda name, given: {"content": [{"type": "text", "text": str(given["a"] + given["b"])}]},
    )
    examples = (({"a": 1, "b": 2}, lambda output: output.text == "3"),)
    refused = ({"a": 1},)


class TestCached(ToolContract):
    tool: Tool = make.cached(double)
    examples = (({"number": 2}, 4), ({"number": 2}, 4))
    refused = ({"number": "x"},)


class TestLimited(ToolContract):
    tool: Tool = make.limited(double, calls=100, timeout=5)
    examples = (({"number": 2}, 4),)
    refused = ({"number": "x"},)
