"""The ways to a context: in this thread, in a thread of its own, in a worker process.

All three let a spell start tasks and hand on replies, and bring what the context wants to the
spell, in the event loop.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from polyspell.errors import ScriptError
from polyspell.scripting.engine import (
    Call,
    Context,
    ContextOptions,
    Engine,
    Outcome,
    Port,
    Reply,
    Stats,
)
from polyspell.scripting.limits import exceeded
from polyspell.scripting.resident import Resident

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell


class Link(Protocol):
    """A way to a context."""

    async def open(self) -> None:
        """Make the context."""
        ...

    def send(self, method: str, *arguments: Any) -> None:
        """Call a method of the context that gives nothing: run, call, answer, cancel, release."""
        ...

    async def query(self, method: str, *arguments: Any) -> Any:
        """Call a method of the context that gives something: get, set, stats."""
        ...

    def abort(self) -> None:
        """Stop whatever it is doing, now; nothing more will come of it."""
        ...

    async def close(self) -> None:
        """End the context, whatever it is doing."""
        ...

    def cpu(self) -> float | None:
        """Seconds of processor time that the context has used; None if that cannot be told."""
        ...

    def begin(self) -> None:
        """Something is run, and nothing was at work: the peak of memory counts anew."""
        ...

    def peak(self) -> int | None:
        """The most bytes of memory that the context was seen to have since `begin`, from outside
        where it is another process; None if that cannot be told."""
        ...


class InlineLink:
    """A context in this thread: its calls go straight through the gate."""

    def __init__(self, spell: Spell, engine: Engine, options: ContextOptions) -> None:
        self._spell, self._engine, self._options = spell, engine, options
        self._context: Context | None = None
        self._process: Resident | None = None

    async def open(self) -> None:
        """Make the context."""
        self._context = self._engine.open(self._options, self)

    def send(self, method: str, *arguments: Any) -> None:
        """Call a method of the context."""
        if self._context is not None:
            self._spell.work.within(getattr(self._context, method), *arguments)

    async def query(self, method: str, *arguments: Any) -> Any:
        """Call a method of the context and give what it gives."""
        return getattr(self._context, method)(*arguments) if self._context is not None else None

    def abort(self) -> None:
        """Nothing can be at work here while somebody else is: the thread is the same."""

    async def close(self) -> None:
        """Close the context."""
        if self._context is not None:
            context, self._context = self._context, None
            context.close()

    def cpu(self) -> float | None:
        """What the context says."""
        return self._stats().cpu if self._context is not None else None

    def begin(self) -> None:
        """Note what this process has: where the engine tells nothing, that must do."""
        if self._told() is None:
            self._process = self._process or Resident(os.getpid())
            self._process.begin()

    def peak(self) -> int | None:
        """What the context says, or else what this process has grown by, whatever made it grow."""
        told = self._told()
        return self._process.peak() if told is None and self._process else told

    def _told(self) -> int | None:
        stats = self._stats()
        return stats.memory if stats.peak is None else stats.peak

    def _stats(self) -> Stats:
        return self._context.stats() if self._context is not None else Stats()

    # -- the port -------------------------------------------------------------------------------

    def ask(self, call: Call) -> Reply | None:
        """A call of the script."""
        reply = self._spell.ask(call)
        if isinstance(reply, Reply):
            return reply
        if not self._spell.vocabulary.waits(call):
            return _at_once(call, reply)
        self._spell.work.answer_later(reply, self)
        return None

    def finish(self, outcome: Outcome) -> None:
        """A task has ended."""
        self._spell.tasks.finished(outcome)

    def output(self, stream: str, text: str) -> None:
        """The script printed."""
        self._spell.output.printed(stream, text)

    def drop(self, handles: Sequence[int]) -> None:
        """The script dropped handles."""
        self._spell.gate.handles.drop(list(handles))


def _at_once(call: Call, reply: Awaitable[Reply]) -> Reply:
    """The reply of a function that does not wait, but has hooks around it."""
    steps = reply.__await__()
    try:
        next(iter(steps))
    except StopIteration as done:
        value: Reply = done.value
        return value
    problem = ScriptError(
        f"A hook around {call.name} waits, which a quick function cannot.",
        hint="Run the script with isolation 'process', or let the hook not wait.",
    )
    return Reply(call.id, error=problem.to_dict())


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
        """Not known from outside."""
        return None

    def begin(self) -> None:
        """The context does it."""

    def peak(self) -> int | None:
        """What the context says."""
        ready = self._ready.done() and not self._ready.cancelled()
        known = ready and not self._ready.exception()
        return self._ready.result().stats().peak if known else None

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
        if not self._spell.lost:
            self._spell.spawn(self._later(call))

    async def _later(self, call: Call) -> None:
        self.send("answer", await self._answer(call))

    async def _answer(self, call: Call) -> Reply:
        reply = self._spell.ask(call)
        return reply if isinstance(reply, Reply) else await reply

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
