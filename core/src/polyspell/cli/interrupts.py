"""Ctrl-C and closed pipes: what they end, and that they end it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from polyspell.cli import guard
from polyspell.scripting.sandbox import Sandbox

_answers: Any = None  # the pipe to the guard, where there is one


@contextlib.contextmanager
def interrupts(work: asyncio.Future[Any]) -> Iterator[None]:
    """While it lasts, Ctrl-C cancels this work and nothing else."""

    def cancel() -> None:
        _answer()
        work.cancel()

    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)
    try:
        loop.add_signal_handler(signal.SIGINT, cancel)
    except (NotImplementedError, RuntimeError):  # Windows: Ctrl-C ends the program
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before if callable(before) else signal.default_int_handler)


@contextlib.contextmanager
def guarded(sandbox: Sandbox) -> Iterator[None]:
    """While it lasts, Ctrl-C ends the program also in the midst of a script that runs inline and
    never returns: a second process sees to it."""
    global _answers
    before = signal.getsignal(signal.SIGINT)
    if sandbox.isolation != "inline" or os.name != "posix" or not callable(before):
        yield
        return
    loop = asyncio.get_running_loop()

    def heard(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(_answer)  # so it comes when the loop has its turn, or never
        before(number, frame)

    command = [sys.executable, "-I", "-S", guard.__file__, str(os.getpid())]
    beside = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    _answers = beside.stdin
    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        _answers = None
        beside.kill()
        beside.communicate()


_unread = False


def nobody_reads() -> None:
    """What is printed goes to a pipe that is closed (`| head`): end as Ctrl-C would, quietly; at
    once where a script runs inline, which may never let anything else have its turn."""
    global _unread
    _unread = True
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if _answers is not None:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.raise_signal(signal.SIGPIPE)
    signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def interruption() -> Iterator[None]:
    """Tells the two reasons for an interruption apart.

    Raises:
        BrokenPipeError: nobody reads what is printed.
        KeyboardInterrupt: Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        if _unread:
            raise BrokenPipeError from None
        raise


def _answer() -> None:
    """Ctrl-C was noticed."""
    if _answers is not None:
        with contextlib.suppress(OSError):
            os.write(_answers.fileno(), b".")
