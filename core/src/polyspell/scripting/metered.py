"""The processor time of work that waits now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

R = TypeVar("R")


class Metered(Generic[R]):
    """Awaits work, and tells how long each of its steps between two waits took.

    Args:
        work: what is awaited. Tasks that it starts are not among its steps.
        begin: called before a step; gives a function that takes the step's seconds.
    """

    def __init__(
        self, work: Coroutine[Any, Any, R], begin: Callable[[], Callable[[float], None]]
    ) -> None:
        self._work, self._begin = work, begin

    def __await__(self) -> Generator[Any, Any, R]:
        step: Callable[[Any], Any] = self._work.send
        given: Any = None
        while True:
            end, at = self._begin(), time.perf_counter()
            try:
                waiting = step(given)
            except StopIteration as done:
                value: R = done.value
                return value
            finally:
                end(time.perf_counter() - at)
            try:
                step, given = self._work.send, (yield waiting)
            except BaseException as error:
                step, given = self._work.throw, error
