"""The module `test` in every language that is installed; `polyspell test` itself is tested in
tests/integration."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from polyspell.host import Host
from polyspell.scripting.sandbox import Sandbox
from polyspell.testing.spells import Choice, Verdict, find_tests, run_file

EXPECTATIONS = {
    "lua": """
local ps = require("polyspell")
local test = ps.test
function test_all()
  test.expect({ a = { 1, "x" } }):to_equal({ a = { 1, "x" } })
  test.expect("some text"):to_match("^some")
  test.expect({ 1, { a = 1, b = 2 } }):to_contain({ a = 1 })
  test.expect({ city = "Oslo" }):to_be_valid({ city = "string" })
  test.expect({ city = 1 }).never:to_be_valid({ city = "string" })
  test.expect(function() error("boom") end):to_raise("boom")
  test.expect(function() end).never:to_raise()
  local model = test.mock_model({ function(request) return #request.messages .. " said" end, "b" })
  test.expect(ps.agent.run(model, "hi").text):to_equal("1 said")
  test.expect(test.requests(model)[1].messages[1].text):to_equal("hi")
  local tool = test.mock_tool("double", function(t) return t.n * 2 end)
  test.expect(ps.tool.call("double", { n = 4 })):to_equal(8)
  test.expect(test.calls(tool)):to_equal({ { n = 4 } })
end
function test_wrong()
  test.expect(1)
    .never:to_equal(1)
end
""",
    "javascript": """
import { agent, test, tool } from "polyspell";
export async function testAll() {
  test.expect({ a: [1, "x"] }).toEqual({ a: [1, "x"] });
  test.expect("some text").toMatch("^some");
  test.expect([1, { a: 1, b: 2 }]).toContain({ a: 1 });
  test.expect({ city: "Oslo" }).toBeValid({ city: "string" });
  test.expect({ city: 1 }).never.toBeValid({ city: "string" });
  await test.expect(() => { throw new Error("boom"); }).toRaise("boom");
  await test.expect(() => {}).never.toRaise();
  const model = test.mockModel([(request) => `${request.messages.length} said`, "b"]);
  test.expect((await agent.run(model, "hi")).text).toEqual("1 said");
  test.expect(test.requests(model)[0].messages[0].text).toEqual("hi");
  const double = test.mockTool("double", ({ n }) => n * 2);
  test.expect(await tool.call("double", { n: 4 })).toEqual(8);
  test.expect(test.calls(double)).toEqual([{ n: 4 }]);
}
export const testWrong = () => {

  test.expect(1).never.toEqual(1);
};
""",
    "python": """
from polyspell import agent, test, tool

def boom():
    raise ValueError("boom")

async def test_all():
    test.expect({"a": [1, "x"]}).to_equal({"a": [1, "x"]})
    test.expect("some text").to_match("^some")
    test.expect([1, {"a": 1, "b": 2}]).to_contain({"a": 1})
    test.expect({"city": "Oslo"}).to_be_valid({"city": "string"})
    test.expect({"city": 1}).never.to_be_valid({"city": "string"})
    await test.expect(boom).to_raise("boom")
    await test.expect(lambda: None).never.to_raise()
    model = test.mock_model([lambda request: f"{len(request['messages'])} said", "b"])
    test.expect((await agent.run(model, "hi")).text).to_equal("1 said")
    test.expect(test.requests(model)[0]["messages"][0]["text"]).to_equal("hi")
    double = test.mock_tool("double", lambda given: given["n"] * 2)
    test.expect(await tool.call("double", {"n": 4})).to_equal(8)
    test.expect(test.calls(double)).to_equal([{"n": 4}])

def test_wrong():

    test.expect(1).never.to_equal(1)
""",
    "wren": """
import "polyspell" for Agent, Test, Tool
var testAll = Fn.new {
  Test.expect({"a": [1, "x"]}).toEqual({"a": [1, "x"]})
  Test.expect("some text").toMatch("^some")
  Test.expect([1, {"a": 1, "b": 2}]).toContain({"a": 1})
  Test.expect({"city": "Oslo"}).toBeValid({"city": "string"})
  Test.expect({"city": 1}).never.toBeValid({"city": "string"})
  Test.expect(Fn.new { Fiber.abort("boom") }).toRaise("boom")
  Test.expect(Fn.new {}).never.toRaise()
  var model = Test.mockModel([Fn.new {|request| "%(request["messages"].count) said" }, "b"])
  Test.expect(Agent.run(model, "hi").text).toEqual("1 said")
  Test.expect(Test.requests(model)[0]["messages"][0]["text"]).toEqual("hi")
  var double = Test.mockTool("double", Fn.new {|given| given["n"] * 2 })
  Test.expect(Tool.call("double", {"n": 4})).toEqual(8)
  Test.expect(Test.calls(double)).toEqual([{"n": 4}])
}
var testWrong = Fn.new {

  Test.expect(1).never.toEqual(1)
}
""",
}
ENDINGS = {"lua": ".lua", "javascript": ".js", "python": ".py", "wren": ".wren"}
FIXTURES = """
local test = require("polyspell").test
local log = {}
test.fixture("first", function() log[#log + 1] = "make first"; return 1 end,
  { after = function(value) log[#log + 1] = "end " .. value end })
test.fixture("second", function(given) return given.first + 1 end)
test.case("all are given", function(given)
  test.expect(given):to_equal { first = 1, second = 2 }
end)
test.case("one is used", function(given)
  test.expect(given):to_equal { first = 1 }
end, { uses = { "first" } })
test.case("each case has its own", function()
  test.expect(log):to_equal { "make first", "end 1", "make first", "end 1" }
end, { uses = {} })
test.case("a wrong name is an error", function() end, { uses = { "third" } })
"""


def verdicts(folder: Path, name: str, text: str) -> list[Verdict]:
    """What comes of a test file."""
    file = folder / name
    file.write_text(text)

    async def work() -> list[Verdict]:
        async with Host(config={}) as host:
            if file.suffix not in {e for i in host.engines.entries() for e in i.info.extensions}:
                pytest.skip("its engine is not installed")
            return await run_file(host, file, Sandbox.of(), Choice())

    return asyncio.run(work())


@pytest.mark.parametrize("language", EXPECTATIONS)
def test_the_module_is_the_same_in_every_language(language: str, tmp_path: Path) -> None:
    text = EXPECTATIONS[language]
    good, wrong = verdicts(tmp_path, f"test_x{ENDINGS[language]}", text)
    assert good.outcome == "passed", good.error
    assert wrong.outcome == "failed" and wrong.error is not None
    assert wrong.error["code"] == "expectation"
    assert wrong.error["message"] == "Expected 1 not to equal 1."
    line = wrong.error["context"]["line"]
    assert "1)" in text.splitlines()[line - 1] and line > 15


def test_fixtures_are_made_for_each_case_and_ended_after_it(tmp_path: Path) -> None:
    found = verdicts(tmp_path, "test_x.lua", FIXTURES)
    assert [v.outcome for v in found] == ["passed"] * 3 + ["failed"], [v.error for v in found]
    assert "There is no fixture 'third'" in str(found[3].error)


def test_a_mock_model_is_seen_by_its_own_spell_only(tmp_path: Path) -> None:
    text = """
    local ps = require("polyspell")
    ps.test.mock_model({ "mine" }, { name = "same" })
    function test_a() end
    """
    assert [v.outcome for v in verdicts(tmp_path, "test_a.lua", text)] == []
    other = 'local ps = require("polyspell")\nfunction test_b() ps.agent.run("mock/x", "hi") end'
    assert verdicts(tmp_path, "test_b.lua", other)[0].error["code"] == "permission_denied"  # type: ignore[index]


def test_in_folders_tests_are_known_by_their_names(tmp_path: Path) -> None:
    for name in ("test_a.lua", "b_test.js", "sub/c.test.ts", "d.scenario.yaml", "helper.lua",
                 "test_x.txt", ".hidden/test_e.lua", "node_modules/test_f.js"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "test_g.py").write_text("from polyspell import agent, test\n")
    (tmp_path / "test_h.py").write_text("import pytest\nfrom polyspell import Host\n")
    host = Host(config={})
    found = [p.relative_to(tmp_path).as_posix() for p in find_tests(host, [tmp_path])]
    assert found == ["b_test.js", "d.scenario.yaml", "sub/c.test.ts", "test_a.lua", "test_g.py"]
    assert find_tests(host, [tmp_path / "helper.lua"]) == [tmp_path / "helper.lua"]
