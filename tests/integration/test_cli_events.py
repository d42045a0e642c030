"""`polyspell events`, and a run that is watched: real processes, a real socket between them."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BINARY = Path(sys.executable).with_name("polyspell")
WORK = """
local ps = require("polyspell")
local add = ps.tool.define {
  name = "add", parameters = { a = "integer" }, run = function(t) return t.a + 1 end,
}
local agent = ps.agent.create {
  name = "adder", model = "echo/script", tools = { add },
  options = { replies = { { tool = "add", arguments = { a = 41 } }, "It is 42." } },
}
print(agent:run("add").text)
"""
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "POLYSPELL_HOME": str(tmp_path / "home"), "POLYSPELL_MODEL": "echo/echo"}


@pytest.fixture
def polyspell(tmp_path: Path, env: dict[str, str]) -> Command:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BINARY), *args], cwd=tmp_path, env=env, text=True, capture_output=True,
            timeout=60, check=False,
        )  # fmt: skip

    return run


@contextmanager
def running(tmp_path: Path, env: dict[str, str], where: str, script: str) -> Iterator[str]:
    """A run that offers its events; gives where. It ends at the end of its input."""
    command = [str(BINARY), "run", "-e", script, "--lang", "lua", "--events", where]
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().removeprefix("events: ").strip()
        finally:
            process.terminate()
            process.communicate(timeout=30)


WAITING = """
local ps = require("polyspell")
local stop = false
ps.event.on("stop", function() stop = true end)
while not stop do ps.sleep(0.05); ps.event.emit("beat", { n = 1 }) end
"""


@pytest.mark.parametrize("where", ["auto", "0", "./x.sock"])
def test_a_run_that_offers_its_events_is_found_and_watched(
    tmp_path: Path, env: dict[str, str], polyspell: Command, where: str
) -> None:
    with running(tmp_path, env, where, WAITING) as address:
        listed = json.loads(polyspell("events", "--json").stdout)
        assert address in listed[0]["address"] or listed[0]["address"].endswith("x.sock")
        assert "token" not in listed[0]
        tail = polyspell("events", "tail", "--json", "-p", "beat", "-w", "n=1", "-n", "3")
        assert tail.returncode == 0, tail.stderr
        assert [json.loads(line)["name"] for line in tail.stdout.splitlines()] == ["beat"] * 3
        wrong = polyspell("events", "tail", address, "-w", "=")
        assert (wrong.returncode, "no filter" in wrong.stderr) == (2, True)


def test_a_run_is_recorded_and_shown_again(polyspell: Command, tmp_path: Path) -> None:
    run = polyspell("run", "-e", WORK, "--lang", "lua", "--record", "x.db")
    assert run.stdout == "It is 42.\n", run.stderr
    lines = polyspell("events", "replay", "x.db", "-p", "tool.**").stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["tool.call.started", "tool.call.completed"]
    tree = polyspell("events", "replay", "x.db", "--tree")
    assert '✓ tool add {"a":41} = 42' in tree.stderr
    assert "= 2 model calls, 1 tool call" in tree.stderr


def test_a_recording_is_replayed_into_a_running_program_and_recorded_there(
    tmp_path: Path, env: dict[str, str], polyspell: Command
) -> None:
    events = [{"name": "shop.opened", "data": {"n": n}, "time": n} for n in range(3)]
    events.append({"name": "stop"})
    (tmp_path / "old.jsonl").write_text("\n".join(map(json.dumps, events)))
    script = WAITING.replace('"stop"', '"stop*"')
    with running(tmp_path, env, "auto", script) as address:
        recorder = subprocess.Popen(
            [str(BINARY), "events", "record", "new.db", address, "-p", "shop.*", "--all"],
            cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        sent = polyspell("events", "replay", "old.jsonl", "--to", address)
        assert "4 events were published" in sent.stderr
        tail = polyspell("events", "tail", address, "--all", "-p", "shop.*", "-n", "3", "--json")
        assert [json.loads(line)["data"]["n"] for line in tail.stdout.splitlines()] == [0, 1, 2]
    assert "3 events are in new.db" in recorder.communicate(timeout=30)[1]
    assert len(polyspell("events", "replay", "new.db").stdout.splitlines()) == 3


def test_without_a_program_that_offers_events_it_is_said_what_to_do(polyspell: Command) -> None:
    tail = polyspell("events", "tail")
    assert tail.returncode == 1
    assert "polyspell run --events" in tail.stderr
    assert polyspell("events").stdout == "No running program offers its events.\n"


def test_configuration_offers_and_records_events(polyspell: Command, tmp_path: Path) -> None:
    (tmp_path / "polyspell.toml").write_text(
        '[events]\noffer = "auto"\nrecord = "all.jsonl"\npattern = "agent.run.*"\n'
    )
    assert polyspell("run", "-e", WORK, "--lang", "lua").returncode == 0
    names = [json.loads(x)["name"] for x in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert names == ["agent.run.started", "agent.run.completed"]
    assert list((tmp_path / "home/data/events").iterdir()) == []
    (tmp_path / "polyspell.toml").write_text("[events]\nofer = 1\n")
    run = polyspell("run", "-e", WORK, "--lang", "lua")
    assert (run.returncode, "`ofer`" in run.stderr) == (0, True)


def test_a_run_in_a_pipe_is_watched_line_by_line(polyspell: Command) -> None:
    run = polyspell("run", "-e", WORK, "--lang", "lua", "--watch-events")
    assert run.stdout == "It is 42.\n"
    lines = run.stderr.splitlines()
    assert lines[:2] == ["▸ script -e", "  ▸ agent adder"]
    assert lines[3].startswith('    ✓ tool add {"a":41} = 42 (')
    assert lines[-3].startswith("  ✓ agent adder “It is 42.” (")
    assert lines[-1].startswith("= 2 model calls, 1 tool call, ")


def test_chat_is_watched_too(polyspell: Command) -> None:
    chat = polyspell("chat", "--watch-events", "hello")
    assert chat.stdout == "hello\n"
    assert "✓ model echo/echo" in chat.stderr


def test_a_run_on_a_terminal_is_a_tree_below_what_it_prints(
    tmp_path: Path, env: dict[str, str]
) -> None:
    """On a pseudo terminal: the last picture is whole, and what was printed stands above it."""
    outer, inner = pty.openpty()
    command = [str(BINARY), "run", "-e", WORK, "--lang", "lua", "--watch-events"]
    terminal = {**env, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    process = subprocess.Popen(command, cwd=tmp_path, env=terminal, stdout=inner, stderr=inner)
    os.close(inner)
    seen = b""
    try:
        while data := os.read(outer, 65536):
            seen += data
    except OSError:  # how Linux tells the end of a terminal
        pass
    os.close(outer)
    assert process.wait(timeout=30) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    last = text[text.rindex("script -e") :]
    assert "agent adder  It is 42." in last
    assert "tool add" in last
    assert "└── " in last
    assert text.count("It is 42.\r\n") == 1
    assert text.index("It is 42.\r\n") < text.rindex("script -e")
