"""Time-outs of an exchange, watched by one timer."""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Any

import msgspec

from polyspell.errors import TransportError


class Timeout(msgspec.Struct, frozen=True):
    """Seconds to wait: for a connection, from then on for the answer to begin, from one piece of it
    to the next, and for all of it, retries and the reader's own time included."""

    connect: float = 10.0
    first_byte: float = 300.0
    between: float = 120.0
    total: float = math.inf


class TimedOut(TransportError):
    """A time-out passed. The same call may well succeed later, but is not repeated unasked."""


class Watch:
    """Cancels what the task waits for when it takes too long.

    `with watch.reading(seconds): await ...` raises TimedOut. One timer serves all waits: each only
    notes when it is due, which costs less than a timer of its own.
    """

    __slots__ = ("_at", "_before", "_due", "_end", "_loop", "_seconds", "_task", "_timer", "_total")

    def __init__(self, total: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._total = total
        self._end = self._loop.time() + total
        self._seconds = self._due = self._at = math.inf
        self._task: asyncio.Task[Any] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._before = -1  # cancellations asked for before ours; -1: ours was not asked for

    @property
    def left(self) -> float:
        """Seconds until all has to be done."""
        return self._end - self._loop.time()

    def reading(self, seconds: float) -> Watch:
        """The context in which something is awaited for at most `seconds`."""
        self._seconds = seconds
        return self

    def __enter__(self) -> None:
        self._task = asyncio.current_task(self._loop)
        self._due = min(self._loop.time() + self._seconds, self._end)
        if self._due < self._at:
            self._schedule()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        task, self._task = self._task, None
        if self._before < 0:
            return
        assert task is not None
        others = task.uncancel() > self._before
        self._before = -1
        if not others:  # else the caller gave up as well, which wins
            raise self._timed_out() from None

    def close(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        self.close()
        self._at = self._due
        if self._at < math.inf:
            self._timer = self._loop.call_at(self._at, self._tick)

    def _tick(self) -> None:
        self._timer, self._at = None, math.inf
        if self._task is None:
            return  # nobody waits; the next who does schedules anew
        if self._loop.time() < self._due:
            self._schedule()
        elif self._before < 0:
            self._before = self._task.cancelling()
            self._task.cancel()

    def _timed_out(self) -> TimedOut:
        if self._loop.time() >= self._end:
            return TimedOut(
                f"The answer was not complete within {self._total:g} s.",
                hint="Raise the time-out, or ask for less.",
                context={"timeout": "total", "seconds": self._total},
            )
        return TimedOut(
            f"The provider sent nothing for {self._seconds:g} s.",
            hint="Try again later, or raise the time-out.",
            context={"timeout": "silence", "seconds": self._seconds},
        )
