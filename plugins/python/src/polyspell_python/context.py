"""A context whose scripts run sandboxed, in a Monty worker."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

import pydantic_monty as monty
from polyspell.errors import Cancelled, NotFoundError, PolyspellError, ScriptError, describe
from polyspell.scripting.engine import ContextOptions, Outcome, Port, Reply, Source, Stats

from polyspell_python.crossing import split_keywords, to_host, to_script
from polyspell_python.desk import Desk, Dying
from polyspell_python.face import face_of
from polyspell_python.faults import death, script_fault
from polyspell_python.kernel import Kernel, Resume
from polyspell_python.pool import Worker, feed_time
from polyspell_python.scripts import Scripts
from polyspell_python.snapshots import Snapshot, made_by, seal, sites_from
from polyspell_python.source import require_whole
from polyspell_python.typecheck import check_types

_FRESH = 0.25  # a feed that used more of its time than this is replaced before a new run


class MontyContext:
    """A context in a worker process of its own, which starts at first use."""

    def __init__(self, options: ContextOptions, port: Port) -> None:
        self._options, self._port = options, port
        self._scripts = Scripts(options.api)
        self._tasks: set[int] = set()
        self._desk = Desk(options, port, self._scripts, self._tasks, self._ended, self._settle)
        self._kernel: Kernel | None = None
        self._workers: list[Worker] = []  # the kernel's, and that of a check of types
        self._work: deque[Callable[[], None]] = deque()
        self._working = False
        self._queries = 0
        self._results: dict[int, Any] = {}  # of queries, which are tasks with negative numbers
        self._dead: dict[str, Any] | None = None
        self._closed = False
        self._used = Stats()

    # -- the protocol -----------------------------------------------------------------------------

    def run(self, task: int, source: Source) -> None:
        """Start a task with a program."""

        def work() -> None:
            file = source.file or source.name
            if source.interactive:
                require_whole(source.text, source.name)
            if source.types:
                api, load = self._options.api, self._loader(task, file)
                check_types(source.text, source.name, api, load, self._began)
            code = self._scripts.program(source.text, source.name, file)
            self._kernel_for(task).job(task, "run", task, code)

        self._start(task, work)

    def call(self, task: int, function: int, arguments: list[Any]) -> None:
        """Start a task that calls a script function."""

        def work() -> None:
            if function not in self._desk.given:
                raise NotFoundError(f"The script has no function {function} (any more).")
            ordered, named = split_keywords(arguments)
            plain = [to_script(v) for v in ordered], to_script(named)
            self._kernel_for(task).job(task, "call", task, function, *plain)

        self._start(task, work)

    def answer(self, reply: Reply) -> None:
        """The reply to a call for which `ask` gave None."""
        self._do(lambda: self._desk.answer(reply))

    def cancel(self, task: int) -> None:
        """End a task with the error code "cancelled"."""

        def work() -> None:
            if task in self._tasks:
                self._finish(task, None, Cancelled("The task was cancelled.").to_dict())
                self._desk.cancel(task)

        self._do(work)

    def release(self, functions: Sequence[int]) -> None:
        """The host no longer holds these script functions."""
        gone = [number for number in functions if number in self._desk.given]
        self._desk.given -= Counter(gone)
        if gone:
            self._do(lambda: self._kernel.job(0, "release", 0, gone) if self._kernel else None)

    def get(self, name: str) -> Any:
        """A global of the script; None where there is none."""
        return self._query("get", name)

    def set(self, name: str, value: Any) -> None:
        """Set a global of the script."""
        self._query("set", name, to_script(value))

    def stats(self) -> Stats:
        """What the context has used so far; from any thread."""
        if kernel := self._kernel:
            self._used = _used(kernel)
        return self._used

    def kill(self) -> None:
        """End the worker, whatever it does; from any thread. `close` is still to be called."""
        self._closed = True
        for worker in self._workers:
            worker.kill()

    def close(self) -> None:
        """Give the worker back. Tasks that still wait end without an outcome."""
        self._closed = True
        self._tasks.clear()
        self._drop_worker()

    # -- put away and taken up again --------------------------------------------------------------

    @property
    def tasks(self) -> tuple[int, ...]:
        """The tasks that wait."""
        return tuple(sorted(self._tasks))

    def dump(self, key: bytes) -> bytes:
        """All of the context, sealed: see `Suspendable`."""
        if self._kernel is None or self._working:
            raise ScriptError("Only a script that waits for the host can be put away.")
        dump, idle, servers = self._kernel.dump()
        desk, scripts = self._desk, self._scripts
        snapshot = Snapshot(
            made_by=made_by(),
            dump=dump,
            idle=idle,
            servers=servers,
            tasks=sorted(self._tasks),
            calls=desk.count,
            waiting=desk.waiting,
            given=sorted(desk.given.elements()),
            places=scripts.sites.places,
            sources=scripts.sites.sources,
            modules=scripts.modules,
            functions=scripts.functions_as_text(),
        )
        return seal(snapshot, key)

    def restore(self, snapshot: Snapshot) -> None:
        """Become what a snapshot holds, and ask again for what it waits for."""
        self._scripts.restore(sites_from(snapshot), snapshot.modules, snapshot.functions)
        self._tasks.update(snapshot.tasks)
        self._desk.given.update(snapshot.given)
        self._desk.count, self._desk.waiting = snapshot.calls, snapshot.waiting
        worker = self._began(Worker(self._options.limits))
        self._kernel = Kernel(worker, self._desk.call, self._printed)
        self._kernel.resume_from(snapshot.dump, snapshot.idle, snapshot.servers)
        self._do(self._desk.ask_again)

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
            if self._kernel:
                self._kernel.run()
        except (monty.MontyError, Dying, RuntimeError, TimeoutError) as cause:
            self._die(cause)

    def _start(self, task: int, work: Callable[[], None]) -> None:
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
        self._queries += 1
        task = -self._queries
        self._do(lambda: self._kernel_for(task).job(task, job[0], task, *job[1:]))
        if self._dead:
            raise ScriptError.from_dict(self._dead)
        result = self._results.pop(task, None)
        if isinstance(result, PolyspellError):
            raise result
        return result

    def _kernel_for(self, task: int) -> Kernel:
        """The kernel; for the first of several tasks with the time of a new run."""
        limits, alone = self._options.limits, self._tasks <= {task}
        if self._kernel is None:
            worker = self._began(Worker(limits))
            kernel = self._kernel = Kernel(worker, self._desk.call, self._printed)
            kernel.start(face_of(self._options))
        elif alone and self._kernel.busy > _FRESH * feed_time(limits):
            self._kernel.renew()
        if alone and task > 0:
            self._kernel.worker.begin()
            if limits.wall is not None:
                self._desk.deadline = time.monotonic() + limits.wall
        return self._kernel

    def _began(self, worker: Worker) -> Worker:
        """A worker for `kill` to know; it may have come while this one began."""
        self._workers = [known for known in self._workers if known.open] + [worker]
        if self._closed:
            worker.kill()
        return worker

    def _loader(self, task: int, importer: str) -> Callable[[str], str]:
        return lambda specifier: str(self._desk.load(task, specifier, importer)["source"])

    # -- what comes back --------------------------------------------------------------------------

    def _settle(self, task: int, call: int, how: Resume) -> None:
        if self._kernel:
            self._kernel.settle(task, call, how)

    def _printed(self, stream: str, text: str) -> None:
        if self._desk.dying:
            return
        try:
            self._port.output(stream, text)
        except PolyspellError as failed:
            self._desk.dying = failed.to_dict()
            if self._kernel:  # Monty hears of it only when the script stops printing
                self._kernel.worker.kill()

    def _ended(self, task: int, result: tuple[Any, ...]) -> None:
        try:
            match result:
                case ("value", found):
                    self._finish(task, to_host(found, self._desk.refer), None)
                case ("error", str(kind), str(text), details, passed):
                    sites, limits = self._scripts.sites, self._options.limits
                    fault = script_fault(sites, kind, text, details, passed, limits)
                    self._finish(task, None, fault)
        except PolyspellError as failed:
            self._finish(task, None, failed.to_dict())

    def _finish(self, task: int, result: Any, failed: dict[str, Any] | None) -> None:
        if task < 0:
            self._results[task] = PolyspellError.from_dict(failed) if failed else result
        elif task in self._tasks:
            self._tasks.discard(task)
            self._port.finish(Outcome(task, result, failed))

    def _die(self, cause: Exception) -> None:
        """The worker cannot go on: end all tasks with the reason."""
        if self._closed:
            return
        if self._kernel and not self._dead:
            late = time.monotonic() >= self._desk.deadline
            self._dead = self._desk.dying or death(
                self._kernel, cause, self._options, self._scripts.sites, late
            )
        self._dead = self._dead or describe(cause)
        self._drop_worker()
        for task in sorted(self._tasks):
            self._port.finish(Outcome(task, error=self._dead, fatal=True))
        self._tasks.clear()
        self._desk.waiting.clear()

    def _drop_worker(self) -> None:
        """Give the worker back. Its session holds on to us, so we let go of it."""
        kernel, self._kernel = self._kernel, None
        if kernel:
            kernel.worker.close()
            self._used = _used(kernel)


def _used(kernel: Kernel) -> Stats:
    """What a kernel has used: by its worker, and by us who answer what its script asks."""
    stats = kernel.worker.stats()
    return Stats(stats.memory, stats.cpu + kernel.own, stats.peak)
