"""Ctrl-C at a terminal, and pipes that nobody reads any more."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BINARY = str(Path(sys.executable).with_name("polyspell"))
ENDLESS = {
    "lua": "while true do end", "js": "for (;;) {}", "wren": "while (true) {}",
    "py": "while True: pass",
}  # fmt: skip
PRINTING = {
    "lua": "while true do print(1) end", "js": "for (;;) console.log(1)",
    "wren": "while (true) System.print(1)", "py": "while True: print(1)",
}  # fmt: skip
UNLIMITED = ("--limit", "cpu=none,output=none")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "POLYSPELL_HOME": str(tmp_path / "home"), "TERM": "dumb"}


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, arguments: list[str], env: dict[str, str]) -> None:
        self.seen = ""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(BINARY, [BINARY, *arguments], env)

    def until(self, text: str, seconds: float = 30) -> str:
        """Read until a text is there, or the program has ended."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"{text!r} did not come: {self.seen}"
            if select.select([self._fd], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self._fd, 65536).decode("utf-8", "replace")
                except OSError:  # the terminal has gone with the program
                    break
        return self.seen

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def end(self) -> int:
        """The exit code; negative for a signal."""
        self.until("\0 what never comes")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        os.close(self._fd)
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


@pytest.fixture
def terminal(env: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open(*arguments: str) -> Terminal:
        opened.append(Terminal(list(arguments), env))
        return opened[-1]

    yield open
    for one in opened:
        one.close()


@pytest.mark.parametrize("trust", [(), ("--trust",)], ids=["sandboxed", "trusted"])
@pytest.mark.parametrize("language", ENDLESS)
def test_one_ctrl_c_ends_a_script_that_never_returns(
    terminal: Callable[..., Terminal], language: str, trust: tuple[str, ...]
) -> None:
    begin = {"lua": "print", "js": "console.log", "wren": "System.print", "py": "print"}[language]
    program = f'{begin}("begun")\n{ENDLESS[language]}'
    run = terminal("run", *trust, "-l", language, "-e", program, *UNLIMITED)
    run.until("begun")
    run.type("\x03")
    assert run.end() in (130, -signal.SIGTERM)
    assert "Traceback" not in run.seen


@pytest.mark.parametrize("trust", [(), ("--trust",)], ids=["sandboxed", "trusted"])
@pytest.mark.parametrize("language", PRINTING)
def test_a_script_whose_output_nobody_reads_ends_quietly(
    env: dict[str, str], language: str, trust: tuple[str, ...]
) -> None:
    command = [BINARY, "run", *trust, "-l", language, "-e", PRINTING[language], *UNLIMITED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as run:
        assert run.stdout and run.stderr
        run.stdout.readline()
        run.stdout.close()
        try:
            assert run.wait(30) in (1, -signal.SIGPIPE)
        finally:
            run.kill()
        assert run.stderr.read() == b""


@pytest.mark.parametrize("language", ENDLESS)
def test_ctrl_c_ends_an_entry_and_not_the_session(
    terminal: Callable[..., Terminal], language: str
) -> None:
    repl = terminal("repl", "-l", language)
    repl.until("> ")
    repl.type(f"{ENDLESS[language]}\r")
    if language == "py":
        repl.until("...> ")
        repl.type("\r")
    time.sleep(1)
    repl.type("\x03")
    repl.until("stopped")
    repl.type("6 * 7\r")
    repl.until("42")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("-l", "lua"), "Lua (5.4"),
        (("-l", "py"), "Python (Monty 1"),
        (("-l", "py", "--trust"), "Python (CPython 3"),
    ],
)
def test_a_session_says_what_runs_its_entries(
    terminal: Callable[..., Terminal], options: tuple[str, ...], name: str
) -> None:
    assert name in terminal("repl", *options).until("Ctrl-D ends")


def test_ctrl_c_ends_watching(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    file = tmp_path / "spell.lua"
    file.write_text("print('first')")
    run = terminal("run", "--watch", str(file))
    run.until("first")
    file.write_text("print('second')")
    run.until("second")
    run.type("\x03")
    assert run.end() == 130
