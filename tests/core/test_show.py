"""What a person sees of lists and values."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

import pytest
from polyspell.cli.frames import frame_lines
from polyspell.cli.show import literal, print_rows, print_value

ROWS = [
    {"name": "lua", "features": ["async", "modules"], "worker": "no_new_privileges, landlock"},
    {"name": "python", "features": ["types"], "worker": ""},
]
COLUMNS = {"name": "engine", "features": "features", "worker": "worker"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, width: int, **options: Any) -> list[str]:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")  # rich takes a dumb one to be 80 wide
    print_rows(ROWS, COLUMNS, False, **options)
    plain = re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue())
    return [line.rstrip() for line in plain.splitlines()]


def test_a_wide_terminal_shows_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, 80)
    assert [line.split()[0] for line in lines if line][0:4:2] == ["engine", "lua"]


def test_a_terminal_that_is_too_narrow_for_its_words_shows_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert shown(monkeypatch, 34) == [
        "lua",
        "  features  async, modules",
        "  worker    no_new_privileges,",
        "            landlock",
        "python",
        "  features  types",
    ]


def test_a_value_is_written_in_the_languages_words() -> None:
    value = {"a": [None, True, 1.5, "x\n"], "b": b"x"}
    assert literal(value) == '{"a": [null, true, 1.5, "x\\n"], "b": b\'x\'}'
    assert literal(value["a"], ("nil", "true", "false")) == '[nil, true, 1.5, "x\\n"]'


def frames(names: str) -> list[dict[str, Any]]:
    return [{"function": name, "file": "x.lua", "line": 2} for name in names]


def read(names: str) -> list[str]:
    return [re.sub(r"in (.) .*", r"\1", line) for line in frame_lines(frames(names))]


def test_frames_that_come_again_are_shown_once_and_counted() -> None:
    assert frame_lines(frames("f"))[0] == "in f (x.lua:2)"
    assert read("f" * 49 + "m") == ["f", "... the same 48 more times", "m"]
    assert read("x" + "ab" * 20 + "m") == ["x", "a", "b", "... these 2, 19 more times", "m"]
    assert read("fffm") == ["f", "f", "f", "m"]
    assert read("abcabcm") == list("abcabcm")


def test_a_recursion_to_the_last_frame_that_is_known_may_go_on() -> None:
    assert read("f" * 50) == ["f", "... the same at least 49 more times"]
    assert read("ab" * 24 + "a") == ["a", "b", "... these 2, at least 23 more times"]


def test_an_integer_too_long_for_decimals_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_value({"n": [10**5000, 7]})
    assert capsys.readouterr().out == f'{{"n":["{10**5000:#x}",7]}}\n'
