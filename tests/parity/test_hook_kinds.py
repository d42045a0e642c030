"""Kinds of hooks, used by scripts of every language."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell import Host
from polyspell.scripting.sandbox import Sandbox

RETRY = {
    "lua": """
local ps = require("polyspell")
ps.hook.use("retry", { base = 0.001 }, { name = "again" })
local text = ps.agent.create({ model = "echo/script" }):run("?").text
local before = ps.hook.stats("again")
ps.hook.remove("again")
return { text, before.again, #ps.hook.list() }
""",
    "javascript": """
import { agent, hook } from "polyspell";
hook.use("retry", { base: 0.001 }, { name: "again" });
const a = await agent.create({ model: "echo/script" });
const text = (await a.run("?")).text;
const before = hook.stats("again");
hook.remove("again");
export default [text, before.again, hook.list().length];
""",
    "python": """
from polyspell import agent, hook
hook.use("retry", {"base": 0.001}, name="again")
a = await agent.create(model="echo/script")
text = (await a.run("?")).text
before = hook.stats("again")
hook.remove("again")
[text, before["again"], len(hook.list())]
""",
    "wren": """
import "polyspell" for Agent, Hook
Hook.use("retry", {"base": 0.001}, {"name": "again"})
var text = Agent.create({"model": "echo/script"}).run("?").text
var before = Hook.stats("again")
Hook.remove("again")
var result = [text, before["again"], Hook.list().count]
""",
}

GUARD = {
    "lua": """
local ps = require("polyspell")
ps.hook.use("guard", {
  input = { deny = { "bad" }, action = "ask" },
  ask = function(about) return "not " .. about.value end,
})
return ps.agent.create({ model = "echo/echo" }):run("bad").text
""",
    "javascript": """
import { agent, hook } from "polyspell";
hook.use("guard", {
  input: { deny: ["bad"], action: "ask" },
  ask: async (about) => "not " + about.value,
});
const a = await agent.create({ model: "echo/echo" });
export default (await a.run("bad")).text;
""",
    "python": """
from polyspell import agent, hook

async def ask(about):
    return "not " + about["value"]

hook.use("guard", {"input": {"deny": ["bad"], "action": "ask"}, "ask": ask})
a = await agent.create(model="echo/echo")
(await a.run("bad")).text
""",
    "wren": """
import "polyspell" for Agent, Hook
Hook.use("guard", {
  "input": {"deny": ["bad"], "action": "ask"},
  "ask": Fn.new {|about| "not " + about["value"] }
})
var result = Agent.create({"model": "echo/echo"}).run("bad").text
""",
}


async def run(language: str, program: str, replies: Any = None) -> Any:
    config = {"providers": {"echo": {"replies": replies}}} if replies else {}
    plugins = ["echo", "guard", "retry", "lua", "quickjs", "python", "wren"]
    async with Host(plugins=plugins, config=config) as host:
        sandbox = Sandbox.of("default", grants=["provider:**"])
        return (await host.scripts.run(program, language, sandbox=sandbox)).value


@pytest.mark.parametrize("busy", [0, 1])
async def test_a_script_uses_a_kind_looks_at_it_and_removes_it(language: str, busy: int) -> None:
    replies = [{"error": "overloaded", "message": "Busy."}] * busy + ["Here."]
    assert await run(language, RETRY[language], replies) == ["Here.", busy, 0]


async def test_a_function_of_a_script_may_be_an_option(language: str) -> None:
    assert await run(language, GUARD[language]) == "not bad"
