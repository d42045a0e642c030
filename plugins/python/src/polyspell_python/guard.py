"""Time limits of trusted scripts: best effort, since they share the host's process.

A thread watches the turns of scripts and raises `LimitReached` in one whose time is over, again and
again until it is left. It cannot reach into a built-in function that does not return.
"""

from __future__ import annotations

import ctypes
import threading
import time
import types
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from polyspell.scripting.limits import Limits, exceeded

from polyspell_python.objects import LimitReached

_INTERVAL = 0.02
_AGAIN = 0.0005
_PATIENCE = 50  # intervals without a turn after which the thread ends


class Guard:
    """Measures a context's turns and ends those that take too long.

    Args:
        limits: of the context.
        over: is told of the limit's error, once, in whatever thread sees it.
    """

    def __init__(self, limits: Limits, over: Callable[[dict[str, Any]], None]) -> None:
        self._limits, self._over = limits, over
        self.deadline = float("inf")
        self.used = 0.0
        """Seconds that scripts have worked."""
        self._budget_from = 0.0
        self._since = 0.0
        self._thread = 0
        self._forced = False

    def start(self) -> None:
        """A run begins, with its own time."""
        self._budget_from = self.used
        if self._limits.wall is not None:
            self.deadline = time.monotonic() + self._limits.wall

    def force(self) -> None:
        """End whatever runs."""
        self._forced = True

    @types.coroutine
    def watched(self, work: Awaitable[Any]) -> Generator[Any, Any, Any]:
        """Await, with each turn measured."""
        steps: Any = work.__await__()
        method, argument = steps.send, None
        while True:
            try:
                wish = self._turn(method, argument)
            except StopIteration as done:
                return done.value
            try:
                method, argument = steps.send, (yield wish)
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as error:
                method, argument = steps.throw, error

    def _turn(self, method: Callable[[Any], Any], argument: Any) -> Any:
        begin = time.thread_time()
        self._thread, self._since = threading.get_ident(), time.monotonic()
        if self._limits.cpu is not None or self._limits.wall is not None:
            _watcher.add(self)
        try:
            return method(argument)
        finally:
            self._leave()
            self.used += time.thread_time() - begin

    def _leave(self) -> None:
        """The turn ends; nothing is raised in this thread from here on."""
        while True:
            try:
                with _watcher.lock:
                    _watcher.turns.discard(self)
                    _raise_in(self._thread, None)
                return
            except LimitReached:
                continue

    def look(self) -> bool:
        """Whether its time is over; then the limit's error is told."""
        now = time.monotonic()
        cpu = self._limits.cpu
        working = self.used - self._budget_from + now - self._since
        if now > self.deadline:
            self.tell("wall")
        elif cpu is not None and working > cpu:
            self.tell("cpu")
        return self._forced

    def tell(self, limit: str) -> None:
        """A limit is reached."""
        if not self._forced:
            self._over(exceeded(limit, getattr(self._limits, limit)).to_dict())

    def interrupt(self) -> None:
        """Raise in the turn. Called under the watcher's lock, while the turn lasts."""
        _raise_in(self._thread, LimitReached)


class _Watcher:
    """The thread that watches all guards whose scripts have a turn."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.turns: set[Guard] = set()
        self._thread: threading.Thread | None = None

    def add(self, guard: Guard) -> None:
        """A turn begins."""
        with self.lock:
            self.turns.add(guard)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._watch, name="polyspell-python-limits", daemon=True
                )
                self._thread.start()

    def _watch(self) -> None:
        idle = 0
        while True:
            with self.lock:
                guards = list(self.turns)
                idle = 0 if guards else idle + 1
                if idle > _PATIENCE:
                    self._thread = None
                    return
            over = [guard for guard in guards if guard.look()]
            with self.lock:
                for guard in over:
                    if guard in self.turns:
                        guard.interrupt()
            del guards
            time.sleep(_AGAIN if over else _INTERVAL)


_watcher = _Watcher()


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(error) if error else None
    )
