"""A session in one of Monty's workers, and what bounds it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pydantic_monty as monty
from polyspell.scripting.engine import Stats
from polyspell.scripting.limits import Limits
from polyspell.scripting.resident import Resident

from polyspell_python.workers import MAX_TURN, workers

_RECURSION = 1_000
_SUSPENSIONS = 2**31 - 1
_GROWN = 2 * 2**20

_fresh = 0  # bytes


def resource_limits(limits: Limits) -> monty.ResourceLimits:
    """Limits as Monty keeps them. Waiting and sleeping are the host's, which Monty is told."""
    seconds = feed_time(limits)
    calls = _SUSPENSIONS if limits.calls is None else min(_SUSPENSIONS, limits.calls * 4 + 20_000)
    return {
        "max_feed_duration_secs": seconds,
        "max_turn_duration_secs": seconds,
        "max_memory": limits.memory,
        "max_recursion_depth": depth_of(limits),
        "max_suspensions": calls,
        "max_total_sleep_secs": 1.0,
    }


def feed_time(limits: Limits) -> float:
    """Seconds that scripts may compute in one feed."""
    return min(t for t in (limits.cpu, limits.wall, MAX_TURN) if t is not None)


def depth_of(limits: Limits) -> int:
    """How deep calls may be nested: Monty's own stack allows no more."""
    return min(_RECURSION, limits.depth or _RECURSION)


def _resident(pid: int) -> Resident:
    """The memory of a worker, over the least that one had at the begin of a session."""
    global _fresh
    found = Resident(pid)
    _fresh = found.base = min(_fresh or found.base, found.base)
    return found


class Worker:
    """A session in a worker process. Given back at `close`, the process may serve another one;
    scripts of the host are killed, so that no two of them share a process.

    Args:
        limits: of the script.
        more: further options of Monty's checkout.
    """

    def __init__(self, limits: Limits, **more: Any) -> None:
        self.session = workers().start(
            limits=resource_limits(limits),
            os_policy={"sleep": "call_host", "process_time": "zero"},
            assert_message_annotations=False,  # as CPython says it
            **more,
        )
        self._pid = self.session.worker_pid
        self.open = True
        self._lock = threading.Lock()
        self._began = self._seconds()
        self._resident = _resident(self._pid or 0)
        self._last = Stats()
        self._cpu = limits.cpu
        self.extend()

    def extend(self) -> None:
        """Another run begins, with its own time. This is the kernel's limit, behind Monty's own and
        the host's."""
        if self._pid is None:
            return
        with contextlib.suppress(ImportError, AttributeError, OSError, ValueError):
            import resource

            _, hard = resource.prlimit(self._pid, resource.RLIMIT_CPU)
            soft = hard if self._cpu is None else int(self._seconds() + 2 * self._cpu) + 5
            resource.prlimit(self._pid, resource.RLIMIT_CPU, (soft, hard))

    def stats(self) -> Stats:
        """What the session has used; of a closed one, what it had used."""
        if self.open:
            cpu = max(0.0, self._seconds() - self._began)
            self._last = Stats(cpu=cpu, peak=self._resident.peak())
        return self._last

    def begin(self) -> None:
        """The peak of memory counts anew."""
        self._resident.begin()

    def _seconds(self) -> float:
        """Processor time that the process has used in all; 0 where the platform does not tell."""
        try:
            threads = Path("/proc", str(self._pid), "task").iterdir()
            times = [int((t / "schedstat").read_text("ascii").split()[0]) for t in threads]
        except (OSError, ValueError, IndexError):
            return 0.0
        return sum(times) / 1e9

    def kill(self) -> None:
        """End the process at once, whatever it does. May be called from any thread."""
        with self._lock, contextlib.suppress(OSError):
            if self.open and self._pid is not None:
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """Give the worker back; one that has grown ends, since its allocator keeps what it had."""
        if (self.stats().peak or 0) > _GROWN:
            self.kill()
        with self._lock:  # from here on the process may be another session's
            was_open, self.open = self.open, False
        if was_open:
            with contextlib.suppress(monty.MontyError):
                self.session.__exit__(None, None, None)
