"""The way to a context in a worker process."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import PolyspellError, ScriptError
from polyspell.scripting import wire
from polyspell.scripting.engine import ContextOptions, Reply
from polyspell.scripting.limits import Limits, exceeded
from polyspell.scripting.resident import Resident
from polyspell.scripting.worker import Exit, WorkerLimits, WorkerPool
from polyspell.scripting.worker.errors import WorkerExited

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell
    from polyspell.scripting.worker import Worker

log = logging.getLogger("polyspell.scripting")
ENTRY = "polyspell.scripting.serve:serve"
MAX_STRAYS = 1000
"""Messages about nothing that a worker may send, besides one for each of ours."""
_MESSAGES: dict[str, Any] = {
    "run": wire.Run, "call": wire.Invoke, "cancel": wire.Cancel, "release": wire.Release,
}  # fmt: skip


class WorkerLink:
    """A context in a worker of a pool."""

    def __init__(
        self, spell: Spell, pool: WorkerPool, engine: str, options: ContextOptions
    ) -> None:
        self._spell, self._pool = spell, pool
        waits = [key for key, entry in spell.vocabulary.entries.items() if entry.spec.waits]
        self._setup = wire.Setup.of(engine, options, waits)
        self._limits = options.limits
        self._worker: Worker | None = None
        self._resident: Resident | None = None
        self._queries: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._closing = False
        self._sent = self._strays = 0
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the worker."""
        self._worker = await self._pool.start(
            ENTRY,
            msgspec.to_builtins(self._setup),
            limits=worker_limits(self._limits),
            on_message=self._got,
            codec=wire.host_codec(),
        )
        self._watch = asyncio.ensure_future(self._until_exit(self._worker))
        if self._closing:  # meanwhile
            await self.close()

    def send(self, method: str, *arguments: Any) -> None:
        """Send a message that stands for a method of the context."""
        if method == "answer":
            reply: Reply = arguments[0]
            message: Any = wire.Answer(reply.call, reply.value, reply.error)
        else:
            message = _MESSAGES[method](*arguments)
        self._post(message)

    def _post(self, message: Any) -> None:
        if self._worker is None:
            return
        self._sent += 1
        try:
            self._worker.send(message)
        except WorkerExited:
            pass
        except (PolyspellError, TypeError, ValueError) as error:
            if not isinstance(message, wire.Answer):
                raise
            problem = {"code": "invalid", "message": f"The answer cannot cross: {error}"}
            self._worker.send(wire.Answer(message.call, None, problem))

    async def query(self, method: str, *arguments: Any) -> Any:
        """Ask the context; gives what the method gives."""
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queries[number] = future
        try:
            self._post(wire.Query(number, method, list(arguments)))
            return await future
        finally:
            self._queries.pop(number, None)

    def abort(self) -> None:
        """Kill the worker, and do not wait."""
        self._closing = True
        if self._worker is not None:
            self._worker.abort()

    async def close(self) -> None:
        """Kill the worker."""
        self._closing = True
        if self._worker is not None and self._worker.loop is not asyncio.get_running_loop():
            self._worker.abort()
            return
        if self._worker is not None:
            await self._worker.kill()
        if self._watch is not None:
            await self._watch

    def cpu(self) -> float | None:
        """From the clock of the worker's process, where the system has such clocks."""
        if self._worker is None or self._worker.exit is not None:
            return None
        try:
            return time.clock_gettime((~self._worker.pid << 3) | 2)  # see clock_getcpuclockid(3)
        except (AttributeError, OSError, OverflowError):
            return None

    def begin(self) -> None:
        """Let the system note the peak of the worker's process anew."""
        if self._worker is not None and self._worker.exit is None:
            self._resident = self._resident or Resident(self._worker.pid)
            self._resident.begin()

    def peak(self) -> int | None:
        """What the worker's process has had, over what it had before its first program."""
        if self._worker is None or self._worker.exit is not None or self._resident is None:
            return None
        return self._resident.peak()

    # -- what the worker sends ------------------------------------------------------------------

    def _got(self, message: Any) -> None:
        if self._closing:
            return
        try:
            self._take(message)
        except Exception as error:
            log.exception("A message of %s could not be taken", self._spell.name)
            self._spell.life.broken(
                ScriptError(f"The script's process sent nonsense: {error!r:.200}")
            )

    def _take(self, message: Any) -> None:
        if type(message) is wire.Ask:
            reply = self._spell.ask(message.call())
            if isinstance(reply, Reply):
                self.send("answer", reply)
            else:
                self._spell.work.answer_later(reply, self)
        elif type(message) is wire.Ended:
            outcome = message.outcome()
            if outcome.error is not None:
                outcome = msgspec.structs.replace(outcome, error=_error(outcome.error))
            if not self._spell.tasks.finished(outcome):
                self._stray()
        elif type(message) is wire.Printed:
            self._print(message)
        elif type(message) is wire.Dropped:
            self._stray(len(message.handles) - self._spell.gate.handles.drop(message.handles))
        else:
            self._gave(message)

    def _stray(self, count: int = 1) -> None:
        """Messages about nothing. Some may have crossed with one of ours; no honest worker sends
        many."""
        self._strays += count
        if self._strays > MAX_STRAYS + self._sent:
            problem = "The script's process sent too many messages that mean nothing."
            self._spell.life.broken(ScriptError(problem, hint="Its engine is not itself any more."))

    def _print(self, message: wire.Printed) -> None:
        """What the worker let through is counted again: nothing there is trusted."""
        if not message.text:
            self._stray()
            return
        try:
            self._spell.output.printed(message.stream, message.text)
        except PolyspellError as error:
            self._spell.life.broken(error)

    def _gave(self, message: wire.Gave) -> None:
        future = self._queries.get(message.number)
        if future is None or future.done():
            self._stray()
            return
        if message.error is not None:
            future.set_exception(PolyspellError.from_dict(_error(message.error)))
        else:
            future.set_result(message.value)

    # -- the end --------------------------------------------------------------------------------

    async def _until_exit(self, worker: Worker) -> None:
        exit = await worker.wait()
        if not self._closing:
            self._spell.life.broken(_death(exit, self._limits))
        gone = ScriptError("The script has ended.")
        for future in self._queries.values():
            if not future.done():
                future.set_exception(gone)


def _error(told: dict[str, Any]) -> dict[str, Any]:
    """An error as a worker tells it, each field of its kind."""
    error: dict[str, Any] = {k: str(told[k]) for k in ("code", "message", "hint") if k in told}
    if "retryable" in told:
        error["retryable"] = bool(told["retryable"])
    if isinstance(told.get("context"), dict):
        error["context"] = told["context"]
    return error


def _death(exit: Exit, limits: Limits) -> PolyspellError:
    """The error for a worker that ended by itself."""
    if exit.reason in ("cpu", "memory"):
        return exceeded(exit.reason, getattr(limits, exit.reason))
    return ScriptError(
        f"The script's process ended: {exit}.",
        hint="It crashed its engine; the host is not affected.",
        context={"exit": msgspec.to_builtins(exit)},
    )


def worker_limits(limits: Limits) -> WorkerLimits:
    """What the kernel enforces behind the engine: memory with room for the engine itself, and
    processor time in whole seconds."""
    return WorkerLimits(
        memory_bytes=None if limits.memory is None else limits.memory * 2 + 128 * 2**20,
        cpu_seconds=None,
    )
