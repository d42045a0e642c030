"""`polyspell test` as a person uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

BINARY = Path(sys.executable).with_name("polyspell")
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
Command = Callable[..., "subprocess.CompletedProcess[str]"]
MIXED = """
local test = require("polyspell").test
function test_one() test.expect(1 + 1):to_equal(2) end
function test_two()
  print("seen on the way")
  test.expect({ a = { 1, 2 } }):to_equal { a = { 1, 3 } }
end
function test_three() test.skip("not today") end
function test_four() local x = nil; return x.y end
local function test_local() error("never run") end
"""


@pytest.fixture
def polyspell(tmp_path: Path) -> Command:
    env = {k: v for k, v in os.environ.items() if k != "CI"}
    env |= {"POLYSPELL_HOME": str(tmp_path / "home"), "POLYSPELL_MODEL": "echo/echo"}

    def run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BINARY), "test", *args], cwd=tmp_path, env=env | more, text=True,
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_the_examples_pass_in_every_language(polyspell: Command) -> None:
    run = polyspell(str(EXAMPLES), "-v")
    assert run.returncode == 0, run.stdout
    for name in ("test_weather.lua", "weather.test.js", "test_weather.py", "test_weather.wren"):
        assert sum(f"{name}::" in line for line in run.stdout.splitlines()) == 3
    assert "12 passed" in run.stdout.splitlines()[-1]


def test_failures_are_shown_with_their_source(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "test_mixed.lua").write_text(MIXED)
    run = polyspell()
    assert run.returncode == 1
    assert run.stdout.splitlines()[0] == "test_mixed.lua .FsF"
    assert "test_mixed.lua:6" in run.stdout
    assert ">    6 |   test.expect({ a = { 1, 2 } }):to_equal { a = { 1, 3 } }" in run.stdout
    assert "a[1] is 2, not 3" in run.stdout
    assert "seen on the way" in run.stdout
    assert "test_mixed.lua:9" in run.stdout
    assert "FAILED test_mixed.lua::test_four" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("2 failed, 1 passed, 1 skipped in ")


def test_tests_are_chosen_by_words(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "test_mixed.lua").write_text(MIXED)
    run = polyspell("-v", "-k", "mixed and not (two or four)")
    assert run.returncode == 0
    assert "test_one PASSED" in run.stdout
    assert "test_three SKIPPED (not today)" in run.stdout
    assert "test_two" not in run.stdout
    assert polyspell("-k", "nothing").returncode == 5
    assert polyspell("-k", "(").returncode == 2


def test_it_stops_at_the_first_failure(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "test_mixed.lua").write_text(MIXED)
    assert polyspell("-x").stdout.splitlines()[0] == "test_mixed.lua .F"
    assert polyspell("--maxfail", "2").stdout.splitlines()[0] == "test_mixed.lua .FsF"


def test_tests_are_listed_and_none_is_run(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "test_mixed.lua").write_text(MIXED)
    run = polyspell("--list")
    assert run.returncode == 0
    assert run.stdout.split() == [
        f"test_mixed.lua::test_{n}" for n in ("one", "two", "three", "four")
    ]


def test_junit_xml_says_the_same(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "test_mixed.lua").write_text(MIXED)
    polyspell("--junit-xml", "out/report.xml", "-q")
    suite = ET.parse(tmp_path / "out/report.xml").getroot()[0]
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["4", "2", "0", "1"]
    failed = suite.find("testcase[@name='test_two']/failure")
    assert failed is not None and (failed.text or "").startswith("test_mixed.lua:6: ")
    assert suite.findtext("testcase[@name='test_two']/system-out") == "seen on the way\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("test_x.lua", "function test_a( end", "test_x.lua:1"),
        ("test_x.js", "throw new Error('at the top');", "at the top"),
        ("x.scenario.yaml", "name: x\nwhen: hi\nwhat: 1", "`what`"),
        ("x.scenario.yaml", "a: [", "cannot be read"),
    ],
)
def test_a_file_that_does_not_come_to_its_tests_is_an_error(
    polyspell: Command, tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "test_good.lua").write_text("function test_good() end")
    run = polyspell()
    assert run.returncode == 1
    assert said in run.stdout
    assert "1 error, 1 passed" in run.stdout.splitlines()[-1]


def test_a_case_that_never_ends_is_ended_and_the_next_ones_run(
    polyspell: Command, tmp_path: Path
) -> None:
    (tmp_path / "test_loop.lua").write_text(
        "function test_a() end\nfunction test_loop() while true do end end\nfunction test_z() end\n"
    )
    run = polyspell("--limit", "cpu=0.3s")
    assert run.stdout.splitlines()[0] == "test_loop.lua .F."
    assert "limit_exceeded" in run.stdout


def test_what_a_case_may_do_is_granted_as_for_a_run(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "test_env.lua").write_text(
        'function test_env() return require("polyspell").env("PATH") end'
    )
    refused = polyspell()
    assert refused.returncode == 1
    assert "--grant 'env:PATH'" in refused.stdout
    assert polyspell("--grant", "env:PATH").returncode == 0


def test_snapshots_are_taken_compared_and_taken_anew(polyspell: Command, tmp_path: Path) -> None:
    file = tmp_path / "test_snap.lua"
    text = """
    local ps = require("polyspell")
    function test_messages()
      local model = ps.test.mock_model { { tool = "t", arguments = {} }, "REPLY" }
      local a = ps.agent.create { model = model, tools = { ps.test.mock_tool("t", 1) } }
      ps.test.expect(a:run("hi").messages):to_match_snapshot()
    end
    """
    text = textwrap.dedent(text)
    file.write_text(text)
    assert polyspell(CI="1").returncode == 1  # nobody would look at it
    for _ in range(2):
        run = polyspell()
        assert run.returncode == 0, run.stdout
    kept = (tmp_path / "snapshots/test_snap.lua.json").read_text()
    assert "REPLY" in kept
    file.write_text(text.replace("REPLY", "ANOTHER"))
    changed = polyspell()
    assert changed.returncode == 1
    assert 'is "ANOTHER", not "REPLY"' in changed.stdout
    assert polyspell("--update").returncode == 0
    assert polyspell().returncode == 0


def test_scenarios_are_tests_too(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "shop.scenario.yaml").write_text(
        """
