"""Commands: what becomes of arguments, and how they end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from polyspell import Tool, ToolContext
from polyspell.errors import ConfigError, LimitExceeded, PermissionDenied, ToolError
from polyspell.grants import Grants
from polyspell_wrapper.make import command

ECHO = "import json, sys; print(json.dumps([sys.argv[1:], sys.stdin.read()]))"


def echo(*arguments: str, parameters: Any = None, **options: Any) -> Tool:
    """A tool that tells its arguments and its input."""
    return command(
        "echo", [sys.executable, "-c", ECHO, *arguments], description="Echo",
        parameters=parameters or {"x": "any?"}, answer="json", **options,
    )  # fmt: skip


def python(code: str, **options: Any) -> Tool:
    return command("python", [sys.executable, "-c", code], description="Run", **options)


async def told(tool: Tool, **arguments: Any) -> list[str]:
    return list((await tool.call(arguments))[0])


async def test_values_fill_their_places() -> None:
    assert await told(echo("a", "{x}", "--y={x}"), x="1 2") == ["a", "1 2", "--y=1 2"]
    assert await told(echo("{x}", "b"), x=["1", 2.5, True]) == ["1", "2.5", "true", "b"]
    assert await told(echo("{x}", "--y={x}", "b")) == ["b"]
    tool = echo(stdin="<{x}>")
    assert (await tool.call({"x": "é"}))[1] == "<é>"


HOSTILE = [
    *("; id", "$(id)", "`id`", "| id", "&& id", "> /tmp/x", "\n id", "'", '"', "*", "~", "$HOME"),
    *("{y}", "%PATH%", "\\", "\r\nid", "{x}", "a b", "", "\u202e", "!!", "#"),
]


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_value_stays_one_argument(value: str) -> None:
    assert await told(echo("{x}", "--y={x}"), x=value) == [value, f"--y={value}"]


@pytest.mark.parametrize("value", ["-rf", "--output=/etc/passwd", "-", -5, ["a", "-b"]])
async def test_no_value_becomes_an_option(value: Any) -> None:
    with pytest.raises(ToolError, match="option"):
        await told(echo("{x}"), x=value)
    with pytest.raises(ToolError, match="option"):
        await told(echo("{x}{x}"), x="-x")
    free = await told(echo("--", "{x}"), x=value)
    assert free[1:] == [str(v) for v in (value if isinstance(value, list) else [value])]


async def test_what_cannot_be_an_argument_is_refused() -> None:
    for bad in ("a\0b", {"a": 1}):
        with pytest.raises(ToolError):
            await told(echo("{x}"), x=bad)


def test_a_template_is_checked_when_it_is_made() -> None:
    with pytest.raises(ConfigError, match=r"\{z\}"):
        echo("{z}")
    with pytest.raises(ConfigError, match="fixed"):
        command("x", ["{x}"], description="", parameters={"x": "string"})
    with pytest.raises(ConfigError, match="answer"):
        command("x", ["ls"], description="", answer="xml")


async def test_the_environment_is_scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_API_KEY", "s3cret")
    monkeypatch.setenv("WANTED", "yes")
    show = "import os, json; print(json.dumps(dict(os.environ)))"
    seen = await python(show, answer="json", env={"MINE": "1"}, keep_env=["WANTED"]).call({})
    assert "SECRET_API_KEY" not in seen and "HOME" not in seen
    assert (seen["MINE"], seen["WANTED"]) == ("1", "yes")


async def test_a_failure_tells_the_code_and_what_was_written() -> None:
    bad = "import sys; sys.stderr.write('no such thing'); sys.exit(3)"
    with pytest.raises(ToolError, match="exit code 3: no such thing"):
        await python(bad).call({})
    full = await python(bad, answer="full").call({})
    assert full == {"exit": 3, "stdout": "", "stderr": "no such thing"}
    with pytest.raises(ToolError, match="no program"):
        await command("x", ["no-such-program-at-all"], description="").call({})


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(file)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    with pytest.raises(LimitExceeded, match="longer"):
        await python(code, timeout=2.0).call({})
    await gone(await written(file))


async def test_who_gives_up_ends_the_program(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    code = f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    task = asyncio.ensure_future(python(code).call({}))
    pid = await written(file)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(pid)


async def written(file: Path) -> int:
    """The number that a program writes into a file."""
    for _ in range(500):
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int(file.read_text())  # noqa: ASYNC240
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was written")


async def gone(pid: int) -> None:
    """Wait until a process is no more, or a zombie that its parent did not look at yet."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]  # noqa: ASYNC240
        except (ProcessLookupError, FileNotFoundError):
            return
        if state == "Z":
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"process {pid} is still there")


async def test_a_program_that_floods_is_killed() -> None:
    flood = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    with pytest.raises(LimitExceeded, match="wrote more"):
        await python(flood, output=1_000_000).call({})


async def test_a_program_whose_child_got_away_holds_up_nobody(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    code = (
        "import subprocess, sys\n"
        "away = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "child = subprocess.Popen(away, start_new_session=True)\n"
        f"open({str(file)!r}, 'w').write(str(child.pid))"
    )
    with pytest.raises(LimitExceeded, match="longer"):
        await python(code, timeout=2.0).call({})
    os.kill(await written(file), signal.SIGKILL)


async def test_a_program_that_reads_nothing_may_be_written_to() -> None:
    tool = command("x", [sys.executable, "-c", "print(1)"], description="", stdin="{x}",
                   parameters={"x": "string"})  # fmt: skip
    assert await tool.call({"x": "y" * 1_000_000}) == "1\n"


PROGRAM = f"process:{os.path.realpath(sys.executable)}"


async def test_a_caller_needs_the_grant_of_the_program() -> None:
    tool = echo("{x}")
    with pytest.raises(PermissionDenied) as denied:
        await tool.call({"x": "1"}, ToolContext(grants=Grants(["tool"])))
    assert denied.value.context["grant"] == PROGRAM
    granted = Grants([f"process:{sys.executable}"])
    assert (await tool.call({"x": "1"}, ToolContext(grants=granted)))[0] == ["1"]
