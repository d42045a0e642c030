"""Nothing escapes its grant, nothing floods, nothing stays behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import ConfigError, LimitExceeded, PermissionDenied, ToolError
from polyspell.events import Event
from polyspell.grants import Grants
from polyspell.tools import ToolContext
from polyspell_process.tools import run, shell

SH = os.path.realpath("/bin/sh")
ECHO = os.path.realpath("/bin/echo")


@pytest.mark.parametrize(
    ("words", "args", "denied"),
    [
        ([], ["echo", "x"], "process:echo"),
        (["process:cat"], ["echo"], "process:echo"),
        (["process:ech"], ["echo"], "process:echo"),
        (["process:echo "], ["echo"], "process:echo"),
        (["process:echo"], ["/bin/echo"], f"process:{ECHO}"),
        (["process:echo"], ["./tool"], "process:{}/tool"),
        (["process:tool"], ["./tool"], "process:{}/tool"),
        (["process:*"], ["./tool"], "process:{}/tool"),
        (["process:./bin/*"], ["./tool"], "process:{}/tool"),
        (["process:./bin/**"], ["./bin/../evil"], "process:{}/evil"),
        (["process:./bin/**"], ["away/house/evil"], "process:{}/evil"),
        (["process:./tool"], ["./evil", "/../tool"], "process:{}/evil"),
        (["process:{}/tool"], ["{}/evil", "/../tool"], "process:{}/evil"),
        (["process:{}/evil x"], ["{}/evil", "x"], "process:{}/evil"),
        (["process:echo a"], ["echo", "a", "b"], "process:echo"),
        (["process:echo a"], ["echo", "a b"], "process:echo"),
        (["process:echo a b"], ["echo", "a b"], "process:echo"),
        (["process:git status"], ["git status"], "process:{}/git status"),
        (["process:env"], ["env "], "process:{}/env "),
        (["process:echo"], ["-c"], "process:{}/-c"),
        (["process:echo"], ["~/echo"], None),
        (["process:*"], ["sh", "-c", "id"], "shell"),
        (["process:*"], ["bash", "-c", "id"], "shell"),
        (["process"], [SH, "-c", "id"], "shell"),
        (["process"], ["/bin/../bin/sh"], "shell"),
        (["process:./**", f"process:{SH}"], ["./innocent", "-c", "id"], "shell"),
        (["process:./**"], ["./innocent", "-c", "id"], f"process:{SH}"),
        (["fs", "net", "shell"], ["echo"], "process:echo"),
    ],
)
async def test_a_program_needs_its_grant(
    words: list[str], args: list[str], denied: str | None, house: Path, run_with: Any
) -> None:
    context = run_with(*(word.format(house) for word in words))
    with pytest.raises(PermissionDenied) as caught:
        await run.call({"args": [arg.format(house) for arg in args]}, context)
    if denied is not None:
        assert caught.value.context == {"grant": denied.format(house)}
    assert not context.grants.allows(caught.value.context["grant"])


@pytest.mark.parametrize(
    ("words", "args", "said"),
    [
        (["process:echo"], ["echo", "-n", "a"], "a"),
        (["process:echo 'a b' c"], ["echo", "a b", "c"], "a b c\n"),
        (["process:echo a*"], ["echo", "a", "b"], "a b\n"),
        ([f"process:{ECHO}"], ["echo", "a"], "a\n"),
        (["process:/bin/echo"], ["/bin/echo", "a"], "a\n"),
        (["process:./tool"], ["./tool"], "ran {}/tool\n"),
        (["process:./tool"], ["bin/../tool"], "ran {}/tool\n"),
        (["process:./bin/*"], ["{}/bin/tool", "x"], "ran {}/bin/tool x\n"),
        (["process:sh", "shell"], ["sh", "-c", "echo $0 $1", "a", "b"], "a b\n"),
        (["*"], ["./innocent", "-c", "echo a"], "a\n"),
    ],
)
async def test_what_is_granted_runs(
    words: list[str], args: list[str], said: str, house: Path, run_with: Any
) -> None:
    value = await run.call({"args": [arg.format(house) for arg in args]}, run_with(*words))
    assert value["stdout"] == said.format(house), value


@pytest.mark.parametrize(
    "text",
    ["; touch pwned", "$(touch pwned)", "`touch pwned`", "| touch pwned", "&& touch pwned",
     "> pwned", "\ntouch pwned", "'; touch pwned; '", '"; touch pwned; "', "*", "~", "$HOME",
     "%PATH%", "!!", "\\", "\t", "é\u202e", ""],
)  # fmt: skip
async def test_an_argument_is_a_text_and_nothing_else(
    text: str, house: Path, run_with: Any
) -> None:
    value = await run.call({"args": ["printf", "%s", text]}, run_with("process:printf"))
    assert value["stdout"] == text and not (house / "pwned").exists()


@pytest.mark.parametrize(
    "args", [[], [""], ["echo", "a\0b"], ["ec\0ho"], ["echo", "\ud800"], ["no-such-program"],
             ["./bin"], ["/dev/null"], ["./missing"]]
)  # fmt: skip
async def test_what_cannot_be_run_is_an_error_of_ours(args: list[str], run_with: Any) -> None:
    with pytest.raises(ToolError):
        await run.call({"args": args}, run_with("process"))


async def test_long_arguments_and_inputs_are_refused(run_with: Any) -> None:
    for given in ({"args": ["echo", "x" * 2**21]}, {"args": ["cat"], "input": "x" * 2**21}):
        with pytest.raises(LimitExceeded) as caught:
            await run.call(given, run_with("process"))
        assert caught.value.context["limit"] == "max_input"
    with pytest.raises(LimitExceeded):
        await shell.call({"command": "x" * 2**21}, run_with("shell"))
    with pytest.raises(ToolError, match="Argument list too long"):
        await run.call({"args": ["echo", "x" * 200_000]}, run_with("process"))


async def test_no_shell_without_its_grant(run_with: Any) -> None:
    with pytest.raises(PermissionDenied) as caught:
        await shell.call({"command": "id"}, run_with("process", "fs"))
    assert caught.value.context == {"grant": "shell"}


async def test_a_name_is_not_found_where_a_program_works(
    house: Path, run_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}::bin")
    with pytest.raises(ToolError, match="no program"):
        await run.call({"args": ["tool"]}, run_with("process:tool"))
    value = await run.call({"args": ["env"]}, run_with("process:env"))
    (path,) = (line for line in value["stdout"].splitlines() if line.startswith("PATH="))
    assert "" not in path.removeprefix("PATH=").split(":") and "." not in path.split(":")


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "GIT_SSH_COMMAND", "HOME", "BASH_ENV"])
async def test_a_variable_needs_its_grant(name: str, run_with: Any) -> None:
    arguments = {"args": ["env"], "env": {name: "/x"}}
    with pytest.raises(PermissionDenied) as caught:
        await run.call(arguments, run_with("process:env", "process.env:X*", "env"))
    assert caught.value.context == {"grant": f"process.env:{name}"}


@pytest.mark.parametrize("name", ["", "A=B", "A\0", "A B", "1A", "é", "A\n"])
async def test_what_is_no_variable_is_refused(name: str, run_with: Any) -> None:
    with pytest.raises(ToolError, match="cannot be set"):
        await run.call({"args": ["env"], "env": {name: "x"}}, run_with("process"))
    with pytest.raises(ToolError, match="cannot be set"):
        await run.call({"args": ["env"], "env": {"A": "x\0y"}}, run_with("process"))


async def test_no_secret_and_no_open_file_is_inherited(house: Path, run_with: Any) -> None:
    secret = os.open(house / "tool", os.O_RDONLY)
    os.set_inheritable(secret, True)
    value = await shell.call({"command": "env; ls /proc/self/fd"}, run_with("shell"))
    os.close(secret)
    assert "the key of the house" not in value["stdout"]
    assert value["stdout"].split()[-4:] == ["0", "1", "2", "3"], "3 is that of ls itself"


@pytest.mark.parametrize("folder", ["..", "/", "away", "bin/../..", "~"])
async def test_a_program_works_in_a_granted_folder(folder: str, run_with: Any) -> None:
    for tool, arguments in ((run, {"args": ["pwd"]}), (shell, {"command": "pwd"})):
        with pytest.raises(PermissionDenied, match=r"fs\.read:/.*/?'"):
            await tool.call({**arguments, "folder": folder}, run_with("process", "shell"))
    with pytest.raises(ToolError):
        await run.call({"args": ["pwd"], "folder": "missing"}, ToolContext())


# -- nothing stays behind --------------------------------------------------------------------

STUBBORN = {
    "a child": "sleep 987 & wait",
    "one that goes on alone": "sleep 987 &",
    "one that ignores what it is asked": "trap '' TERM; sleep 987; sleep 987",
    "one in a session of its own": "setsid sleep 987 & sleep 987",
    "a daemon": "(setsid sh -c 'sleep 987 & sleep 987' >/dev/null 2>&1 &) ; sleep 987",
    "many": "for i in 1 2 3 4 5 6 7 8; do setsid sleep 987 & done; sleep 987",
}


def sleeping() -> list[bytes]:
    """What of the above is alive."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            found.append(Path(f"/proc/{name}/cmdline").read_bytes())
    return [line for line in found if b"987" in line]


