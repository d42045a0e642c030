"""What runs in a context: tasks of the host, each of one run of Wren or of several side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import wrenpy


class Task:
    """A program, or a call of a script function. It ends when all its runs have ended.

    Attributes:
        id: its number.
        file: what the program is called; empty for a call.
        program: whether its value is the variable `result`.
        unheard: jobs that failed, and that nobody has waited for.
    """

    __slots__ = ("file", "id", "main", "program", "runs", "unheard")

    def __init__(self, id: int) -> None:
        self.id = id
        self.file = ""
        self.program = False
        self.runs: dict[Run, None] = {}
        self.main: Run | None = None
        self.unheard: dict[Job, None] = {}


class Run:
    """One stack of fibers: the main one of a task, or that of a job.

    Attributes:
        call: the number of the host call that it waits for, if it does.
    """

    __slots__ = ("call", "job", "task", "wren")

    def __init__(self, task: Task, wren: wrenpy.Task, job: Job | None = None) -> None:
        self.task, self.wren, self.job = task, wren, job
        self.call: int | None = None
        task.runs[self] = None


class Job:
    """What runs beside its maker: a function of `all`, or a future."""

    __slots__ = ("__weakref__", "done", "error", "run", "task", "waiting")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.run: Run | None = None
        self.done = False
        self.error: Exception | None = None
        self.waiting: list[Join] = []

    def get(self, name: str) -> bool:
        """Whether it is done."""
        return self.done

    def failure(self) -> Exception:
        """Its error, for who waits for it."""
        self.task.unheard.pop(self, None)
        assert self.error is not None
        if isinstance(self.error, wrenpy.RuntimeError) and not isinstance(self.error.value, str):
            return wrenpy.Abort(self.error.value)
        return self.error


class Pending:
    """A host call without an answer yet."""

    __slots__ = ("call",)

    def __init__(self, call: int) -> None:
        self.call = call


class Join:
    """A run that waits for jobs; with the first that fails it fails. Jobs that were made for it are
    then ended."""

    __slots__ = ("jobs", "missing", "owns", "run")

    def __init__(self, jobs: Sequence[Job], owns: bool) -> None:
        self.jobs = [job for job in jobs if not job.done]
        self.missing = len(self.jobs)
        self.owns = owns
        self.run: Run | None = None
        for job in self.jobs:
            job.waiting.append(self)

    def waits(self) -> bool:
        """Whether its run still waits for it."""
        request = self.run.wren.request if self.run is not None else None
        return request is not None and request.target is self


class Listener(Protocol):
    """Who hears how tasks end."""

    def look(self) -> None:
        """Raise LimitError where a limit is reached."""
        ...

    def over(self, task: Task) -> None:
        """All runs of a task have ended; its main one's value is there."""
        ...

    def failed(self, task: Task, error: Exception) -> None:
        """The main run of a task has failed; the others have been ended."""
        ...

    def job_failed(self, error: Exception) -> None:
        """A job has failed."""
        ...


class Runs:
    """The runs of a context: those that can go on, and those that wait."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.tasks: dict[int, Task] = {}
        self.pending: dict[int, Run] = {}  # by the host call that they wait for
        self.ready: deque[Run] = deque()
        self.current: Run | None = None

    def clear(self) -> None:
        """Forget everything."""
        self.tasks.clear()
        self.pending.clear()
        self.ready.clear()

    def main(self, task: Task, wren: wrenpy.Task) -> None:
        """The main run of a task."""
        task.main = Run(task, wren)
        self.ready.append(task.main)

    def beside(self, wren: wrenpy.Task) -> Job:
        """A run beside the current one, from when that one waits."""
        assert self.current is not None
        job = Job(self.current.task)
        job.run = Run(job.task, wren, job)
        self.ready.append(job.run)
        return job

    def advance(self) -> None:
        """Let a run go on until it waits or ends.

        Raises:
            LimitError: a limit was reached.
        """
        run = self.ready.popleft()
        if run not in run.task.runs:
            return
        self.current = run
        try:
            self._listener.look()
            request = run.wren.advance()
            if request is None:
                self._ended(run)
                return
            self._listener.look()
            if isinstance(request.target, Pending):
                run.call = request.target.call
                self.pending[run.call] = run
            elif isinstance(request.target, Join):
                request.target.run = run
        except wrenpy.LimitError as error:
            error.frames = error.frames or run.wren.frames()
            raise
        finally:
            self.current = None

    def _ended(self, run: Run) -> None:
        task = run.task
        task.runs.pop(run, None)
        error: Exception | None = None
        try:
            run.wren.result()
        except (wrenpy.RuntimeError, wrenpy.ConversionError) as problem:
            error = problem
        if run.job is not None:
            self._settle(run.job, error)
        elif error is not None:
            self.drop(task)
            self._listener.failed(task, error)
            return
        if not task.runs and task.id in self.tasks:
            self._listener.over(task)

    def _settle(self, job: Job, error: Exception | None) -> None:
        """A job is done: those who wait for it may go on."""
        job.done, job.error, job.run = True, error, None
        if error is not None:
            self._listener.job_failed(error)
            if not job.waiting:
                job.task.unheard[job] = None
        for join in job.waiting:
            join.missing -= 1
            if not join.waits() or (error is None and join.missing):
                continue
            assert join.run is not None
            request = join.run.wren.request
            assert request is not None
            if error is None:
                request.answer(None)
            else:
                request.fail(job.failure())
                for other in join.jobs if join.owns else ():
                    self._end(other.run)
            self.ready.append(join.run)

    def _end(self, run: Run | None) -> None:
        """A run goes on no more. Who waits for it waits in vain no longer."""
        if run is None or run not in run.task.runs:
            return
        del run.task.runs[run]
        run.wren.cancel()
        if run.call is not None:
            self.pending.pop(run.call, None)
        if run.job is not None:
            text = "What this waited for was ended."
            self._settle(run.job, wrenpy.RuntimeError(text, text, []))
            run.task.unheard.pop(run.job, None)

    def drop(self, task: Task) -> bool:
        """End a task and all its runs; False if it has ended before."""
        if self.tasks.pop(task.id, None) is None:
            return False
        while task.runs:
            self._end(next(iter(task.runs)))
        return True
