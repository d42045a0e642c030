"""The ways to a context: here in this thread, in `threadlink` in one of its own, in `workerlink` in
a worker process.

All three let a spell start tasks and hand on replies, and bring what the context wants to the
spell, in the event loop.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from polyspell.errors import ScriptError
from polyspell.scripting.engine import Call, Context, ContextOptions, Engine, Outcome, Reply, Stats
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
        if self._context is None:
            return None
        return self._spell.work.within(getattr(self._context, method), *arguments)

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
        """A call of the script, which is at work under the spell's own span."""
        reply = self._spell.gate.ask(call)
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
