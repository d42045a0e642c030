"""What a process can still do: one real attempt each, rather than trust in what was set up."""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import sys
from collections.abc import Callable


def probe(memory_bytes: int | None) -> dict[str, str]:
    """Try to open, stat, make a socket, fork, exec, and map more than `memory_bytes`.

    Each is "blocked" (the system refused) or "open".
    """
    attempts: dict[str, Callable[[], object]] = {
        "open": lambda: os.close(os.open("/", os.O_RDONLY)),
        "stat": lambda: os.stat("/"),
        "socket": lambda: socket.socket().close(),
        "fork": _fork,
        "exec": _exec,
    }
    if memory_bytes is not None:
        attempts["memory"] = lambda: mmap.mmap(-1, memory_bytes + mmap.PAGESIZE).close()
    return {name: _outcome(attempt) for name, attempt in attempts.items()}


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, AttributeError):  # AttributeError: the system has no such call at all
        return "blocked"
    return "open"


def _fork(then: Callable[[], object] = lambda: None) -> int:
    """Fork a child that does `then` and leaves; its exit code."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            then()
            os._exit(0)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _exec() -> None:
    """OSError if exec is refused. A file that does not exist tells whether the call is let through
    at all; whether a real program would start can only be tried in a child."""
    with contextlib.suppress(FileNotFoundError):
        os.execv("/nonexistent", ["nonexistent"])
    try:
        code = _fork(lambda: os.execv(sys.executable, [sys.executable, "-ISc", ""]))
    except OSError:
        return  # no child, no proof: the call itself is open
    if code:
        raise PermissionError("a child could not exec")
