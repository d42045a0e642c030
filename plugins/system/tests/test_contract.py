"""Every tool keeps the contract of tools, and its grants."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from polyspell.errors import PermissionDenied, ToolError
from polyspell.grants import Grants
from polyspell.registry import load_object
from polyspell.testing import ToolContract
from polyspell.tools import Tool, ToolContext
from polyspell_system import polyspell_tools
from polyspell_system.clock import time
from polyspell_system.environment import env
from polyspell_system.machine import info
from polyspell_system.processes import processes


def run(*words: str) -> ToolContext:
    return ToolContext(grants=Grants(words))


class TestInfo(ToolContract):
    tool = info
    context = staticmethod(lambda: run("system:*"))
    refused = ({"about": "os"}, {"about": ["secrets"]})
    examples = (
        ({}, lambda v: list(v) == ["os", "cpu", "memory", "disk", "network"]),
        ({"about": ["memory"]}, lambda v: 0 < v["memory"]["available"] <= v["memory"]["total"]),
        ({"about": ["cpu"]}, lambda v: v["cpu"]["logical"] == os.cpu_count()),
        ({"about": ["os"]}, lambda v: v["os"]["up"] > 0),
        ({"about": ["network"]}, lambda v: "127.0.0.1" in str(v)),
        ({"about": []}, {}),
    )


class TestProcesses(ToolContract):
    tool = processes
    context = staticmethod(lambda: run("system:processes", "system:commands"))
    refused = ({"sort": "age"}, {"limit": "all"})
    examples = (
        ({"limit": 10_000}, lambda v: os.getpid() in [p["id"] for p in v["processes"]]),
        ({"limit": 1}, lambda v: len(v["processes"]) == 1 and v["more"] > 0),
        ({"name": "PYTHON", "commands": True, "sort": "cpu"}, lambda v: "command" in str(v)),
        ({"name": "no such process \n"}, {"processes": [], "more": 0}),
    )


class TestEnv(ToolContract):
    tool = env
    context = staticmethod(lambda: run("env:PATH", "env:NO_SUCH*"))
    refused = ({}, {"name": ["PATH"]})
    examples = (({"name": "PATH"}, os.environ["PATH"]), ({"name": "NO_SUCH_VARIABLE"}, None))


class TestTime(ToolContract):
    tool = time
    context = staticmethod(run)
    refused = ({"zone": 1}, {"elsewhere": "UTC"})
    examples = (
        (
            {"zone": "Europe/Oslo", "at": "2026-07-01T12:00", "elsewhere": ["Asia/Tokyo"]},
            {
                "iso": "2026-07-01T12:00:00+02:00",
                "zone": "Europe/Oslo",
                "offset": 120,
                "unix": 1782900000.0,
                "weekday": "Wednesday",
                "week": 27,
                "summer": True,
                "elsewhere": {"Asia/Tokyo": "2026-07-01T19:00:00+09:00"},
            },
        ),
        ({"zone": "UTC", "at": 0}, lambda v: v["iso"] == "1970-01-01T00:00:00+00:00"),
        ({"zone": "Asia/Kolkata", "at": "2026-01-01T00:00Z"}, lambda v: v["offset"] == 330),
        ({}, lambda v: abs(v["unix"] - datetime.now(UTC).timestamp()) < 60),
    )


def test_each_tool_is_listed_by_its_own_name() -> None:
    tools: list[tuple[str, Any]] = [(i.name, load_object(i.load)) for i in polyspell_tools()]
    assert len(tools) == 4
    for name, tool in tools:
        assert isinstance(tool, Tool) and tool.name == name and tool.tags == ("system",)


@pytest.mark.parametrize(
    ("tool", "arguments", "words", "denied"),
    [
        (info, {}, [], "system:os"),
        (info, {"about": ["os", "disk"]}, ["system:os"], "system:disk"),
        (processes, {}, ["system:os"], "system:processes"),
        (processes, {"commands": True}, ["system:processes"], "system:commands"),
        (env, {"name": "HOME"}, ["env:PATH", "system"], "env:HOME"),
        (env, {"name": "PATH "}, ["env:PATH"], "env:PATH "),
        (env, {"name": "OPENAI_API_KEY"}, ["env:HOME"], "env:OPENAI_API_KEY"),
    ],
)
async def test_a_refusal_names_the_grant(
    tool: Tool, arguments: dict[str, Any], words: list[str], denied: str
) -> None:
    with pytest.raises(PermissionDenied) as caught:
        await tool.call(arguments, run(*words))
    assert caught.value.context == {"grant": denied}


async def test_what_is_left_out_is_what_is_granted() -> None:
    assert list(await info.call({}, run("system:cpu", "system:memory"))) == ["cpu", "memory"]


async def test_command_lines_are_told_only_where_asked() -> None:
    found = await processes.call({"limit": 10_000}, run("system"))
    assert all("command" not in each for each in found["processes"])


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/localtime", "Europe/../UTC", "", "a\0b", "x" * 5000, "Mars/Base",
     ".", "~", "zone.tab", "\ud800"],
)  # fmt: skip
async def test_a_time_zone_is_no_path(name: str) -> None:
    for arguments in ({"zone": name}, {"elsewhere": [name]}):
        with pytest.raises(ToolError, match="no time zone"):
            await time.call(arguments, run())


@pytest.mark.parametrize(
    "at", ["yesterday", "", 1e300, -1e18, "9" * 9999, "2026-13-01", "0001-01-01"]
)
async def test_what_is_no_time_is_said(at: Any) -> None:
    with pytest.raises(ToolError, match="no time"):
        await time.call({"at": at, "zone": "UTC"}, run())


@pytest.mark.parametrize("name", ["", "A=B", "A\0"])
async def test_what_is_no_variable_is_said(name: str) -> None:
    with pytest.raises(ToolError, match="no name of a variable"):
        await env.call({"name": name}, ToolContext())
