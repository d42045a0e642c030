"""A tool is the same from Python, an agent, every script language and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from polyspell import Agent, Host
from polyspell.cli.app import polyspell
from polyspell.errors import ScriptError
from polyspell.scripting.sandbox import Sandbox

pytest.importorskip("polyspell_math")
pytest.importorskip("polyspell_data")

TABLE = '{"t": [{"n": 1}, {"n": 5}]}'
SPELLS = {
    "lua": """
        local tool = require("polyspell").tool
        local sum = tool.call("math", { expression = "20% of 60" }).value
        local tables = { t = { { n = 1 }, { n = 5 } } }
        local sql = tool.call("data_sql", { query = "SELECT max(n) AS n FROM t", tables = tables })
        return { sum, sql.rows[1].n }
    """,
    "javascript": """
        import { tool } from "polyspell";
        const sum = (await tool.call("math", { expression: "20% of 60" })).value;
        const tables = { t: [{ n: 1 }, { n: 5 }] };
        const sql = await tool.call("data_sql", { query: "SELECT max(n) AS n FROM t", tables });
        export default [sum, sql.rows[0].n];
    """,
    "python": """
from polyspell import tool
sum_ = (await tool.call("math", {"expression": "20% of 60"}))["value"]
tables = {"t": [{"n": 1}, {"n": 5}]}
sql = await tool.call("data_sql", {"query": "SELECT max(n) AS n FROM t", "tables": tables})
[sum_, sql["rows"][0]["n"]]
    """,
    "wren": """
        import "polyspell" for Tool
        var sum = Tool.call("math", {"expression": "20\\% of 60"})["value"]
        var tables = {"t": [{"n": 1}, {"n": 5}]}
        var sql = Tool.call("data_sql", {"query": "SELECT max(n) AS n FROM t", "tables": tables})
        var result = [sum, sql["rows"][0]["n"]]
    """,
}


@pytest.mark.parametrize("language", SPELLS)
async def test_a_script_calls_a_tool_under_its_grant(language: str) -> None:
    async with Host(config={}) as host:
        if language not in host.engines:
            pytest.skip("its engine is not installed")
        sandbox = Sandbox.of("untrusted", grants=["tool:math", "tool:data_sql"])
        result = await host.scripts.run(SPELLS[language], language, sandbox=sandbox)
        assert result.value == [12, 5]
        with pytest.raises(ScriptError) as denied:
            few = Sandbox.of("untrusted", grants=["tool:math"])
            await host.scripts.run(SPELLS[language], language, sandbox=few)
        assert denied.value.context["grant"] == "tool:data_sql"


async def test_python_and_an_agent_use_it_by_name() -> None:
    async with Host(config={}) as host:
        output = await host.tools.get("math").call({"expression": "20% of 60"})
        assert output.data["value"] == 12
        agent = Agent("echo/tools", tools=["math", "data_sql"], host=host)
        assert (await agent.run('math {"expression": "20% of 60"}')).text == "12"


def test_the_command_line_finds_and_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(polyspell, ["tools", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    assert json.loads(run("call", "math", "--json", '{"expression": "20% of 60"}'))["value"] == 12
    asked = {"query": "SELECT sum(n) AS n FROM t", "tables": json.loads(TABLE)}
    assert json.loads(run("call", "data_sql", "--json", json.dumps(asked)))["rows"] == [{"n": 6}]
    assert run("-q", "average of numbers").startswith("statistics\t")
    assert [row["name"] for row in json.loads(run("--tag", "sql", "--json"))] == ["data_sql"]
    names = {row["name"] for row in json.loads(run("--category", "math", "--json"))}
    assert names == {"math", "statistics", "linear_algebra", "sets", "dates"}
