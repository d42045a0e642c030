"""Every tool keeps the contract of tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from polyspell.grants import Grants
from polyspell.registry import load_object
from polyspell.testing import ToolContract
from polyspell.tools import Tool, ToolContext
from polyspell_process import polyspell_tools
from polyspell_process.tools import run, shell


@pytest.fixture(autouse=True)
def here(house: Path) -> Path:
    return house


GRANTS = ["process:*", "process.env:ONE", "fs.read:**"]


class TestRun(ToolContract):
    tool = run
    context = staticmethod(lambda: ToolContext(grants=Grants(GRANTS)))
    refused = ({}, {"args": "ls -l"}, {"args": [1]}, {"args": ["ls"], "env": {"A": 1}})
    examples = (
        ({"args": ["echo", "a  b", "$HOME"]}, lambda v: v["stdout"] == "a  b $HOME\n"),
        ({"args": ["cat"], "input": "grüße"}, lambda v: v["stdout"] == "grüße"),
        ({"args": ["cat"]}, lambda v: (v["stdout"], v["code"]) == ("", 0)),
        ({"args": ["false"]}, lambda v: v["code"] == 1 and v["stopped"] is None),
        ({"args": ["pwd"], "folder": "bin"}, lambda v: v["stdout"].endswith("/house/bin\n")),
        (
            {"args": ["env"], "env": {"ONE": "1"}},
            lambda v: "ONE=1" in v["stdout"] and "API_KEY" not in v["stdout"],
        ),
    )


class TestShell(ToolContract):
    tool = shell
    context = staticmethod(lambda: ToolContext(grants=Grants(["shell", "fs.read:**"])))
    refused = ({}, {"command": ["ls"]})
    examples = (
        (
            {"command": "echo a | tr a b; echo c >&2; exit 3"},
            lambda v: (v["stdout"], v["stderr"], v["code"]) == ("b\n", "c\n", 3),
        ),
    )


def test_each_tool_is_listed_by_its_own_name() -> None:
    tools: list[tuple[str, Any]] = [(i.name, load_object(i.load)) for i in polyspell_tools()]
    assert [name for name, _ in tools] == ["process_run", "process_shell"]
    for name, tool in tools:
        assert isinstance(tool, Tool) and tool.name == name and tool.tags == ("process",)
