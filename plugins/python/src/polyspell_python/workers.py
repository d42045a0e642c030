"""Monty's worker processes: one pool for the process, and what holds each of them in."""

from __future__ import annotations

import atexit
import contextlib
import errno
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pydantic_monty as monty
from polyspell.scripting.worker import HardeningReport

from polyspell_python.launch import Launcher, bare, launcher

log = logging.getLogger("polyspell.scripting")
MAX_WORKERS = 512
MAX_TURN = 600.0
"""Seconds that a script may compute without calling the host, whatever its limits say."""
GRACE = 0.15
"""Seconds over its limit after which a worker that does not stop by itself is killed."""
CHECKOUT_TIMEOUT = 30.0
_STARTERS = 2
_LIMITS = ("NOFILE", "CORE", "FSIZE", "MEMLOCK", "MSGQUEUE")


class Workers:
    """The workers of this process."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._launcher = launcher()
        self._pool = _pool(self._launcher)
        # A worker ends with the thread that started it, and so the thread has to stay.
        self._starters = ThreadPoolExecutor(_STARTERS, "polyspell-python-start")
        self._lock = threading.Lock()
        self._report: HardeningReport | None = None  # of the first

    def start(self, **options: Any) -> monty.MontySession:
        """A session in a new worker.

        Args:
            options: of Monty's checkout.
        """
        return self._starters.submit(self._start, options).result()

    def hardening(self) -> HardeningReport:
        """What holds a worker in, as the first one found out; starts one if none was yet."""
        if self._report is None:
            self.start().__exit__(None, None, None)
        assert self._report is not None
        return self._report

    def _start(self, options: dict[str, Any]) -> monty.MontySession:
        with contextlib.nullcontext() if self._report else self._lock:
            try:
                session = self._pool.checkout(**options).__enter__()
            except (monty.MontyError, OSError, RuntimeError) as error:
                if self._report or self._launcher.gap:
                    raise
                self._without(error)
                session = self._pool.checkout(**options).__enter__()
            limited = _limit(session.worker_pid)
            if self._report is None:
                self._report = self._first(limited)
        return session

    def _without(self, error: Exception) -> None:
        """The system does not let the launcher start: go on without it, and say so."""
        self._close()
        self._launcher = bare(f"{type(error).__name__}: {error}")
        self._pool = _pool(self._launcher)

    def _first(self, limited: str) -> HardeningReport:
        told = self._launcher.report()
        report = HardeningReport({**told.layers, "rlimits": limited}, told.probe)
        if report.gaps:
            log.warning("Workers are not fully locked in on this system: %s", report.gaps)
        return report

    def close(self) -> None:
        """End them all."""
        self._starters.shutdown()
        self._close()

    def _close(self) -> None:
        self._pool.__exit__(None, None, None)
        self._launcher.close()


def _pool(launcher: Launcher) -> monty.Monty:
    return monty.Monty(
        binary_path=launcher.program,
        min_processes=0,
        max_processes=MAX_WORKERS,
        checkout_timeout=CHECKOUT_TIMEOUT,
        request_timeout=MAX_TURN + 1.0,
        feed_duration_limit_grace=GRACE,
        turn_duration_limit_grace=GRACE,
    ).__enter__()


def _limit(pid: int | None) -> str:
    """Take from a worker that has started what it needs no more; "on", or why not."""
    if pid is None:
        return "ESRCH: no process"
    try:
        import resource

        for name in _LIMITS:
            resource.prlimit(pid, getattr(resource, f"RLIMIT_{name}"), (0, 0))
    except (ImportError, AttributeError):
        return "ENOSYS: needs Linux"
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None) or errno.EPERM
        return f"{errno.errorcode[number]}: {error}"
    return "on"


_lock = threading.Lock()
_workers: Workers | None = None


def workers() -> Workers:
    """Those of this process, made at first use (and again after a fork)."""
    global _workers
    with _lock:
        if _workers is None or _workers.pid != os.getpid():
            _workers = Workers()
        return _workers


@atexit.register
def end() -> None:
    """End all workers of this process, idle ones too; the next start makes new ones."""
    global _workers
    with _lock:
        ended, _workers = _workers, None
    if ended is not None and ended.pid == os.getpid():
        ended.close()
