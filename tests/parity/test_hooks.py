"""Hooks and listeners of a script, in every language."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell import Host, Sandbox

AROUND = {
    "lua": """
        local ps = require("polyspell")
        ps.tool.define { name = "double", description = "Twice", parameters = { n = "integer" },
                         run = function(args) return args.n * 2 end }
        ps.hook.register("tool.call", function(call, proceed)
          call.arguments.n = call.arguments.n + 1
          return proceed(call) + 100
        end)
        return ps.tool.call("double", { n = 4 })
    """,
    "javascript": """
        import { hook, tool } from "polyspell";
        tool.define({ name: "double", description: "Twice", parameters: { n: "integer" },
                      run: ({ n }) => n * 2 });
        hook.register("tool.call", async (call, proceed) => {
          call.arguments.n++;
          return await proceed(call) + 100;
        });
        export default await tool.call("double", { n: 4 });
    """,
    "python": """
from polyspell import hook, tool

async def around(call, proceed):
    call["arguments"]["n"] += 1
    return await proceed(call) + 100

tool.define(name="double", description="Twice", parameters={"n": "integer"},
            run=lambda args: args["n"] * 2)
hook.register("tool.call", around)
await tool.call("double", {"n": 4})
    """,
    "wren": """
        import "polyspell" for Hook, Tool
        Tool.define({ "name": "double", "description": "Twice", "parameters": { "n": "integer" },
                      "run": Fn.new {|args| args["n"] * 2 } })
        Hook.register("tool.call", Fn.new {|call, proceed|
          call["arguments"]["n"] = call["arguments"]["n"] + 1
          return proceed.call(call) + 100
        })
        var result = Tool.call("double", { "n": 4 })
    """,
}

HEARS = {
    "lua": """
        local ps = require("polyspell")
        local heard = 0
        ps.event.on("made.**", function() heard = heard + 1 end)
        for i = 1, 40 do
          local junk = {}
          for j = 1, 2000 do junk[j] = { j } end
          ps.event.emit("made.it", { i = i })
          ps.sleep(0)
        end
        ps.sleep(0.05)
        return heard
    """,
    "javascript": """
        import { event, sleep } from "polyspell";
        let heard = 0;
        event.on("made.**", () => { heard++ });
        for (let i = 0; i < 40; i++) {
          const ring = []; ring.push(ring);
          event.emit("made.it", { i });
          await sleep(0);
        }
        await sleep(0.05);
        export default heard;
    """,
    "wren": """
        import "polyspell" for Event, Polyspell
        var heard = 0
        Event.on("made.**", Fn.new {|each| heard = heard + 1 })
        for (i in 1..40) {
          var junk = (1..2000).map {|j| [j] }.toList
          Event.emit("made.it", { "i": i })
          Polyspell.sleep(0)
        }
        Polyspell.sleep(0.05)
        var result = heard
    """,
}


async def value(language: str, program: str, isolation: str) -> Any:
    sandbox = Sandbox.of("untrusted", grants=["event.emit:made.**"], isolation=isolation)
    async with Host(config={}) as host:
        return (await host.scripts.run(program, language, sandbox=sandbox)).value


@pytest.mark.parametrize("language", AROUND)
async def test_a_hook_goes_on_by_calling_what_it_got(language: str) -> None:
    assert await value(language, AROUND[language], "process") == 110


@pytest.mark.parametrize("isolation", ["inline", "process"])
@pytest.mark.parametrize("language", HEARS)
async def test_a_listener_hears_though_nothing_holds_it(language: str, isolation: str) -> None:
    assert await value(language, HEARS[language], isolation) == 40
