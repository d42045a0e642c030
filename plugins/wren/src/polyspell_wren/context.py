"""A context: a Wren VM and the tasks in it. See `polyspell.scripting.engine.Context`.

Each thing that happens (a run, a call, an answer) is put into the inbox; a *slice* takes all of it
and advances runs until none can go on without the host.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import wrenpy
from polyspell.errors import Cancelled, NotFoundError, PolyspellError, ScriptError, ValidationError
from polyspell.scripting.engine import ContextOptions, Outcome, Port, Reply, Source, Stats
from polyspell.scripting.limits import Limits, Meter

from polyspell_wren.errors import OWN, Places
from polyspell_wren.face import Face
from polyspell_wren.host import MAIN, Host
from polyspell_wren.objects import HostError
from polyspell_wren.runs import Runs, Task
from polyspell_wren.values import to_host, to_script

_FAR = 1e12  # seconds: longer than any run
_LIMITS = {"memory": "memory", "recursion": "depth"}
# No blank line belongs to a match: a program of them would be looked through from each.
_HAS_RESULT = re.compile(
    r"^[^\S\n]*(var|class)\s+result\b|^[^\S\n]*import\b.*\bresult\b", re.MULTILINE
)
_MOST_PARAMETERS = 16
_MANY_HANDLES = 256  # after so many new ones, those that the script let go of are looked for


class WrenContext:
    """See `polyspell.scripting.engine.Context`."""

    def __init__(self, options: ContextOptions, face: Face, port: Port) -> None:
        self.port = port
        self.halt: PolyspellError | None = None  # the limit that ends this context
        self.places = Places()
        self.runs = Runs(self)
        self._meter = Meter(options.limits)
        self._host = Host(self, face, options.values)
        self._inbox: deque[Callable[[], None]] = deque()
        self._busy = self._closed = False
        self._dead: dict[str, Any] | None = None
        self._cpu, self._leap = 0.0, 0.0
        self.vm = self._machine(options.limits)
        try:  # our own module is there from the start: errors are objects of its
            self.vm.interpret(f'import "{OWN}"', "start")
        except wrenpy.LimitError as error:
            self._die(error)

    def _machine(self, limits: Limits) -> wrenpy.VM:
        timed = limits.wall is not None or limits.cpu is not None or limits.output is not None
        seconds = _FAR if timed else None
        return wrenpy.VM(
            limits=wrenpy.Limits(seconds=seconds, memory=limits.memory, depth=limits.depth),
            import_module=self._host.load,
            resolve_module=self._host.resolve,
            write=partial(self._say, "stdout"),
            bind=self._host,
            report=self._report,
            clock=self._clock,
        )

    # -- the protocol

    def run(self, task: int, source: Source) -> None:
        """Start a program."""
        self._go(partial(self._begin, task, partial(self._program, source)))

    def call(self, task: int, function: int, arguments: list[Any]) -> None:
        """Call a script function."""
        self._go(partial(self._begin, task, partial(self._function, function, arguments)))

    def answer(self, reply: Reply) -> None:
        """The reply to a call."""
        if reply.call in self.runs.pending:
            self._go(partial(self._answer, reply))

    def cancel(self, task: int) -> None:
        """End a task."""
        if task in self.runs.tasks:
            error = Cancelled("The script was cancelled.")
            self._go(partial(self._fail, self.runs.tasks[task], error.to_dict()))

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
        cpu = self._cpu + self._meter.work
        if self._closed:
            return Stats(cpu=cpu)
        usage = self.vm.usage()
        return Stats(usage.memory, cpu, usage.peak)

    def close(self) -> None:
        """Free everything."""
        if not self._closed:
            self._closed = True
            self._inbox.clear()
            self.runs.clear()
            self._host.close()
            if not self._busy:
                self.vm.close()

    # -- for the VM

    def _clock(self) -> float:
        """The time; it leaps where a limit is reached, which ends the run."""
        if self._busy and self._reached() is not None:
            self._leap += 2 * _FAR
        return time.perf_counter() + self._leap

    def _reached(self) -> PolyspellError | None:
        if self.halt is None and (limit := self._meter.over()):
            self.halt = self._meter.error(limit)
        return self.halt

    def _say(self, stream: str, text: str) -> None:
        if self.halt is None:
            try:
                self.port.output(stream, text)
            except PolyspellError as error:
                self.halt = error

    def _report(self, error: wrenpy.CompileError) -> None:
        """Code that a program gave to Meta does not compile. (Of an import, the error tells.)"""
        if error.errors[0].module == MAIN:
            self._say("stderr", f"{error}\n")

    # -- slices

    def _go(self, action: Callable[[], None]) -> None:
        """Do something; later, if the script is at work just now."""
        if self._closed:
            return
        self._inbox.append(action)
        if self._busy:
            return
        with self._working():
            while (self._inbox or self.runs.ready) and not self._closed:
                self._step()
            if self._host.made > _MANY_HANDLES and self._usable:
                self._host.made = 0
                self.vm.collect()
        if dropped := self._host.take_dropped():
            self.port.drop(dropped)

    @property
    def _usable(self) -> bool:
        """Whether it is neither closed nor ended by a limit."""
        return not self._closed and self._dead is None

    def _step(self) -> None:
        try:
            if self._inbox:
                self._inbox.popleft()()
            else:
                self.runs.advance()
        except wrenpy.LimitError as error:
            self._die(error)
        except BaseException:  # an interrupt: where it hit the script nobody knows
            self._dead = {"code": "cancelled", "message": "The script was interrupted."}
            raise
        if not (self._inbox or self.runs.ready or self.runs.pending):
            self._end_stuck()

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        """While the script works: its time is counted."""
        self._busy = True
        self._meter.enter()
        try:
            yield
        finally:
            self._meter.leave()
            self._busy = False
            if self._closed:  # by something that the script called
                self.vm.close()

    def _own(self, action: Callable[[], Any]) -> Any:
        """Do something for the host, which never waits."""
        if self._busy or self._closed or self._dead:
            raise PolyspellError("Globals can be reached only while the script waits.")
        with self._working():
            try:
                return action()
            except wrenpy.LimitError as error:
                raise PolyspellError.from_dict(self._die(error)) from None
            except PolyspellError:
                raise
            except (wrenpy.ConversionError, ValueError) as error:
                raise ValidationError(str(error)) from None

    # -- beginnings

    def _begin(self, number: int, start: Callable[[Task], wrenpy.Task]) -> None:
        """Start a task."""
        if self._dead is not None:
            self.port.finish(Outcome(number, error=self._dead, fatal=True))
            return
        if not self.runs.tasks:
            self._meter.leave()
            self._cpu += self._meter.work
            self._meter.start()
            self.vm.reset_peak()
            self._meter.enter()
        task = self.runs.tasks[number] = Task(number)
        try:
            self.runs.main(task, start(task))
        except (wrenpy.CompileError, wrenpy.ConversionError, PolyspellError) as error:
            self._fail(task, self.places.of_failure(error))

    def _program(self, source: Source, task: Task) -> wrenpy.Task:
        self._host.program(source.file)
        self.places.add(source.name, source.text, source.name)
        task.file = source.name
        task.program = not source.interactive and bool(_HAS_RESULT.search(source.text))
        if task.program and self.vm.has_variable(MAIN, "result"):
            self.vm.set_variable(MAIN, "result", None)
        text = source.text.removeprefix("\ufeff")
        if text.startswith("#!/"):
            text = f"//{text}"
        kind: Any = "entry" if source.interactive else "again"
        return self.vm.start(text, MAIN, self.vm.limits, name=source.name, kind=kind)

    def _function(self, number: int, arguments: list[Any], task: Task) -> wrenpy.Task:
        if not self._host.has(number):
            raise NotFoundError("The script has no such function.", hint="It was given back.")
        function = self._host.function(number)
        count = max(function.arity, min(len(arguments), _MOST_PARAMETERS))
        given = [to_script(argument, self._host) for argument in arguments[:count]]
        given += [None] * (count - len(given))
        signature = f"call({','.join('_' * count)})"
        return self.vm.start_call(function, signature, *given, limits=self.vm.limits)

    def _answer(self, reply: Reply) -> None:
        run = self.runs.pending.pop(reply.call, None)
        request = run.wren.request if run is not None else None
        if run is None or request is None:
            return
        run.call, error = None, reply.error
        try:
            if error is None:
                request.answer(to_script(reply.value, self._host))
        except PolyspellError as problem:
            error = problem.to_dict()
        if error is not None:
            failure = self._host.failure(error)
            if isinstance(failure, wrenpy.LimitError):
                failure.frames = run.wren.frames()
                raise failure
            request.fail(failure)
        self.runs.ready.append(run)

    # -- ends

    def look(self) -> None:
        """Go on only if no limit is reached."""
        if self._reached() is not None:
            raise wrenpy.LimitError("time", True)

    def over(self, task: Task) -> None:
        """A task has ended: it has a value, or that cannot cross."""
        for job in task.unheard:
            told = self.places.of_failure(job.error)
            where = told.get("context", {})
            place = f" ({where['file']}:{where['line']})" if "line" in where else ""
            text = f"An error that nobody waited for: {told['message']}{place}\n"
            self._say("stderr", text)
        self.look()
        assert task.main is not None
        try:
            value = task.main.wren.result()
            value = self._read("result") if task.program else to_host(value, self._host)
        except (PolyspellError, wrenpy.ConversionError) as error:
            self._fail(task, self.places.of_failure(error))
        else:
            self.runs.drop(task)
            self.port.finish(Outcome(task.id, value))

    def failed(self, task: Task, error: Exception) -> None:
        """A task has failed."""
        self.port.finish(Outcome(task.id, error=self.places.of_failure(error)))

    def job_failed(self, error: Exception) -> None:
        """What ran beside others has failed: note where, for who raises the error again."""
        if isinstance(error, wrenpy.RuntimeError) and isinstance(error.value, HostError):
            error.value.place = error.value.place or self.places.of(error.frames)

    def _fail(self, task: Task, error: dict[str, Any]) -> None:
        """End a task with an error."""
        if self.runs.drop(task):
            self.port.finish(Outcome(task.id, error=error))

    def _die(self, error: wrenpy.LimitError) -> dict[str, Any]:
        """A limit was reached: nothing runs here any more. Gives the error."""
        limit = self.halt or self._meter.error(_LIMITS.get(error.kind, "wall"))
        data, place = limit.to_dict(), self.places.of(error.frames)
        self._dead = data | {"context": place | limit.context}
        tasks = list(self.runs.tasks.values())
        self.runs.clear()
        for task in tasks:
            own = {"file": task.file} if task.file else {}
            context = own | place | limit.context
            self.port.finish(Outcome(task.id, error=data | {"context": context}, fatal=True))
        return self._dead

    def _end_stuck(self) -> None:
        """Fail the tasks that wait for each other: nothing that the host could answer is left."""
        for task in list(self.runs.tasks.values()):
            error = ScriptError(
                "The script waits for something that never happens.",
                hint="Does a future wait for itself?",
                context=self.places.of(task.main.wren.frames()) if task.main else None,
            )
            self._fail(task, error.to_dict())

    def _read(self, name: str) -> Any:
        if not self.vm.has_variable(MAIN, name):
            return None
        return to_host(self.vm.variable(MAIN, name), self._host)
