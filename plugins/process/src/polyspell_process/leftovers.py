"""Processes that have left their group: found by a mark in the environment that they inherited.

It finds what goes into the background for good reasons (daemons, agents of keys, servers of
builds). What clears its environment to hide is not found; see the guide.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

MARK = "POLYSPELL_PROCESS"
"""The variable that has the mark."""
_ROUNDS = 5  # who forks while he is looked for is found in the next


def end_marked(mark: str) -> None:
    """End all processes with a mark; nothing where the system does not show environments."""
    wanted = f"{MARK}={mark}".encode()
    for _ in range(_ROUNDS):
        found = [pid for pid in _all() if wanted in _environment(pid).split(b"\0")]
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _all() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return []


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # gone, or somebody else's
        return b""