name: the price is looked up
given:
  replies: [{tool: price, arguments: {item: tea}}, It costs 3.]
  mocks: {price: 3}
when: What does tea cost?
then: {text: costs 3, tools: [price], max_turns: 2}
---
name: the price is made up
given: {replies: [It costs 4.]}
when: What does tea cost?
then: {text: costs 3, tools: [price]}
"""
    )
    run = polyspell("-v")
    assert run.returncode == 1
    assert "shop.scenario.yaml::the price is looked up PASSED" in run.stdout
    assert 'Expected "It costs 4." to contain "costs 3".' in run.stdout
    assert "it has 0 items, not 1" in run.stdout


def test_tests_of_pytest_are_left_to_pytest(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("import pytest\ndef test_x(): assert False\n")
    run = polyspell()
    assert (run.returncode, run.stdout.split()[:2]) == (5, ["no", "tests"])


def test_a_run_of_a_test_file_says_how_to_run_its_tests(tmp_path: Path) -> None:
    (tmp_path / "x.lua").write_text('require("polyspell").test.case("a", function() end)')
    run = subprocess.run(
        [str(BINARY), "run", "x.lua"], cwd=tmp_path, text=True, capture_output=True, timeout=60,
        env={**os.environ, "POLYSPELL_HOME": str(tmp_path / "home")}, check=False,
    )  # fmt: skip
    assert run.returncode == 0
    assert "`polyspell test` runs them" in run.stderr
