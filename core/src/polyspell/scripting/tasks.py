"""The tasks of a spell: started in its context, waited for, ended."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

from polyspell.errors import PolyspellError, ScriptError
from polyspell.scripting.engine import Outcome
from polyspell.scripting.hints import hint_for
from polyspell.scripting.results import script_error
from polyspell.scripting.watch import Watch

if TYPE_CHECKING:
    from polyspell.scripting.links import Link
    from polyspell.scripting.spell import Spell


class Tasks:
    """What is at work in the context of a spell.

    Args:
        spell: whose tasks they are.
        link: the way to its context.
    """

    def __init__(self, spell: Spell, link: Link) -> None:
        self._spell, self._link = spell, link
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._outcomes: dict[int, asyncio.Future[Any]] = {}
        self._early: dict[int, Outcome] | None = None
        self.resumed: list[int] = []

    async def open(self, resumed: bool = False) -> None:
        """Open the context, or one in which tasks wait already: those are `resumed` then."""
        self._early = {} if resumed else None
        await self._link.open()
        if self._early is None:
            return
        early, self._early = self._early, None
        self.resumed = sorted({*await self._link.query("tasks"), *early})
        self._numbers = itertools.count(max(self.resumed, default=0) + 1)
        for task in self.resumed:
            future = self._outcomes[task] = self._loop.create_future()
            future.add_done_callback(lambda f: f.cancelled() or f.exception())  # looked at
        for outcome in early.values():
            self.finished(outcome)

    async def do(self, method: str, *arguments: Any) -> Any:
        """Start a task by a method of the context, and wait for its end; leaving early cancels it.

        Raises:
            ScriptError: it failed, or its context is lost.
        """
        self._spell.life.require()
        if self._idle():  # limits count anew
            self._spell.begin()
        task = next(self._numbers)
        self._outcomes[task] = self._loop.create_future()
        try:
            self._link.send(method, task, *arguments)
        except BaseException:  # it did not even begin: an argument cannot cross, say
            del self._outcomes[task]
            raise
        return await self.outcome(task)

    def _idle(self) -> bool:
        """Whether nothing is at work; nobody need ask for what was resumed."""
        return all(f.done() and task in self.resumed for task, f in self._outcomes.items())

    async def outcome(self, task: int) -> Any:
        """Wait for the end of a task. Raises as `do`."""
        try:
            async with Watch(self._spell, self._link):
                return await self._outcomes[task]
        except asyncio.CancelledError:
            self._link.send("cancel", task)
            raise
        finally:
            self._outcomes.pop(task, None)

    async def query(self, method: str, *arguments: Any) -> Any:
        """What a method of the context gives, under the limits of time. Raises as `do`."""
        self._spell.life.require()
        async with Watch(self._spell, self._link):
            return await self._link.query(method, *arguments)

    def finished(self, outcome: Outcome) -> bool:
        """A task has ended; whether there was one."""
        if self._early is not None:
            self._early[outcome.task] = outcome
        future = self._outcomes.get(outcome.task)
        error = self._error(outcome.error) if outcome.error is not None else None
        if outcome.fatal and error is not None:
            self._spell.life.broken(error)  # the other tasks of the context have ended with it
        if future is None or future.done():
            return future is not None or self._early is not None
        if error is not None:
            future.set_exception(error)
            return True
        try:  # now: the script may drop its handles before who waits goes on
            future.set_result(self._spell.gate.live(outcome.value))
        except PolyspellError as problem:
            future.set_exception(problem)
        except RecursionError:
            future.set_exception(ScriptError("What the script gave is nested too deeply."))
        return True

    def _error(self, data: dict[str, Any]) -> ScriptError:
        if data.get("hint"):
            return script_error(data)
        spell = self._spell
        return script_error(
            {**data, "hint": hint_for(data, spell.vocabulary.api, spell.facts.name)}
        )

    def fail(self, error: PolyspellError) -> None:
        """All tasks end with this error."""
        for future in self._outcomes.values():
            if not future.done() and not self._loop.is_closed():
                future.set_exception(error)
