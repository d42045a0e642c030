"""The same spell in every language gives the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from polyspell.errors import ScriptError
from polyspell.scripting.results import ScriptResult
from polyspell.scripting.sandbox import Sandbox

Spell = Callable[..., ScriptResult]

WEATHER = {
    "lua": """
local ps = require("polyspell")
local weather = ps.tool.define {
  name = "weather", description = "Current weather of a city",
  parameters = { city = "string" },
  run = function(args) return { city = args.city, celsius = 21 } end,
}
local agent = ps.agent.create {
  model = "echo/tools", instructions = "Be brief.", tools = { weather },
}
local result = agent:run("What is the weather in Oslo?")
local used = result.usage.total_tokens > 0
return { result.text, result.tool_calls[1].name, used, result.finish_reason }
""",
    "javascript": """
import { agent, tool } from "polyspell";
const weather = tool.define({
  name: "weather", description: "Current weather of a city",
  parameters: { city: "string" },
  run: async ({ city }) => ({ city, celsius: 21 }),
});
const a = await agent.create({ model: "echo/tools", instructions: "Be brief.", tools: [weather] });
const result = await a.run("What is the weather in Oslo?");
const used = result.usage.totalTokens > 0;
export default [result.text, result.toolCalls[0].name, used, result.finishReason];
""",
    "python": """
from polyspell import agent, tool

async def weather(city: str) -> dict:
    \"\"\"Current weather of a city\"\"\"
    return {"city": city, "celsius": 21}

a = await agent.create(model="echo/tools", instructions="Be brief.", tools=[weather])
result = await a.run("What is the weather in Oslo?")
[result.text, result.tool_calls[0]["name"], result.usage.total_tokens > 0, result.finish_reason]
""",
    "wren": """
import "polyspell" for Agent, Tool
var weather = Tool.define({
  "name": "weather", "description": "Current weather of a city",
  "parameters": {"city": "string"},
  "run": Fn.new {|args| { "city": args["city"], "celsius": 21 } }
})
var agent = Agent.create({"model": "echo/tools", "instructions": "Be brief.", "tools": [weather]})
var answer = agent.run("What is the weather in Oslo?")
var used = answer.usage.totalTokens > 0
var result = [answer.text, answer.toolCalls[0]["name"], used, answer.finishReason]
""",
}

STRANGER = {
    "lua": """
local dice = require("polyspell").dice
return { dice.roll(), dice.roll(8), dice.roll(4, { how_many = 2 }), dice.roll_later(3) }
""",
    "javascript": """
import { dice } from "polyspell";
export default [dice.roll(), dice.roll(8), dice.roll(4, { howMany: 2 }), await dice.rollLater(3)];
""",
    "python": """
from polyspell import dice
[dice.roll(), dice.roll(8), dice.roll(4, how_many=2), await dice.roll_later(3)]
""",
    "wren": """
import "polyspell" for Dice
var result = [Dice.roll(), Dice.roll(8), Dice.roll(4, {"howMany": 2}), Dice.rollLater(3)]
""",
}

DENIED = {
    "lua": """
local ps = require("polyspell")
local ok, err = pcall(function() return ps.env("HOME") end)
return { err.code, err.hint }
""",
    "javascript": """
import { env } from "polyspell";
let seen = null;
try { env("HOME"); } catch (error) { seen = [error.code, error.hint]; }
export default seen;
""",
    "python": """
from polyspell import env, PolyspellError
seen = None
try:
    env("HOME")
except PolyspellError as error:
    seen = [error.code, error.hint]
seen
""",
    "wren": """
import "polyspell" for Polyspell
var fiber = Fiber.new { Polyspell.env("HOME") }
var error = fiber.try()
var result = [error.code, error.hint]
""",
}

LOOP = {
    "lua": "while true do end",
    "javascript": "while (true) {}",
    "python": "while True:\n    pass",
    "wren": "while (true) {}",
}

STREAM = {
    "lua": """
local ps = require("polyspell")
local agent = ps.agent.create { model = "echo/echo" }
local names = {}
for event in agent:stream("hi") do names[#names + 1] = event.name end
return names
""",
    "javascript": """
import { agent } from "polyspell";
const a = await agent.create({ model: "echo/echo" });
const names = [];
for await (const event of a.stream("hi")) names.push(event.name);
export default names;
""",
    "wren": """
import "polyspell" for Agent
var agent = Agent.create({"model": "echo/echo"})
var result = []
for (event in agent.stream("hi")) result.add(event.name)
""",
}


def test_the_first_example_gives_the_same(spell: Spell, isolation: str) -> None:
    result = spell(WEATHER, isolation)
    text, name, used, reason = result.value
    assert (text.replace(" ", ""), name) == ('{"city":"Oslo","celsius":21}', "weather") or (
        "21" in text and name == "weather"
    )
    assert (used, reason) == (True, "stop")


def test_a_strangers_module_is_there_with_no_line_written_for_it(spell: Spell) -> None:
    assert spell(STRANGER).value == [[6], [8], [4, 4], 3]


def test_a_refusal_can_be_caught_and_names_the_grant(spell: Spell, isolation: str) -> None:
    code, hint = spell(DENIED, isolation).value
    assert code == "permission_denied"
    assert "env:HOME" in hint


def test_an_endless_loop_ends_at_its_limit(spell: Spell) -> None:
    with pytest.raises(ScriptError) as caught:
        spell(LOOP, sandbox=Sandbox.of(limits="cpu=0.2s,wall=2s"))
    assert caught.value.code == "limit_exceeded"
    assert caught.value.context["limit"] in ("cpu", "wall")


def test_a_stream_is_a_native_iterator(spell: Spell, language: str) -> None:
    if language == "python":
        pytest.skip("tested with its own syntax in plugins/python")
    names = spell(STREAM).value
    assert names[0] == "agent.run.started"
    assert names[-1] == "agent.run.completed"
