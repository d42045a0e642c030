"""Scripts, agents and descriptions as tools, and tools of the configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from polyspell import Agent, Host, Sandbox, ToolContext, tool
from polyspell.errors import ConfigError, PolyspellError, ScriptError, ToolError, ValidationError
from polyspell.grants import Grants
from polyspell_wrapper import make

PLUGINS = ["echo", "lua", "wrapper"]
TRUSTED = {"profile": "untrusted", "isolation": "inline"}


def script(source: str, *grants: str, **options: Any) -> Any:
    sandbox = Sandbox.of("untrusted", grants=grants, isolation="inline")
    return make.script(
        "spell", source=source, language="lua", description="A spell", sandbox=sandbox, **options
    )


async def test_a_script_may_no_more_than_its_caller_and_its_own_sandbox() -> None:
    @tool
    def bell() -> str:
        """Ring."""
        return "ding"

    source = "return require('polyspell').tool.call('bell', {})"
    async with Host(plugins=PLUGINS, config={}) as host:
        host.tools.register("bell", bell)
        both = script(source, "tool:bell")
        assert await both.call({}, ToolContext(host=host)) == "ding"
        for spell, grants in ((both, ["tool:other"]), (script(source), ["tool:bell"])):
            with pytest.raises(ScriptError) as denied:
                await spell.call({}, ToolContext(host=host, grants=Grants(grants)))
            assert denied.value.context["grant"] == "tool:bell"


async def test_scripts_that_call_each_other_for_ever_are_ended() -> None:
    source = "return require('polyspell').tool.call('spell', {})"
    async with Host(plugins=PLUGINS, config={}) as host:
        spell = script(source, "tool:spell")
        host.tools.register("spell", spell)
        with pytest.raises(PolyspellError, match="more than 5 deep"):
            await spell.call({}, ToolContext(host=host))


async def test_a_script_tool_has_limits_and_errors_with_their_place() -> None:
    async with Host(plugins=PLUGINS, config={}) as host:
        with pytest.raises(ScriptError, match="boom") as caught:
            await script("error('boom')").call({}, ToolContext(host=host))
        assert (caught.value.file, caught.value.line) == ("spell", 1)
        sandbox = Sandbox.of("untrusted", limits="cpu=0.1s")
        endless = make.script("x", source="while true do end", language="lua", description="",
                              sandbox=sandbox)  # fmt: skip
        with pytest.raises(ScriptError) as ended:
            await endless.call({}, ToolContext(host=host))
        assert ended.value.code == "limit_exceeded"
    with pytest.raises(ConfigError, match="path"):
        make.script("x", source="1", description="")


async def test_an_agent_begins_anew_or_remembers() -> None:
    host = Host(plugins=["echo"], config={})
    asked = Agent("echo/echo", name="parrot", host=host, memory=True)
    for fresh, messages in ((True, 0), (False, 4)):
        parrot = make.agent(asked, fresh=fresh, tags=("birds",))
        assert await parrot.call({"prompt": "a"}) == "a"
        assert await parrot.call({"prompt": "b"}) == "b"
        assert len(await asked.history()) == messages
        assert parrot.tags == ("birds",)


async def test_an_agent_stops_at_the_limits_of_the_tool() -> None:
    @tool
    def ring() -> str:
        """Ring."""
        return "ding"

    host = Host(plugins=["echo"], config={})
    asked = Agent("echo/tools", tools=[ring], host=host)
    with pytest.raises(PolyspellError, match="1 turns"):
        await make.agent(asked, name="x", limits={"turns": 1}).call({"prompt": "ring"})


RESULT = {
    "content": [
        {"type": "text", "text": "Here:"},
        {"type": "image", "mimeType": "image/png", "data": "iVBORw=="},
        {"type": "resource", "resource": {"uri": "file:///x", "text": "inside"}},
        {"type": "resource_link", "name": "more", "uri": "https://example.org"},
        {"type": "unknown"}, "nonsense",
    ],
    "structuredContent": {"n": 1},
}  # fmt: skip


async def test_a_result_of_mcp_becomes_text_data_and_media() -> None:
    async def call(name: str, given: dict[str, Any]) -> Any:
        assert name == "my.server/tool"
        return RESULT

    made = make.described({"name": "my.server/tool", "inputSchema": {"type": "object"}}, call)
    output = await made.call({"any": 1})
    assert made.name == "my_server_tool"
    assert output.text == "Here:\ninside\n[more](https://example.org)"
    assert (output.data, output.media[0].data) == ({"n": 1}, b"\x89PNG")


@pytest.mark.parametrize(
    "result", [None, 1, {"content": 1}, {"content": [{"type": "image", "data": "?"}]}]
)
async def test_what_is_no_result_is_an_error(result: Any) -> None:
    with pytest.raises(ToolError):
        await make.described({"name": "x"}, lambda *_: result).call({})


async def test_what_failed_says_so_and_what_destroys_asks() -> None:
    failed = make.described(
        {"name": "x", "annotations": {"destructiveHint": True}}, lambda *_: {"isError": True}
    )
    assert (await failed.call({})).error
    assert failed.wants_approval({})
    with pytest.raises(ValidationError, match="name"):
        make.described({"description": "x"}, lambda *_: None)
    assert make.description_of(failed)["inputSchema"]["type"] == "object"


async def test_tools_of_the_configuration_are_there_when_the_host_is_open(tmp_path: Path) -> None:
    spell = tmp_path / "double.lua"
    spell.write_text("return require('polyspell').input.n * 2")
    tools = {
        "disable": ["off"],
        "wrapper": {
            "off": {"command": ["true"]},
            "say": {"command": [sys.executable, "-c", "print('hi', end='')"], "description": "Say",
                    "cache": {"ttl": 60}, "limits": {"calls": 1}, "tags": ["talk"]},
            "double": {"script": str(spell), "parameters": {"n": "integer"}, "sandbox": TRUSTED},
            "parrot": {"agent": {"model": "echo/echo", "instructions": "Repeat."}},
            "encode": {"call": "json:dumps", "parameters": {"n": "integer"}, "description": "JSON"},
        },
    }  # fmt: skip
    async with Host(plugins=PLUGINS, config={"tools": tools}) as host:
        context = ToolContext(host=host)
        get = host.tools.get
        for _ in range(3):  # once really, as the limit says
            assert await get("say").call({}, context) == "hi"
        assert await get("double").call({"n": 4}, context) == 8
        assert await get("parrot").call({"prompt": "Hi"}, context) == "Hi"
        assert await get("encode").call({"n": 1}, context) == '{"n": 1}'
        assert host.tools.search("talk")[0].name == "say"
        assert "off" not in host.tools


@pytest.mark.parametrize(
    ("table", "about"),
    [
        ({}, "not one of"), ({"command": ["a"], "script": "b"}, "not one of"),
        ({"comand": ["a"]}, "comand"), ({"command": ["{x}"]}, "fixed"),
        ({"call": "no_such_module:x"}, "no_such_module"),
    ],
)  # fmt: skip
async def test_a_wrong_description_is_named_and_the_host_lives(table: Any, about: str) -> None:
    async with Host(plugins=PLUGINS, config={"tools": {"wrapper": {"bad": table}}}) as host:
        (failure,) = host.failures
        assert about in str(failure.error)
