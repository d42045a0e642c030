"""What the host does for a script, under the script's own span."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

from polyspell.aio import reap
from polyspell.events import current_span, own_context
from polyspell.scripting.engine import Reply

if TYPE_CHECKING:
    from polyspell.scripting.links import Link

R = TypeVar("R")


class Work:
    """The work of one spell: it is told of as the spell's own, and ends with it."""

    def __init__(self) -> None:
        self.span, self._context = own_context()
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[Any]] = set()

    def within(self, function: Callable[..., R], *arguments: Any) -> R:
        """Call a function under the spell's own span."""
        if current_span() is self.span:
            return function(*arguments)
        return self._context.copy().run(function, *arguments)

    def is_own(self) -> bool:
        """Whether who asks is such work."""
        return asyncio.current_task() in self._tasks

    def spawn(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Let work run; it ends with the spell."""
        task = self._loop.create_task(work, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def answer_later(self, reply: Awaitable[Reply], link: Link) -> None:
        """Send a reply when it has come. It is a task itself, with nothing around it: one that is
        cancelled before its first step would leave it never awaited."""
        work = self.spawn(cast(Coroutine[Any, Any, Reply], reply))

        def done(work: asyncio.Task[Reply]) -> None:
            if not work.cancelled() and work.exception() is None:
                link.send("answer", work.result())

        work.add_done_callback(done)

    async def end(self) -> None:
        """Cancel all work, and wait until it has ended."""
        if not self._loop.is_closed():
            await reap(*self._tasks)
