"""A context whose scripts run sandboxed, in a Monty worker."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import pydantic_monty as monty
from polyspell.errors import Cancelled, NotFoundError, PolyspellError, ScriptError, describe
from polyspell.scripting.engine import Call, ContextOptions, Outcome, Port, Reply, Source, Stats
from polyspell.scripting.limits import exceeded
from polyspell.scripting.values import FunctionRef, HandleRef

from polyspell_python.crossing import has_own_kinds, limit_of, split_keywords, to_host, to_script
from polyspell_python.describe import from_definition
from polyspell_python.face import face_of, properties_of
from polyspell_python.faults import death, details_of, refused, script_fault
from polyspell_python.kernel import LATER, Kernel, Resume, error, value
from polyspell_python.pool import Worker
from polyspell_python.rewrite import Program, rewrite
from polyspell_python.sites import Sites

_FRESH = 0.25  # a feed that used more of its time than this is replaced before a new run


class MontyContext:
    """A context in a worker process of its own, which starts at first use."""

    def __init__(self, options: ContextOptions, port: Port) -> None:
        self._options, self._port = options, port
        self._properties = properties_of(options.api)
        self._kernel: Kernel | None = None
        self._work: deque[Callable[[], None]] = deque()
        self._working = False
        self._tasks: set[int] = set()
        self._waiting: dict[int, tuple[int, int]] = {}  # our call: (task, the sandbox's call)
        self._calls = 0
        self._given: set[int] = set()  # functions that the host may call
        self._results: dict[int, Any] = {}  # of get and set, by their negative task numbers
        self._deadline = float("inf")
        self._dying: dict[str, Any] | None = None
        self._dead: dict[str, Any] | None = None
        self._closed = False
        self._used = Stats()
        self._sites = Sites()
        self._definitions: dict[str, list[Any]] = {}
        self._modules: dict[str, tuple[str, Program]] = {}

    # -- the protocol -----------------------------------------------------------------------------

    def run(self, task: int, source: Source) -> None:
        """Start a task with a program."""

        def work() -> None:
            name = source.name
            program = self._program(source.text, name, source.file or name, module=False)
            self._kernel_for(task).job(task, "run", task, program.code)

        self._task(task, work)

    def call(self, task: int, function: int, arguments: list[Any]) -> None:
        """Start a task that calls a script function."""

        def work() -> None:
            if function not in self._given:
                raise NotFoundError(f"The script has no function {function} (any more).")
            ordered, named = split_keywords(arguments)
            plain = [to_script(v) for v in ordered], to_script(named)
            self._kernel_for(task).job(task, "call", task, function, *plain)

        self._task(task, work)

    def answer(self, reply: Reply) -> None:
        """The reply to a call for which `ask` gave None."""

        def work() -> None:
            if (waiting := self._waiting.pop(reply.call, None)) and self._kernel:
                task, call = waiting
                self._kernel.settle(task, call, self._answered(reply))
                self._kernel.run()

        self._do(work)

    def cancel(self, task: int) -> None:
        """End a task with the error code "cancelled"."""

        def work() -> None:
            if task not in self._tasks:
                return
            self._finish(task, None, Cancelled("The task was cancelled.").to_dict())
            for number, (owner, call) in list(self._waiting.items()):
                if owner == task and self._kernel:
                    del self._waiting[number]
                    self._kernel.settle(task, call, error("KeyboardInterrupt", "cancelled"))
            if self._kernel:
                self._kernel.run()

        self._do(work)

    def release(self, functions: Sequence[int]) -> None:
        """The host no longer holds these script functions."""
        gone = [number for number in functions if number in self._given]
        self._given.difference_update(gone)
        if gone:
            self._do(lambda: self._kernel.job(0, "release", 0, gone) if self._kernel else None)

    def get(self, name: str) -> Any:
        """A global of the script; None where there is none."""
        return self._query("get", name)

    def set(self, name: str, value: Any) -> None:
        """Set a global of the script."""
        self._query("set", name, to_script(value))

    def stats(self) -> Stats:
        """What the context has used so far."""
        if self._kernel:
            self._used = self._kernel.worker.stats()
        return self._used

    def kill(self) -> None:
        """End the worker, whatever it does; from any thread. `close` is still to be called."""
        self._closed = True
        if kernel := self._kernel:
            kernel.worker.kill()

    def close(self) -> None:
        """Give the worker back. Tasks that still wait end without an outcome."""
        self._closed = True
        self._tasks.clear()
        self._drop_worker()

    # -- work, one piece after the other ----------------------------------------------------------

    def _do(self, work: Callable[[], None]) -> None:
        """Do it now, or after what is being done: the port may call back while it is asked."""
        self._work.append(work)
        if self._working:
            return
        self._working = True
        try:
            while self._work and not self._closed:
                self._one(self._work.popleft())
        finally:
            self._working = False

    def _one(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (monty.MontyError, _Dying, RuntimeError, TimeoutError) as cause:
            self._die(cause)

    def _task(self, task: int, work: Callable[[], None]) -> None:
        def begin() -> None:
            if self._dead:
                self._port.finish(Outcome(task, error=self._dead, fatal=True))
                return
            self._tasks.add(task)
            try:
                work()
            except PolyspellError as failed:
                self._finish(task, None, failed.to_dict())

        self._do(begin)

    def _query(self, *job: Any) -> Any:
        """Do a job and give its result."""
        self._calls += 1
        task = -self._calls
        self._do(lambda: self._kernel_for(task).job(task, job[0], task, *job[1:]))
        if self._dead:
            raise ScriptError.from_dict(self._dead)
        result = self._results.pop(task, None)
        if isinstance(result, PolyspellError):
            raise result
        return result

    def _kernel_for(self, task: int) -> Kernel:
        """The kernel; for the first of several tasks with the time of a new run."""
        limits = self._options.limits
        if self._kernel is None:
            kernel = self._kernel = Kernel(Worker(limits), self._called, self._printed)
            kernel.start(face_of(self._options))
        elif self._tasks <= {task} and limits.cpu and self._kernel.busy > _FRESH * limits.cpu:
            self._kernel.renew()
        if self._tasks <= {task} and task > 0 and limits.wall is not None:
            self._deadline = time.monotonic() + limits.wall
        return self._kernel

    def _program(self, text: str, name: str, file: str | None, *, module: bool) -> Program:
        program = rewrite(text, name, file, self._sites, self._properties, module=module)
        for function, nodes in program.functions.items():
            self._definitions.setdefault(function, []).extend(nodes)
        return program

    # -- what the sandbox asks --------------------------------------------------------------------

    def _called(self, task: int, snapshot: monty.FunctionSnapshot) -> Resume:
        """A call of the sandbox. It may come from anywhere in it, with anything."""
        if self._dying and snapshot.function_name != "host_dead":
            raise _Dying
        if time.monotonic() > self._deadline:
            self._dying = exceeded("wall", self._options.limits.wall).to_dict()
            raise _Dying
        name, arguments = str(snapshot.function_name), snapshot.args
        try:
            if snapshot.is_os_function:
                return self._system(task, snapshot)
            match name, arguments:
                case "host_wait", (target, str(function), list(given)):
                    return self._ask(task, target, function, given, snapshot.call_id)
                case "host_ask", (target, str(function), list(given)):
                    return self._ask(task, target, function, given, None)
                case "host_done", (int(ended), tuple(result)):
                    return self._done(ended, result)
                case "host_load", (importer, str(specifier)):
                    return self._load(task, importer, specifier)
                case "host_dead", (site,):
                    self._die_at(site)
        except PolyspellError as failed:
            return value(self._failed(failed.to_dict()))
        return error("NameError", f"name '{name}' is not defined")

    def _ask(
        self, task: int, target: Any, name: str, given: list[Any], later: int | None
    ) -> Resume:
        """A call of the host; `later` is the sandbox's number of one that may wait."""
        owner: str | HandleRef
        match target:
            case ("handle", int(number), str(kind)):
                owner = HandleRef(number, kind)
            case str():
                owner = target
            case _:
                raise NotFoundError("There is no such module.")
        if task and task not in self._tasks:  # of a task that has ended
            return LATER if later is not None else error("KeyboardInterrupt", "cancelled")
        failed: PolyspellError | None = None
        reply: Reply | None = None
        self._calls += 1
        number = self._calls
        try:
            arguments = self._arguments(given)
        except PolyspellError as caught:
            failed = caught
        else:
            if later is not None:
                self._waiting[number] = task, later
            reply = self._port.ask(Call(number, task, owner, name, arguments))
        if failed:
            reply = Reply(number, error=failed.to_dict())
        if later is None:
            return self._answered(reply or Reply(number, error=_UNANSWERED))
        if reply is not None and self._kernel:
            self._waiting.pop(number, None)
            self._kernel.settle(task, later, self._answered(reply))
        return LATER

    def _arguments(self, given: list[Any]) -> list[Any]:
        return [
            to_host(v, self._refer, f"argument {i}" if type(v) is not dict else "")
            for i, v in enumerate(given, 1)
        ]

    def _answered(self, reply: Reply) -> Resume:
        if reply.error is not None:
            return value(self._failed(reply.error))
        try:
            plain = to_script(reply.value)
        except PolyspellError as failed:
            return value(self._failed(failed.to_dict()))
        return value(("value" if has_own_kinds(plain) else "plain", plain))

    def _failed(self, data: dict[str, Any], kind: str = "error") -> tuple[Any, ...]:
        """An error as the prelude takes it. One of the sandbox's own limits ends the context."""
        details = details_of(data)
        fatal = limit_of(data) is not None
        if fatal:
            self._dying = data
        return kind, details["message"], details, fatal

    def _system(self, task: int, snapshot: monty.FunctionSnapshot) -> Resume:
        """A call of the language's own library for something outside."""
        name = str(snapshot.function_name)
        if name == "import":
            return error("ModuleNotFoundError", f"No module named {snapshot.args[0]!r}")
        if name == "asyncio.sleep":
            return self._ask(task, "", "sleep", list(snapshot.args[:1]), snapshot.call_id)
        kind, message = refused(name)
        return error(kind, message)

    def _load(self, task: int, importer: Any, specifier: str) -> Resume:
        self._calls += 1
        call = Call(self._calls, task, "host", "load", [specifier, importer])
        reply = self._port.ask(call) or Reply(call.id, error=_UNANSWERED)
        if reply.error is not None:
            return value(self._failed(reply.error, "import"))
        name, text, file = (str(reply.value[k]) for k in ("name", "source", "file"))
        known = self._modules.get(file)
        if known is None or known[0] != text:
            known = self._modules[file] = text, self._program(text, name, file, module=True)
        return value(("plain", (file, known[1].code)))

    def _refer(self, number: int, name: str) -> FunctionRef:
        self._given.add(number)
        return from_definition(number, name, self._definitions)

    def _printed(self, stream: str, text: str) -> None:
        if self._dying:
            return
        try:
            self._port.output(stream, text)
        except PolyspellError as failed:
            self._dying = failed.to_dict()
            if self._kernel:  # Monty hears of it only when the script stops printing
                self._kernel.worker.kill()

    # -- ends -------------------------------------------------------------------------------------

    def _done(self, task: int, result: tuple[Any, ...]) -> Resume:
        try:
            match result:
                case ("value", found):
                    self._finish(task, to_host(found, self._refer), None)
                case ("error", str(kind), str(text), details, passed):
                    self._finish(task, None, self._fault(kind, text, details, passed))
        except PolyspellError as failed:
            self._finish(task, None, failed.to_dict())
        return value(None)

    def _fault(self, kind: str, text: str, details: Any, passed: Any) -> dict[str, Any]:
        limits = self._options.limits
        return script_fault(self._sites, kind, text, details, passed, limits)

    def _finish(self, task: int, result: Any, failed: dict[str, Any] | None) -> None:
        if task < 0:
            self._results[task] = PolyspellError.from_dict(failed) if failed else result
        elif task in self._tasks:
            self._tasks.discard(task)
            self._port.finish(Outcome(task, result, failed))

    def _die_at(self, site: Any) -> None:
        if self._dying:
            place = self._sites.context([site])
            self._dying = {**self._dying, "context": {**place, **self._dying.get("context", {})}}
        raise _Dying

    def _die(self, cause: Exception) -> None:
        """The worker cannot go on: end all tasks with the reason."""
        if self._closed or self._dead or self._kernel is None:
            if not self._dead:
                self._dead = describe(cause)
        else:
            late = time.monotonic() >= self._deadline
            self._dead = self._dying or death(self._kernel, cause, self._options, self._sites, late)
            self._drop_worker()
        for task in sorted(self._tasks):
            self._port.finish(Outcome(task, error=self._dead, fatal=True))
        self._tasks.clear()
        self._waiting.clear()

    def _drop_worker(self) -> None:
        """Give the worker back. Its session holds on to us, so we let go of it."""
        kernel, self._kernel = self._kernel, None
        if kernel:
            kernel.worker.close()
            self._used = kernel.worker.stats()


class _Dying(Exception):
    """A limit was reached in the host: the sandbox is not asked again."""


_UNANSWERED = {"code": "internal", "message": "The host did not answer at once."}
