"""Driving the program that runs in a Monty worker: jobs in, calls of the host out.

The worker runs one long feed, the kernel of `prelude.monty`, whose servers take a job each. Monty
stops at every call that the sandbox makes of a `host_` function (a snapshot); `Kernel` answers it
and goes on, until all in the sandbox waits for the host.

Replies are handed in one by one: what the sandbox does until it stops again was set off by that
reply, and so belongs to the task that waited for it. Monty itself does not tell which task calls.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import pydantic_monty as monty

from polyspell_python.pool import Worker

SERVERS = 4
MORE = 16
_FUNCTIONS = ("host_next", "host_ask", "host_wait", "host_done", "host_load", "host_dead")

Resume = Any  # what a snapshot is resumed with
LATER: Resume = {"future": ...}


def value(what: Any) -> Resume:
    """Resume with a value."""
    return {"return_value": what}


def error(kind: str, message: str) -> Resume:
    """Resume with an error of the language."""
    return {"exc_type": kind, "message": message}


@cache
def _prelude() -> str:
    return files("polyspell_python").joinpath("prelude.monty").read_text("utf-8")


def _stub(name: str) -> Callable[[], None]:
    def stub() -> None: ...

    stub.__name__ = name
    return stub


_STUBS = {name: _stub(name) for name in _FUNCTIONS}


class Kernel:
    """The kernel in a worker.

    Args:
        worker: where it runs.
        call: answers a call of the sandbox: (task, snapshot) to what it is resumed with.
        output: takes (stream, text) of what is printed.
    """

    def __init__(
        self,
        worker: Worker,
        call: Callable[[int, monty.FunctionSnapshot], Resume],
        output: Callable[[str, str], None],
    ) -> None:
        self.worker = worker
        self._call, self._output = call, output
        self._idle: list[int] = []
        self._settled: deque[tuple[int, int, Resume]] = deque()
        self._snapshot: monty.SyncSnapshot | None = None
        self._servers = 0
        self._task = 0
        self.busy = 0.0
        """Seconds that the present feed has computed, at most."""
        self.own = 0.0
        """Seconds of processor time that this side has worked for the sandbox: it answers calls."""

    def start(self, face: dict[str, Any]) -> None:
        """Load the prelude, show it the API, and let its servers wait for jobs."""
        self.worker.session.feed_run(_prelude(), inputs=_STUBS, print_callback=self._output)
        self.worker.session.feed_run("_ps_face(modules, handles, values)", inputs=face)
        self._feed()

    def resume_from(self, dump: bytes, idle: list[int], servers: int) -> None:
        """Go on from a dump, in a fresh worker."""
        self._idle, self._servers = idle, servers
        self._snapshot = self.worker.session.load_snapshot(dump, print_callback=self._output)

    def dump(self) -> tuple[bytes, list[int], int]:
        """All that the sandbox is, and what `resume_from` needs beside it."""
        assert self._snapshot is not None and not isinstance(self._snapshot, monty.MontyComplete)
        return self._snapshot.dump(), list(self._idle), self._servers

    def renew(self) -> None:
        """A new feed, with the time of a new one; not while a server is still at work."""
        if len(self._idle) < self._servers:
            return
        while not isinstance(self._snapshot, monty.MontyComplete):
            self._resume({self._idle.pop(): value(None)})
        self.worker.extend()
        self._feed()

    def _feed(self) -> None:
        self._idle, self._servers, self.busy = [], SERVERS, 0.0
        self._run(
            lambda: self.worker.session.feed_start(
                f"await _ps_kernel({SERVERS})", print_callback=self._output
            )
        )

    def job(self, task: int, *job: Any) -> None:
        """Give a job to a server; `run` starts it."""
        if len(self._idle) < 2:  # one always stays, to make more
            self._servers += MORE - 1  # the one that makes them is busy with them
            self._resume({self._idle.pop(): value(("more", MORE))})
        self.settle(task, self._idle.pop(), value(job))

    def settle(self, task: int, call: int, how: Resume) -> None:
        """Note the answer to a call that was put off; `run` hands it in."""
        self._settled.append((task, call, how))

    def run(self) -> None:
        """Hand in answers until there are no more."""
        while self._settled and isinstance(self._snapshot, monty.FutureSnapshot):
            self._task, call, how = self._settled.popleft()
            self._resume({call: how})

    def _resume(self, results: dict[int, Resume]) -> None:
        snapshot = self._snapshot
        assert isinstance(snapshot, monty.FutureSnapshot)
        self._run(lambda: snapshot.resume(results))

    def _run(self, step: Callable[[], monty.SyncSnapshot]) -> None:
        """Let the sandbox run until all in it wait, or the kernel ends."""
        before = self.own - time.thread_time()
        while True:
            begin = time.perf_counter()
            try:
                snapshot = self._snapshot = step()
            finally:
                self.busy += time.perf_counter() - begin
                self.own = before + time.thread_time()
            if isinstance(snapshot, monty.FunctionSnapshot):
                step = self._answered(snapshot)
            elif isinstance(snapshot, monty.NameLookupSnapshot):
                step = snapshot.resume
            else:
                return

    def _answered(self, snapshot: monty.FunctionSnapshot) -> Callable[[], monty.SyncSnapshot]:
        if snapshot.function_name == "host_next" and not snapshot.is_os_function:
            self._idle.append(snapshot.call_id)
            return lambda: snapshot.resume(LATER)
        how = self._call(self._task, snapshot)
        return lambda: snapshot.resume(how)
