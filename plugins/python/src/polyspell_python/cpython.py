"""A context whose scripts are trusted: they run in this CPython, in its event loop's thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any

from polyspell.errors import Cancelled, NotFoundError, PolyspellError, ScriptError
from polyspell.scripting.declare import FunctionSpec
from polyspell.scripting.engine import Call, ContextOptions, Outcome, Port, Reply, Source, Stats
from polyspell.scripting.limits import exceeded
from polyspell.scripting.values import HandleRef

from polyspell_python import stdout
from polyspell_python.carrier import Carrier
from polyspell_python.crossing import limit_of, split_keywords
from polyspell_python.guard import Guard
from polyspell_python.loop import OwnLoop
from polyspell_python.objects import Error, LimitReached, MissingModule, finished
from polyspell_python.program import Programs
from polyspell_python.source import require_whole

_task: ContextVar[int] = ContextVar("polyspell_python_task", default=0)


class CPythonContext:
    """A context in this process. Its tasks are tasks of the running event loop; where none runs, of
    a loop of its own, which turns whenever the context is called."""

    def __init__(self, options: ContextOptions, port: Port) -> None:
        self._options, self._port = options, port
        self._own = OwnLoop.where_none_runs()
        self._loop = self._own.loop if self._own else asyncio.get_running_loop()
        self._carrier = Carrier(options.api, self._ask)
        self._programs = Programs(self._carrier.face(options), self._load, self._check)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._calls = 0
        self._dying: dict[str, Any] | None = None
        self._closed = False
        self._guard = Guard(options.limits, self._die)
        self._timer: asyncio.TimerHandle | None = None
        stdout.redirect()

    # -- the protocol -----------------------------------------------------------------------------

    def run(self, task: int, source: Source) -> None:
        """Start a task with a program."""

        async def run() -> Any:
            if source.interactive:
                require_whole(source.text, source.name)
            if source.types:
                raise ScriptError(
                    "Only sandboxed scripts have their types checked.",
                    code="script_types",
                    hint="Write stubs with `polyspell types python DIR`; any checker reads them.",
                )
            return await self._programs.run(source)

        self._begin(task, run)

    def call(self, task: int, function: int, arguments: list[Any]) -> None:
        """Start a task that calls a script function."""

        async def call() -> Any:
            found = self._carrier.functions.get(function)
            if found is None:
                raise NotFoundError(f"The script has no function {function} (any more).")
            ordered, named = split_keywords(arguments)
            given = [self._carrier.to_script(value) for value in ordered]
            names = {k: self._carrier.to_script(value) for k, value in named.items()}
            return await finished(found(*given, **names))

        self._begin(task, call)

    def answer(self, reply: Reply) -> None:
        """The reply to a call for which `ask` gave None."""
        future = self._waiting.pop(reply.call, None)
        if future is not None and not future.done():
            try:
                future.set_result(self._answered(reply))
            except (Exception, LimitReached) as failed:
                future.set_exception(failed)
        self._turn()

    def cancel(self, task: int) -> None:
        """End a task with the error code "cancelled"."""
        running = self._tasks.get(task)
        if running is not None:
            self._finish(task, None, Cancelled("The task was cancelled.").to_dict())
            running.cancel()
            self._turn()

    def release(self, functions: Sequence[int]) -> None:
        """The host no longer holds these script functions."""
        self._carrier.release(functions)

    def get(self, name: str) -> Any:
        """A global of the script; None where there is none."""
        return self._carrier.to_host(self._programs.names.get(name), "")

    def set(self, name: str, value: Any) -> None:
        """Set a global of the script."""
        self._programs.names[name] = self._carrier.to_script(value)

    def stats(self) -> Stats:
        """What the context has used so far."""
        return Stats(cpu=self._guard.used)

    def close(self) -> None:
        """Free everything. Tasks that still wait end without an outcome."""
        if self._closed:
            return
        self._closed = True
        running = list(self._tasks.values())
        self._tasks.clear()
        for each in running:
            each.cancel()
        if self._timer:
            self._timer.cancel()
        stdout.restore()
        self._programs.close()
        if self._own:
            self._own.close()

    # -- tasks ------------------------------------------------------------------------------------

    def _begin(self, task: int, work: Callable[[], Awaitable[Any]]) -> None:
        if self._dying:
            self._port.finish(Outcome(task, error=self._dying, fatal=True))
            return
        if not self._tasks:
            stdout.divide()
            self._guard.start()
            wall = self._options.limits.wall
            if wall is not None and not self._own:
                if self._timer:
                    self._timer.cancel()
                self._timer = self._loop.call_later(wall, self._guard.tell, "wall")
        self._tasks[task] = self._loop.create_task(self._live(task, work))
        self._turn()

    async def _live(self, task: int, work: Callable[[], Awaitable[Any]]) -> None:
        _task.set(task)
        stdout.current.set(self._print)
        result, failed = None, None
        try:
            result = self._carrier.to_host(await self._guard.watched(work()), "")
        except asyncio.CancelledError:
            failed = Cancelled("The script's task was cancelled.").to_dict()
        except BaseException as error:
            failed = self._programs.fault(error, self._options.limits)
        self._finish(task, result, failed)

    def _finish(self, task: int, result: Any, failed: dict[str, Any] | None) -> None:
        if self._tasks.pop(task, None) is None:
            return
        if self._dying:
            place = (failed or {}).get("context", {})
            context = {**place, **self._dying.get("context", {})}
            self._dying = {**self._dying, "context": context}
            self._port.finish(Outcome(task, error=self._dying, fatal=True))
        else:
            self._port.finish(Outcome(task, result, failed))
        if self._own:
            self._own.progress()

    def _turn(self) -> None:
        if dropped := self._carrier.take_dropped():
            self._port.drop(dropped)
        if self._own and not self._closed:
            self._own.turn(lambda: not self._tasks or bool(self._waiting))

    def _die(self, data: dict[str, Any]) -> None:
        """A limit is reached: no script of this context goes on."""
        if self._dying is None:
            self._dying = data
            self._guard.force()
            for each in self._tasks.values():
                each.cancel()

    # -- what scripts ask -------------------------------------------------------------------------

    def _ask(
        self, target: str | HandleRef, spec: FunctionSpec, given: list[Any], named: dict[str, Any]
    ) -> Any:
        self._check()
        if spec.waits:
            return self._wait(target, spec.name, given, named)
        reply = self._port.ask(self._new_call(target, spec.name, given, named))
        return self._answered(reply) if reply else None

    async def _wait(
        self, target: str | HandleRef, name: str, given: list[Any], named: dict[str, Any]
    ) -> Any:
        self._check()
        call = self._new_call(target, name, given, named)
        future = self._waiting[call.id] = self._loop.create_future()
        reply = self._port.ask(call)
        if reply is not None:
            del self._waiting[call.id]
            return self._answered(reply)
        if self._own:
            self._own.progress()
        try:
            return await future
        finally:
            self._waiting.pop(call.id, None)

    def _new_call(
        self, target: str | HandleRef, name: str, given: list[Any], named: dict[str, Any]
    ) -> Call:
        arguments = [self._carrier.to_host(v, f"argument {i}") for i, v in enumerate(given, 1)]
        if named:
            arguments.append({k: self._carrier.to_host(v, k) for k, v in named.items()})
        self._calls += 1
        return Call(self._calls, _task.get(), target, name, arguments)

    def _answered(self, reply: Reply, error: type[Error] = Error) -> Any:
        if reply.error is None:
            return self._carrier.to_script(reply.value)
        if limit_of(reply.error):
            self._die(reply.error)
            raise LimitReached(reply.error.get("message"))
        raise error(reply.error)

    def _load(self, specifier: str, importer: str | None) -> dict[str, Any]:
        self._check()
        self._calls += 1
        call = Call(self._calls, _task.get(), "host", "load", [specifier, importer])
        reply = self._port.ask(call)
        loaded: dict[str, Any] = self._answered(reply, MissingModule) if reply else {}
        return loaded

    def _print(self, stream: str, text: str) -> None:
        self._check()
        try:
            self._port.output(stream, text)
        except PolyspellError as failed:
            self._die(failed.to_dict())
            raise LimitReached(failed.message) from None

    def _check(self) -> None:
        """Whether the script may go on."""
        if not self._dying and time.monotonic() > self._guard.deadline:
            self._die(exceeded("wall", self._options.limits.wall).to_dict())
        if self._dying:
            raise LimitReached(self._dying.get("message"))
