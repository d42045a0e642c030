"""The command line as a person uses it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
BINARY = Path(sys.executable).with_name("polyspell")


@pytest.fixture
def polyspell(tmp_path: Path) -> Run:
    """Runs `polyspell` in an empty folder with nobody's configuration and keys."""
    env = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    env |= {"POLYSPELL_HOME": str(tmp_path / "home"), "POLYSPELL_MODEL": "echo/echo"}

    def run(*args: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BINARY), *args], cwd=tmp_path, env=env, input=input, text=True,
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_help_lists_the_commands(polyspell: Run) -> None:
    run = polyspell("--help")
    assert run.returncode == 0
    for name in ("run", "chat", "models", "tools", "plugins", "engines", "keys", "new"):
        assert f"\n  {name}" in run.stdout


def test_every_command_has_help(polyspell: Run) -> None:
    for name in ("run", "chat", "repl", "models", "tools", "plugins", "engines", "keys", "types"):
        run = polyspell(name, "--help")
        assert run.returncode == 0, run.stderr
        assert "Usage:" in run.stdout


def test_a_text_is_run_and_its_value_printed(polyspell: Run) -> None:
    run = polyspell("run", "-e", "return 6 * 7", "--lang", "lua")
    assert (run.returncode, run.stdout) == (0, "42\n")


def test_a_script_gets_its_arguments_and_input(polyspell: Run, tmp_path: Path) -> None:
    (tmp_path / "x.lua").write_text(
        'local ps = require("polyspell")\nprint(ps.args[1], ps.input.n)\nreturn {ps.args[2]}'
    )
    run = polyspell("run", "x.lua", "--input", '{"n": 5}', "one", "two")
    assert (run.returncode, run.stdout) == (0, 'one\t5\n["two"]\n'), run.stderr
    run = polyspell("run", "x.lua", "--input", '{"n": 5}', "one", "--", "--two")
    assert (run.returncode, run.stdout) == (0, 'one\t5\n["--two"]\n'), run.stderr


def test_a_failed_script_shows_where_and_exits_with_1(polyspell: Run, tmp_path: Path) -> None:
    (tmp_path / "x.lua").write_text('local a = 1\nerror("boom")\n')
    run = polyspell("run", "x.lua")
    assert run.returncode == 1
    assert "x.lua:2" in run.stderr
    assert 'error("boom")' in run.stderr
    assert "Traceback" not in run.stderr


def test_wrong_usage_exits_with_2(polyspell: Run, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello")
    for args in (
        ["run"],
        ["run", "x.txt"],
        ["run", "-e", "x", "--lang", "lua", "--limit", "speed=3"],
        ["run", "-e", "x", "--lang", "lua", "--grant", "???"],
        ["run", "-e", "x", "--lang", "lua", "--input", "{"],
        ["run", "-e", "x", "--lang", "lua", "--isolaton", "inline"],
        ["no-such-command"],
        ["run", "missing.lua"],
    ):
        run = polyspell(*args)
        assert run.returncode == 2, (args, run.stderr)
        assert run.stderr.strip()
        assert "Traceback" not in run.stderr


def test_a_refusal_names_the_grant_and_the_grant_lets_it_pass(polyspell: Run) -> None:
    script = 'return require("polyspell").env("POLYSPELL_MODEL")'
    refused = polyspell("run", "-e", script, "--lang", "lua")
    assert refused.returncode == 1
    assert "--grant 'env:POLYSPELL_MODEL'" in refused.stderr
    passed = polyspell("run", "-e", script, "--lang", "lua", "--grant", "env:POLYSPELL_MODEL")
    assert passed.stdout == "echo/echo\n"


def test_the_audit_has_what_was_used_and_what_was_refused(polyspell: Run, tmp_path: Path) -> None:
    script = 'local ps = require("polyspell"); pcall(ps.env, "HOME"); ps.env("PATH")'
    run = polyspell(
        "run", "-e", script, "--lang", "lua", "--grant", "env:PATH", "--audit", "audit.jsonl"
    )
    assert run.returncode == 0, run.stderr
    events = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(e["name"].rsplit(".")[-1], e["data"]["grant"]) for e in events] == [
        ("denied", "env:HOME"),
        ("used", "env:PATH"),
    ]


def test_json_has_value_output_and_usage(polyspell: Run) -> None:
    run = polyspell("run", "-e", 'print("hi") return {a = 1}', "--lang", "lua", "--json")
    data = json.loads(run.stdout)
    assert data["value"] == {"a": 1}
    assert data["output"] == "hi\n"
    assert data["usage"]["calls"] == 0


