"""A context: a Wren VM and the tasks in it. See `polyspell.scripting.engine.Context`.

Each thing that happens (a run, a call, an answer) is put into the inbox; a *slice* takes all of it
and advances runs until none can go on without the host.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import wrenpy
from polyspell.errors import Cancelled, NotFoundError, PolyspellError, ScriptError, ValidationError
from polyspell.scripting.engine import ContextOptions, Outcome, Port, Reply, Source, Stats
from polyspell.scripting.limits import Meter

from polyspell_wren.errors import OWN, Places
from polyspell_wren.face import Face
from polyspell_wren.host import MAIN, Host
from polyspell_wren.objects import HostError
from polyspell_wren.runs import Job, Join, Pending, Run, Task
from polyspell_wren.values import to_host, to_script

_FAR = 1e12  # seconds: longer than any run
_LIMITS = {"memory": "memory", "recursion": "depth"}
_HAS_RESULT = re.compile(r"^\s*(var|class)\s+result\b|^\s*import\b.*\bresult\b", re.MULTILINE)
MOST_PARAMETERS = 16


class WrenContext:
    """See `polyspell.scripting.engine.Context`."""

    def __init__(self, options: ContextOptions, face: Face, port: Port) -> None:
        self.port = port
        self.halt: PolyspellError | None = None  # the limit that ends this context
        self.places = Places()
        self._meter = Meter(options.limits)
        self._host = Host(self, face, options.values)
        limits = options.limits
        timed = limits.wall is not None or limits.cpu is not None or limits.output is not None
        self.vm = wrenpy.VM(
            limits=wrenpy.Limits(
                seconds=_FAR if timed else None, memory=limits.memory, depth=limits.depth
            ),
            import_module=self._host.load,
            resolve_module=self._host.resolve,
            write=self._write,
            bind=self._host,
            report=self._report,
            clock=self._clock,
        )
        self._far = 0.0
        self._tasks: dict[int, Task] = {}
        self._pending: dict[int, Run] = {}  # by the host call that they wait for
        self._ready: deque[Run] = deque()
        self._inbox: deque[Callable[[], None]] = deque()
        self._busy = False
        self._current: Run | None = None
        self._cpu = 0.0
        self._dead: dict[str, Any] | None = None
        self._closed = False
        try:  # our own module is there from the start: errors are objects of its
            self.vm.interpret(f'import "{OWN}"', "start")
        except wrenpy.LimitError as error:
            self._die(error)

    # -- the protocol

    def run(self, task: int, source: Source) -> None:
        """Start a program."""
        self._go(partial(self._begin, task, partial(self._program, task, source)))

    def call(self, task: int, function: int, arguments: list[Any]) -> None:
        """Call a script function."""
        self._go(partial(self._begin, task, partial(self._function, task, function, arguments)))

    def answer(self, reply: Reply) -> None:
        """The reply to a call."""
        if reply.call in self._pending:
            self._go(partial(self._answer, reply))

    def cancel(self, task: int) -> None:
        """End a task."""
        if task in self._tasks:
            error = Cancelled("The script was cancelled.")
            self._go(partial(self._fail, task, error.to_dict()))

    def release(self, functions: Sequence[int]) -> None:
        """The host gives functions back, each as often as it got it."""
        for function in functions:
            self._host.release(function)

    def get(self, name: str) -> Any:
        """A global of the script."""
        return self._own(partial(self._read, name))

    def set(self, name: str, value: Any) -> None:
        """Set a global of the script."""
        self._own(lambda: self.vm.set_variable(MAIN, name, to_script(value, self._host)))

    def stats(self) -> Stats:
        """Memory and processor time so far."""
        memory = None if self._closed else self.vm.usage().memory
        return Stats(memory, self._cpu + self._meter.work)

    def close(self) -> None:
        """Free everything."""
        if self._closed:
            return
        self._closed = True
        for store in (self._tasks, self._pending, self._ready, self._inbox):
            store.clear()
        self._host.close()
        if not self._busy:
            self.vm.close()

    # -- for the host's side

    def task_number(self) -> int:
        """The task that is at work."""
        return self._current.task.id if self._current is not None else 0

    def start_job(self, work: wrenpy.Fn) -> Job:
        """Let a function run beside who asks for it, from when that one waits."""
        assert self._current is not None
        self._look()
        job = Job()
        job.run = Run(self._current.task, self.vm.start_call(work, "call()", limits=self.vm.limits))
        job.run.job = job
        self._ready.append(job.run)
        return job

    def _look(self) -> None:
        """Go on only if no limit is reached."""
        if self.halt is None and (limit := self._meter.over()):
            self.halt = self._meter.error(limit)
        if self.halt is not None:
            raise wrenpy.LimitError("time", True)

    def heard(self, job: Job) -> None:
        """Somebody learns of a job's error."""
        if self._current is not None:
            self._current.task.unheard.pop(job, None)

    # -- for the VM

    def _clock(self) -> float:
        """The time; it leaps where a limit is reached, which ends the run."""
        if self.halt is None and self._busy and (limit := self._meter.over()):
            self.halt = self._meter.error(limit)
        if self.halt is not None:
            self._far += 2 * _FAR
        return time.perf_counter() + self._far

    def _write(self, text: str) -> None:
        if self.halt is None:
            try:
                self.port.output("stdout", text)
            except PolyspellError as error:
                self.halt = error

    def _report(self, error: wrenpy.CompileError) -> None:
        """Code that a program gave to Meta does not compile. (Of an import, the error tells.)"""
        if error.errors[0].module == MAIN:
            self._say(f"{error}\n")

    # -- slices

    def _go(self, action: Callable[[], None]) -> None:
        """Do something; later, if the script is at work just now."""
        if self._closed:
            return
        self._inbox.append(action)
        if self._busy:
            return
        with _Work(self):
            while (self._inbox or self._ready) and not self._closed:
                if self._inbox:
                    self._inbox.popleft()()
                elif self._dead is None:
                    self._advance(self._ready.popleft())
                if not (self._inbox or self._ready):
                    self._find_stuck()
        if dropped := self._host.take_dropped():
            self.port.drop(dropped)

    def _own(self, action: Callable[[], Any]) -> Any:
        """Do something for the host, which never waits."""
        if self._busy or self._closed or self._dead:
            raise PolyspellError("Globals can be reached only while the script waits.")
        with _Work(self):
            try:
                return action()
            except PolyspellError:
                raise
            except (wrenpy.ConversionError, ValueError) as error:
                raise ValidationError(f"{error}.") from None
            except wrenpy.LimitError as error:
                self._die(error)
                assert self._dead is not None
                raise PolyspellError.from_dict(self._dead) from None

    def _begin(self, task: int, start: Callable[[], None]) -> None:
        """Start a task."""
        if self._dead is not None:
            self.port.finish(Outcome(task, error=self._dead, fatal=True))
            return
        if not self._tasks:
            self._meter.leave()
            self._cpu += self._meter.work
            self._meter.start()
            self._meter.enter()
        self._tasks[task] = Task(task)
        try:
            start()
        except (wrenpy.CompileError, PolyspellError, wrenpy.ConversionError) as error:
            self._fail(task, self.places.of_failure(error))
        except wrenpy.LimitError as error:
            self._die(error)

    def _program(self, task: int, source: Source) -> None:
        self._host.program(source.file)
        self.places.add(source.name, source.text, source.name)
        kind: Any = "entry" if source.interactive else "again"
        state = self._tasks[task]
        state.file = source.name
        state.program = not source.interactive and bool(_HAS_RESULT.search(source.text))
        if state.program and self.vm.has_variable(MAIN, "result"):
            self.vm.set_variable(MAIN, "result", None)
        text = _without_shebang(source.text)
        wren = self.vm.start(text, MAIN, self.vm.limits, name=source.name, kind=kind)
        self._main(state, wren)

    def _function(self, task: int, function: int, arguments: list[Any]) -> None:
        if not self._host.has(function):
            raise NotFoundError("The script has no such function.", hint="It was given back.")
        fn = self._host.function(function)
        count = max(fn.arity, min(len(arguments), MOST_PARAMETERS))
        given = [to_script(argument, self._host) for argument in arguments[:count]]
        given += [None] * (count - len(given))
        signature = f"call({','.join('_' * count)})"
        wren = self.vm.start_call(fn, signature, *given, limits=self.vm.limits)
        self._main(self._tasks[task], wren)

    def _main(self, task: Task, wren: wrenpy.Task) -> None:
        task.main = Run(task, wren)
        self._ready.append(task.main)

    def _answer(self, reply: Reply) -> None:
        run = self._pending.pop(reply.call, None)
        if run is None or run.wren.request is None or self._dead is not None:
            return
        run.call = None
        request, error = run.wren.request, reply.error
        try:
            if error is None:
                request.answer(to_script(reply.value, self._host))
        except PolyspellError as problem:
            error = problem.to_dict()
        if error is not None:
            failure = self._host.failure(error)
            if isinstance(failure, wrenpy.LimitError):
                self._die(failure, run)
                return
            request.fail(failure)
        self._ready.append(run)

    def _advance(self, run: Run) -> None:
        """Let a run go on until it waits or ends."""
        if run not in run.task.runs:
            return
        self._current = run
        try:
            self._look()
            request = run.wren.advance()
            if request is None:
                self._ended(run)
            elif self.halt is not None:
                raise wrenpy.LimitError("time", True, run.wren.frames())
            elif isinstance(request.target, Pending):
                run.call = request.target.call
                self._pending[run.call] = run
            elif isinstance(request.target, Join):
                request.target.run = run
        except wrenpy.LimitError as error:
            self._die(error, run)
        except BaseException:  # an interrupt: where it hit the script nobody knows
            self._dead = {"code": "cancelled", "message": "The script was interrupted."}
            raise
        finally:
            self._current = None

    # -- ends

    def _ended(self, run: Run) -> None:
        task, job = run.task, run.job
        task.runs.pop(run, None)
        error: Exception | None = None
        try:
            run.wren.result()
        except (wrenpy.RuntimeError, wrenpy.ConversionError) as problem:
            error = problem
        if job is not None:
            self._job_ended(job, error)
        elif error is not None:
            self._fail(task.id, self.places.of_failure(error))
            return
        if not task.runs and task.id in self._tasks:
            self._finish(task, None if task.main is None else task.main.wren.result())

    def _job_ended(self, job: Job, error: Exception | None) -> None:
        job.done, job.error = True, error
        assert job.run is not None
        if isinstance(error, wrenpy.RuntimeError) and isinstance(error.value, HostError):
            error.value.place = error.value.place or self.places.of(error.frames)
        if error is not None and not job.waiting:
            job.run.task.unheard[job] = None
        for join in job.waiting:
            join.missing -= 1
            run = join.run
            if run is None or run.wren.request is None or run.wren.request.target is not join:
                continue  # it has failed before
            if error is not None:
                run.wren.request.fail(self._host.heard(job))
                for other in join.jobs if join.owns else ():
                    self._end(other.run)
                self._ready.append(run)
            elif not join.missing:
                run.wren.request.answer(None)
                self._ready.append(run)

    def _end(self, run: Run | None) -> None:
        """A run goes on no more."""
        if run is not None and run in run.task.runs:
            del run.task.runs[run]
            run.wren.cancel()
            if run.call is not None:
                self._pending.pop(run.call, None)

    def _finish(self, task: Task, value: Any) -> None:
        """A task is over."""
        for job in task.unheard:
            assert job.error is not None
            told = self.places.of_failure(job.error)
            where = told.get("context", {})
            place = f" ({where['file']}:{where['line']})" if "line" in where else ""
            self._say(f"An error that nobody waited for: {told['message']}{place}\n")
        if self.halt is not None:
            self._die(wrenpy.LimitError("time", True))
            return
        try:
            value = self._read("result") if task.program else to_host(value, self._host)
        except (PolyspellError, wrenpy.ConversionError) as error:
            self._fail(task.id, self.places.of_failure(error))
            return
        self._tasks.pop(task.id, None)
        self.port.finish(Outcome(task.id, value))

    def _say(self, text: str) -> None:
        try:
            self.port.output("stderr", text)
        except PolyspellError as error:
            self.halt = error

    def _fail(self, task: int, error: dict[str, Any]) -> None:
        """A task ends with an error."""
        state = self._tasks.pop(task, None)
        if state is not None:
            for run in list(state.runs):
                self._end(run)
            self.port.finish(Outcome(task, error=error))

    def _die(self, error: wrenpy.LimitError, run: Run | None = None) -> None:
        """A limit was reached: nothing runs here any more."""
        limit = self.halt or self._meter.error(_LIMITS.get(error.kind, "wall"))
        frames = error.frames or (run.wren.frames() if run is not None else [])
        data = limit.to_dict()
        place = self.places.of(frames)
        self._dead = data | {"context": place | limit.context}
        tasks = list(self._tasks.values())
        for state in tasks:
            own = {"file": state.file} if state.file and not place else {}
            context = own | place | limit.context
            self._tasks.pop(state.id, None)
            self.port.finish(Outcome(state.id, error=data | {"context": context}, fatal=True))
        self._ready.clear()
        self._pending.clear()

    def _find_stuck(self) -> None:
        """Fail the tasks that wait for each other: nothing that the host could answer is left."""
        if self._pending or self._dead is not None:
            return
        for task in list(self._tasks.values()):
            error = ScriptError(
                "The script waits for something that never happens.",
                hint="Does a future wait for itself?",
                context=self.places.of(task.main.wren.frames()) if task.main else None,
            )
            self._fail(task.id, error.to_dict())

    def _read(self, name: str) -> Any:
        if not self.vm.has_variable(MAIN, name):
            return None
        return to_host(self.vm.variable(MAIN, name), self._host)


class _Work:
    """While the script works: its time is counted."""

    def __init__(self, context: WrenContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._context._busy = True
        self._context._meter.enter()

    def __exit__(self, *_: object) -> None:
        self._context._meter.leave()
        self._context._busy = False
        if self._context._closed:  # by something that the script called
            self._context.vm.close()


def _without_shebang(text: str) -> str:
    text = text.removeprefix("\ufeff")
    return f"//{text}" if text.startswith("#!/") else text
