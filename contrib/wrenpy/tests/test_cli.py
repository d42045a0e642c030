"""The command: files, limits and the prompt."""

from __future__ import annotations

import subprocess
import sys

import pytest
from wrenpy import cli


def test_a_file_runs_with_imports_beside_it(tmp_path, capsys):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.wren").write_text('import "../b" for B\nvar A = B + 1')
    (tmp_path / "b.wren").write_text("var B = 1")
    main = tmp_path / "main.wren"
    main.write_text('import "./lib/a" for A\nSystem.print("A is %(A)")')
    assert cli.main([str(main)]) == 0
    assert capsys.readouterr().out == "A is 2\n"


@pytest.mark.parametrize(
    ("source", "options", "status", "text"),
    [
        ("var = 1", [], 65, "line 1] Error at '=': Expect variable name."),
        ("1.nope", [], 70, "Num does not implement 'nope'."),
        ("while (true) {}", ["--fuel", "10000"], 70, "fuel limit"),
        ("while (true) {}", ["--seconds", "0.01"], 70, "time limit"),
        ("var l = []\nwhile (true) l.add(l)", ["--memory", "16"], 70, "memory limit"),
    ],
)
def test_an_error_is_shown_and_is_the_exit_status(tmp_path, capsys, source, options, status, text):
    main = tmp_path / "main.wren"
    main.write_text(source)
    assert cli.main([str(main), *options]) == status
    assert text in capsys.readouterr().err


def test_a_missing_file_is_named(capsys):
    assert cli.main(["nowhere.wren"]) == 66
    assert "nowhere.wren" in capsys.readouterr().err


def test_the_prompt_shows_values_and_goes_on_after_errors(monkeypatch, capsys):
    lines = iter(
        [
            "var a = 3", "a + 1", "[1,", "a]", "class A {", "  static b { 7 }", "}", "A.b", "null",
            "a.nope", "var = 1", 'System.print("hi")', '"""', 'x"""', "",
        ]
    )  # fmt: skip

    def read(prompt):
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)
    assert cli.main([]) == 0
    captured = capsys.readouterr()
    assert captured.out.split() == ["4", "[1,", "3]", "7", "hi", "x"]
    assert "Num does not implement 'nope'." in captured.err
    assert "Expect variable name." in captured.err


def test_the_command_is_a_module_too(tmp_path):
    main = tmp_path / "main.wren"
    main.write_text('System.print("run")')
    done = subprocess.run(
        [sys.executable, "-m", "wrenpy", str(main)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "run\n"
