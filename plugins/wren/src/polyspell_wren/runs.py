"""What runs in a context: tasks of the host, each of one run of Wren or of several side by side."""

from __future__ import annotations

from collections.abc import Sequence

import wrenpy


class Task:
    """A program, or a call of a script function. It ends when all its runs have ended.

    Attributes:
        id: its number.
        file: what the program is called; empty for a call.
        program: whether its value is the variable `result`.
    """

    __slots__ = ("file", "id", "main", "program", "runs", "unheard")

    def __init__(self, id: int, file: str = "", program: bool = False) -> None:
        self.id, self.file, self.program = id, file, program
        self.runs: dict[Run, None] = {}
        self.main: Run | None = None
        self.unheard: dict[Job, None] = {}  # failed, and nobody has waited for them


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

    __slots__ = ("__weakref__", "done", "error", "run", "waiting")

    def __init__(self) -> None:
        self.run: Run | None = None
        self.done = False
        self.error: Exception | None = None
        self.waiting: list[Join] = []

    def get(self, name: str) -> bool:
        """Whether it is done."""
        return self.done


class Pending:
    """A host call without an answer yet."""

    __slots__ = ("call",)

    def __init__(self, call: int) -> None:
        self.call = call


class Join:
    """A run that waits for jobs; with the first that fails it fails, and the others are ended."""

    __slots__ = ("jobs", "missing", "owns", "run")

    def __init__(self, jobs: Sequence[Job], owns: bool) -> None:
        self.jobs = [job for job in jobs if not job.done]
        self.missing = len(self.jobs)
        self.owns = owns  # the jobs were made for it
        self.run: Run | None = None
        for job in self.jobs:
            job.waiting.append(self)
