"""The few asyncio pieces that several parts share."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar, cast

from polyspell.errors import PolyspellError

T = TypeVar("T")
R = TypeVar("R")
GRACE = 5.0
"""Seconds that work which was interrupted gets to clean up."""


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
    waiting = []
    for task in tasks:
        if not task.done():
            task.cancel()
            waiting.append(task)
        elif not task.cancelled():
            task.exception()  # looked at, so that it is not reported as lost
    if waiting:
        await asyncio.gather(*waiting, return_exceptions=True)


async def finish(work: Coroutine[Any, Any, R]) -> R:
    """Await work that must not end halfway: who is cancelled meanwhile is so after it, and only a
    second time ends it as well."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([task])
        finally:
            await reap(task)
        raise


async def end_process(process: asyncio.subprocess.Process, *, group: bool = False) -> None:
    """Kill a program, let go of its pipes, and wait until it is gone.

    `Process.wait` waits for the pipes, too: one that nobody reads any more, or that a child of the
    program holds, would keep it waiting for ever.

    Args:
        process: what runs, or has ended.
        group: kill all of its process group; it must lead one.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group and sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()
    process._transport.close()  # type: ignore[attr-defined]
    await process.wait()


class LoopLock:
    """A lock that can be used from one event loop after the other, as an asyncio.Lock cannot once
    somebody had to wait for it: `async with lock.here(): ...`."""

    def __init__(self) -> None:
        self._lock: asyncio.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def here(self) -> asyncio.Lock:
        """The lock of the running loop."""
        loop = asyncio.get_running_loop()
        if self._lock is None or loop is not self._loop:
            self._loop, self._lock = loop, asyncio.Lock()
        return self._lock


async def in_thread(function: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
    """Call a plain function in a thread of its own, in this context.

    A function that hangs cannot be stopped: its caller can leave it, and it keeps neither others
    waiting (as it would in a pool) nor the program from ending.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[R | None, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: R | None, error: BaseException | None) -> None:
        if not future.done():
            future.set_result((result, error))

    def work() -> None:
        result: R | None = None
        problem: BaseException | None = None
        try:
            result = context.run(function, *args, **kwargs)
        except BaseException as error:
            problem = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, problem)

    threading.Thread(target=work, name=f"polyspell-{function!r:.40}", daemon=True).start()
    given, problem = await future
    if problem is not None:
        raise problem
    return cast(R, given)


class Runner:
    """One event loop in a thread of its own, for callers that are not async."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = os.getpid()

    @property
    def started(self) -> bool:
        """Whether its thread is at work; a forked child has none."""
        return self._loop is not None and self._pid == os.getpid()

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine and give its result. Ctrl-C cancels it, and waits until it has ended.

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
        ended = threading.Event()

        async def watched() -> R:
            try:
                return await work
            finally:
                ended.set()

        future = asyncio.run_coroutine_threadsafe(watched(), self._started())
        try:
            return future.result()
        except BaseException:
            if future.cancel():
                ended.wait(GRACE)
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or not self.started:
                self._pid, self._loop = os.getpid(), asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="polyspell-runner", daemon=True
                ).start()
            return self._loop


runner = Runner()
"""The program's runner, started at its first use."""
