"""A context in a thread of its own, for engines that block."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import queue
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, cast

from polyspell.errors import ScriptError
from polyspell.scripting.engine import Call, Context, ContextOptions, Outcome, Port, Reply, Stats
from polyspell.scripting.limits import exceeded

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell

Opener = Callable[[ContextOptions, Port], Context]


class ThreadLink:
    """A context in a thread of its own, for engines that block. `opener` makes the context."""

    def __init__(self, spell: Spell, opener: Opener, options: ContextOptions) -> None:
        self._spell, self._opener, self._options = spell, opener, options
        self._loop = asyncio.get_running_loop()
        self._inbox: queue.SimpleQueue[Callable[[Context], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ready: asyncio.Future[Context] = self._loop.create_future()
        self._queries: set[asyncio.Future[Any]] = set()
        self._closed = False
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._ended.set_running_or_notify_cancel()  # who waits for it cannot cancel it

    async def open(self) -> None:
        """Start the thread and make the context in it."""
        self._thread = threading.Thread(target=self._live, name="polyspell-script", daemon=True)
        self._thread.start()
        await self._ready

    def _live(self) -> None:
        try:
            self._serve()
        finally:
            self._ended.set_result(None)

    def _serve(self) -> None:
        try:
            context = self._opener(self._options, self)
        except Exception as error:
            self._tell(_settle, self._ready, None, error)
            return
        self._tell(_settle, self._ready, context, None)
        while (work := self._inbox.get()) is not None:
            try:
                work(context)
            except Exception as error:  # the thread lives on, to be closed
                self._tell(
                    self._spell.life.broken, ScriptError(f"The engine failed: {error!r:.500}")
                )
        context.close()

    def _tell(self, function: Callable[..., Any], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(function, *arguments)

    def send(self, method: str, *arguments: Any) -> None:
        """Let the thread call a method of the context."""
        self._inbox.put(lambda context: getattr(context, method)(*arguments))

    async def query(self, method: str, *arguments: Any) -> Any:
        """Let the thread call a method of the context; gives what it gives."""
        if self._closed:
            raise ScriptError("The script has ended.")
        future: asyncio.Future[Any] = self._loop.create_future()

        def work(context: Context) -> None:
            try:
                value = getattr(context, method)
                value = value(*arguments) if callable(value) else value
            except Exception as error:
                self._tell(_settle, future, None, error)
            else:
                self._tell(_settle, future, value, None)

        self._queries.add(future)
        future.add_done_callback(self._queries.discard)
        self._inbox.put(work)
        return await future

    def abort(self) -> None:
        """Tell the engine by its context's `kill`, where it has one."""
        ready = self._ready.done() and not self._ready.cancelled()
        if ready and not self._ready.exception():
            kill = getattr(self._ready.result(), "kill", None)
            if kill is not None:
                kill()

    async def close(self) -> None:
        """End the thread."""
        if self._thread is None or self._closed:
            return
        self._closed = True
        self.abort()
        self._inbox.put(None)
        await asyncio.wait([asyncio.wrap_future(self._ended)], timeout=5.0)
        if self._ended.done():
            self._thread.join()  # which has nothing left to do
        for future in list(self._queries):  # the thread ended before it came to them
            self._tell(_settle, future, None, ScriptError("The script has ended."))

    def cpu(self) -> float | None:
        """What the context says."""
        stats = self._stats()
        return stats.cpu if stats is not None else None

    def begin(self) -> None:
        """The context does it."""

    def peak(self) -> int | None:
        """What the context says."""
        stats = self._stats()
        return stats.peak if stats is not None else None

    def _stats(self) -> Stats | None:
        ready = self._ready.done() and not self._ready.cancelled()
        known = ready and not self._ready.exception()
        return self._ready.result().stats() if known else None

    # -- the port, called in the thread ---------------------------------------------------------

    def ask(self, call: Call) -> Reply | None:
        """A call of the script: those that are answered at once are waited for."""
        if self._closed:
            return Reply(call.id, error=ScriptError("The script was closed.").to_dict())
        waits = self._spell.vocabulary.waits(call)
        if waits:
            self._tell(self._start, call)
            return None
        answer: concurrent.futures.Future[Reply] = concurrent.futures.Future()
        self._tell(self._at_once, call, answer)
        while not self._loop.is_closed():
            with contextlib.suppress(TimeoutError):
                return answer.result(1.0)
        return Reply(call.id, error=ScriptError("The host has ended.").to_dict())

    def _at_once(self, call: Call, answer: concurrent.futures.Future[Reply]) -> None:
        reply = self._spell.ask(call)
        if isinstance(reply, Reply):
            answer.set_result(reply)
        else:  # there are hooks around it
            work = self._spell.spawn(cast(Coroutine[Any, Any, Reply], reply))
            work.add_done_callback(lambda work: answer.set_result(_result(call, work)))

    def _start(self, call: Call) -> None:
        if self._spell.lost:
            return
        reply = self._spell.ask(call)  # now: what it gives may be dropped next
        if isinstance(reply, Reply):
            self.send("answer", reply)
        else:
            self._spell.work.answer_later(reply, self)

    def finish(self, outcome: Outcome) -> None:
        """A task has ended."""
        self._tell(self._spell.tasks.finished, outcome)

    def output(self, stream: str, text: str) -> None:
        """The script printed."""
        if self._spell.output.over(text):
            raise exceeded("output", self._options.limits.output)
        self._tell(self._spell.output.write, stream, text)

    def drop(self, handles: Sequence[int]) -> None:
        """The script dropped handles."""
        self._tell(self._spell.gate.handles.drop, list(handles))


def _result(call: Call, work: asyncio.Task[Reply]) -> Reply:
    if work.cancelled() or work.exception() is not None:
        return Reply(call.id, error=ScriptError("The script was closed.").to_dict())
    return work.result()


def _settle(future: asyncio.Future[Any], value: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)