def test_the_profile_shows_each_host_call(polyspell: Run) -> None:
    script = 'local ps = require("polyspell"); for i = 1, 5 do ps.state.keys() end'
    run = polyspell("run", "-e", script, "--lang", "lua", "--profile")
    assert any(line.startswith("state.keys\t5\t") for line in run.stdout.splitlines())


def test_state_is_kept_between_runs(polyspell: Run, tmp_path: Path) -> None:
    (tmp_path / "x.lua").write_text(
        'local s = require("polyspell").state\ns.set("n", s.get("n", 0) + 1)\nreturn s.get("n")'
    )
    assert [polyspell("run", "x.lua").stdout for _ in range(2)] == ["1\n", "2\n"]


def test_chat_answers_line_by_line_in_a_pipe(polyspell: Run) -> None:
    run = polyspell("chat", input="hello\nworld\n")
    assert (run.returncode, run.stdout) == (0, "hello\nworld\n")


def test_chat_says_that_an_answer_was_cut_off_and_what_to_do(
    polyspell: Run, tmp_path: Path
) -> None:
    (tmp_path / "polyspell.toml").write_text(
        '[providers.echo]\nreplies = [["Once upon", {finish = "length"}], "The end."]'
    )
    run = polyspell("chat", "-m", "echo/script", input="Tell a tale.\nGo on.\n")
    assert (run.returncode, run.stdout) == (0, "Once upon\nThe end.\n")
    assert run.stderr.count("cut off by the limit of tokens: ask it to go on") == 1


def test_lists_come_as_json(polyspell: Run) -> None:
    for name in ("plugins", "models", "tools", "engines", "keys"):
        run = polyspell(name, "--json")
        assert run.returncode == 0, run.stderr
        assert isinstance(json.loads(run.stdout), list)


def test_what_is_named_wrongly_is_answered_with_what_is_right(polyspell: Run) -> None:
    for args, right in (
        (["tools", "call", "math"], "math takes expression"),
        (["run", "-e", "x", "--lang", "cobol"], "Here: javascript, lua"),
        (["models", "-p", "ecko"], "Did you mean 'echo'?"),
        (["chat", "-m", "gpt-5", "hello"], "provider/model"),
        (["rnu", "x.lua"], "Did you mean 'run'?"),
        (["types", "lua", "/dev/null/x"], "/dev/null"),
    ):
        run = polyspell(*args)
        assert run.returncode in (1, 2), (args, run.stderr)
        assert right in run.stderr


def test_limits_are_told_as_people_write_them(polyspell: Run) -> None:
    for program, limits, told in (
        ("while true do end", "wall=200ms", "0.2 s"),
        ("local s = 'x' while true do s = s .. s end", "memory=64MiB", "64 MiB"),
        ("while true do print(1) end", "output=2KiB", "2 KiB"),
        ("while true do require('polyspell').state.keys() end", "calls=1500", "1,500"),
    ):
        run = polyspell("run", "-l", "lua", "-e", program, "--limit", limits)
        assert run.returncode == 1
        assert f": {told}.\n" in run.stderr


def test_objects_and_records_in_a_value_are_told_as_what_they_are(polyspell: Run) -> None:
    script = """local a = require("polyspell").agent.create{}
    return {a, a:run("hi").usage, print}"""
    run = polyspell("run", "-l", "lua", "-e", script)
    agent, usage, function = json.loads(run.stdout)
    assert agent == "<Agent>"
    assert usage["total_tokens"] == 2
    assert function.startswith("<function ")


def test_a_key_is_kept_and_forgotten(polyspell: Run, tmp_path: Path) -> None:
    assert polyspell("keys", "set", "openai", input="sk-secret\n").returncode == 0
    file = tmp_path / "home/config/keys.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    listed = polyspell("keys", "--json").stdout
    assert "sk-secret" not in listed
    assert next(k for k in json.loads(listed) if k["name"] == "openai")["from"] == "file"
    assert polyspell("keys", "remove", "openai").returncode == 0
    assert polyspell("keys", "remove", "openai").returncode == 1


def test_the_repl_keeps_what_was_defined(polyspell: Run) -> None:
    run = polyspell("repl", "--lang", "lua", input="x = 20\nx + 1\nerror('no')\nx + 2\n")
    assert run.stdout.split() == ["21", "22"]
    assert "no" in run.stderr


def test_types_are_written_for_every_language(polyspell: Run, tmp_path: Path) -> None:
    for language, file in {
        "lua": "polyspell.lua", "javascript": "polyspell.d.ts", "python": "polyspell.pyi",
        "wren": "polyspell.wren",
    }.items():  # fmt: skip
        assert polyspell("types", language, "types").returncode == 0
        assert "agent" in (tmp_path / "types" / file).read_text().lower()


def test_completion_scripts_are_printed(polyspell: Run) -> None:
    assert "_POLYSPELL_COMPLETE" in polyspell("completion", "bash").stdout
