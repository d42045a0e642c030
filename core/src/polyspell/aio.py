"""The few asyncio pieces that several parts share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

from polyspell.errors import PolyspellError

T = TypeVar("T")
R = TypeVar("R")


class Pump(Generic[T, R]):
    """Runs `work(emit)` in a task and gives what it emits; its result is in `result` afterwards.

    Closing the iteration early cancels the work and waits for its end.
    """

    def __init__(self, work: Callable[[Callable[[T], None]], Awaitable[R]]) -> None:
        self._work = work
        self.result: R

    async def items(self) -> AsyncGenerator[T, None]:
        """What the work emits, as it comes."""
        queue: asyncio.Queue[Any] = asyncio.Queue()
        end = object()
        task = asyncio.ensure_future(self._work(queue.put_nowait))
        task.add_done_callback(lambda _: queue.put_nowait(end))
        try:
            while (item := await queue.get()) is not end:
                yield item
            self.result = task.result()
        finally:
            await reap(task)


async def reap(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks that are not done and wait until they are; their errors are dropped."""
    waiting = [task for task in tasks if not task.done()]
    for task in waiting:
        task.cancel()
    if waiting:
        await asyncio.gather(*waiting, return_exceptions=True)


class Runner:
    """One event loop in a thread of its own, for callers that are not async."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine and give its result. Ctrl-C cancels it.

        Raises:
            PolyspellError: called from async code, which should await instead.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            work.close()
            raise PolyspellError(
                "A sync method was called from async code.",
                code="usage",
                hint="Await the async one.",
            )
        future = asyncio.run_coroutine_threadsafe(work, self._started())
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="polyspell-runner", daemon=True
                ).start()
            return self._loop


runner = Runner()
"""The program's runner, started at its first use."""