@pytest.mark.parametrize("name", STUBBORN)
async def test_a_timeout_ends_all_that_was_started(name: str, host_of: Any) -> None:
    context = host_of(grace=0.1)
    value = await shell.call({"command": STUBBORN[name], "timeout": 0.3}, context)
    assert value["stopped"] == (None if name == "one that goes on alone" else "timeout")
    assert sleeping() == []


async def test_who_is_cancelled_leaves_nothing(host_of: Any) -> None:
    context = host_of()
    started = asyncio.ensure_future(context.host.events.once("process.started"))
    task = asyncio.ensure_future(shell.call({"command": STUBBORN["a daemon"]}, context))
    await started
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sleeping() == []


async def test_a_child_that_hides_and_holds_the_output_holds_up_nobody(
    host_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has left the group and cleared its environment: nothing finds it (see the guide)."""
    monkeypatch.setattr("polyspell_process.running._CLOSING", 0.2)
    command = "echo so far; env -i setsid sh -c 'echo $$; exec sleep 30' & sleep 987"
    await shell.call({"command": "true"}, host_of())
    before = len(os.listdir("/proc/self/fd"))
    value = await shell.call({"command": command, "timeout": 0.5}, host_of(grace=0.1))
    said, hidden = value["stdout"].split("\n")[:2]
    os.kill(int(hidden), signal.SIGKILL)
    assert said == "so far" and value["stopped"] == "timeout" and value["code"] < 0
    assert sleeping() == []
    assert len(os.listdir("/proc/self/fd")) == before


async def test_others_are_left_alone(house: Path, run_with: Any) -> None:
    other = subprocess.Popen(["sleep", "986"])  # noqa: ASYNC220
    await shell.call({"command": "sleep 987", "timeout": 0.2}, run_with("shell"))
    assert other.poll() is None
    other.kill()
    other.wait()


# -- floods ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["yes", "yes >&2", "cat /dev/zero", "yes & yes >&2"])
async def test_a_flood_is_stopped(command: str, host_of: Any) -> None:
    context = host_of(max_output=1000, max_flood=10**6)
    heard: list[Event] = []
    context.host.events.on("process.output", heard.append)
    value = await shell.call({"command": f"{command}; wait"}, context)
    assert value["stopped"] == "output" and value["code"] < 0
    assert len(value["stdout"]) + len(value["stderr"]) < 2500
    assert value["dropped"] > 900_000
    assert sum(len(event.data["text"]) for event in heard) < 500_000


async def test_the_beginning_and_the_end_of_long_output_are_kept(host_of: Any) -> None:
    value = await shell.call({"command": "seq 100000"}, host_of(max_output=100))
    assert value["stdout"].startswith("1\n2\n") and value["stdout"].endswith("99999\n100000\n")
    assert f"[... {value['dropped']:,} bytes left out ...]" in value["stdout"]
    assert value["stopped"] is None and value["code"] == 0


async def test_output_that_is_no_text_is_marked(run_with: Any) -> None:
    value = await run.call({"args": ["printf", r"\377\0a\303"]}, run_with("process"))
    assert value["stdout"] == "\ufffd\0a\ufffd"


async def test_output_is_told_while_it_comes(host_of: Any) -> None:
    context = host_of()
    told = context.host.events.stream("process.*")
    command = "echo one; read line; echo $line >&2"
    value = await shell.call({"command": command, "input": "two\n"}, context)
    told.close()
    events = [event async for event in told]
    assert [e.name.rpartition(".")[2] for e in events] == ["started", "output", "output", "ended"]
    assert [(e.data["stream"], e.data["text"]) for e in events[1:3]] == [
        ("stdout", "one\n"), ("stderr", "two\n")
    ]  # fmt: skip
    assert len({event.data["id"] for event in events}) == 1
    assert events[-1].data["code"] == value["code"] == 0


async def test_input_that_nobody_reads_is_no_error(run_with: Any) -> None:
    value = await run.call({"args": ["true"], "input": "x" * 10**6}, run_with("process"))
    assert value["code"] == 0


async def test_a_program_that_kills_itself_says_so(run_with: Any) -> None:
    value = await shell.call({"command": "kill -SEGV $$"}, run_with("shell"))
    assert value["code"] == -11 and value["stopped"] is None


async def test_a_misspelt_setting_is_an_error(host_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"\[tools\.process\].*secs"):
        await run.call({"args": ["true"]}, host_of(secs=1))


async def test_a_folder_that_is_swapped_is_not_entered(house: Path) -> None:
    """What was checked is what is entered, by its descriptor."""
    from polyspell_process.running import _entered

    (house / "job").mkdir()
    with _entered(f"{house}/job") as entered:
        (house / "job").rename(house / "moved")
        (house / "job").symlink_to("/")
        listed = subprocess.run(["pwd", "-P"], cwd=entered, capture_output=True, text=True)  # noqa: ASYNC221
    assert listed.stdout == f"{house}/moved\n"
    with pytest.raises(OSError), _entered(f"{house}/job"):
        pass


def test_grants_of_variables_are_not_those_of_programs() -> None:
    assert not Grants(["process:git"]).allows("process.env:LD_PRELOAD")
    assert not Grants(["process.env:*"]).allows("process:git")
