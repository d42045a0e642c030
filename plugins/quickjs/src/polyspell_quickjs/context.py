"""A context: a QuickJS runtime, its tasks, and the way between the prelude and the port.

Each thing that happens (a run, a call, an answer) is one *slice*: the runtime evaluates `__go()`,
the prelude takes the action, and the promise that `__go` gives, which never settles, lets the
runtime work off all jobs until nothing can go on without the host.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import jsbox
from polyspell.errors import Cancelled, PolyspellError, ScriptError
from polyspell.scripting.engine import Call, ContextOptions, Outcome, Port, Reply, Source, Stats
from polyspell.scripting.limits import Meter

from polyspell_quickjs.bridge import Bridge, Stop, packed, prelude, sandbox_limit
from polyspell_quickjs.errors import place_of, script_error
from polyspell_quickjs.faces import Faces
from polyspell_quickjs.guards import Guards
from polyspell_quickjs.modules import Modules
from polyspell_quickjs.values import arguments_to_script, to_script

_IDLE = "promise never settled (no pending jobs)"
_SLACK = 0.002  # seconds by which two clocks may differ
_STACK = 4 * 2**20  # the most that the runtime takes
_MOST = 2**31 - 1
_GRAIN = 2**16  # bytes to which the memory in use is told


class Task:
    """A program or call that runs. `waits`: a program is not over while its calls wait."""

    __slots__ = ("calls", "file", "outcome", "waits")

    def __init__(self, waits: bool, file: str) -> None:
        self.waits, self.file = waits, file
        self.calls: set[int] = set()
        self.outcome: Outcome | None = None


class JsContext:
    """See `polyspell.scripting.engine.Context`.

    Args:
        options: what to open it with.
        faces: the API as JavaScript shows it.
        port: where the script's wishes go.
    """

    def __init__(self, options: ContextOptions, faces: Faces, port: Port) -> None:
        self.port, self.faces = port, faces
        self.values, self.trusted = options.values, options.trusted
        self.meter = Meter(options.limits)
        self.tasks: dict[int, Task] = {}
        self.pending: dict[int, int] = {}  # the task of each call that waits
        self.action: list[Any] | None = None
        self.got: Any = None
        self.stopped: PolyspellError | None = None
        self.crash: Exception | None = None
        self.trace = ""
        self.dropped: list[int] = []
        self._inbox: deque[list[Any]] = deque()
        self._last_call = 0
        self._running = False
        self._held: int | None = None  # bytes, found out when asked for
        self._until, self._limit = float("inf"), "wall"
        memory = options.limits.memory or 0
        self._runtime: jsbox.Runtime | None = jsbox.Runtime(
            memory_limit=memory,
            max_stack_size=_STACK,
            max_value_bytes=min(memory or _MOST, _MOST),
        )
        self._bridge = Bridge(self)
        self._runtime.bind_function("__host", self._bridge)
        guards = Guards(f"_{secrets.token_hex(4)}", not (options.trusted or options.killable))
        self.modules = Modules(self._runtime, self._load, faces.module(options.values), guards)
        self._prepared = False  # the prelude comes with the first slice: opening is cheap

    # -- the protocol -----------------------------------------------------------------------------

    def run(self, task: int, source: Source) -> None:
        """Start a program."""
        if self._refused(task):
            return
        self._begin(task, Task(not source.interactive, source.name))
        try:
            name = self.modules.run(source)
        except PolyspellError as error:
            self.fail(task, error.to_dict())
        else:
            self._go(["run", task, name, source.interactive])

    def call(self, task: int, function: int, arguments: list[Any]) -> None:
        """Call a script function."""
        if self._refused(task):
            return
        self._begin(task, Task(False, ""))
        try:
            given, tagged = arguments_to_script(arguments)
        except PolyspellError as error:
            self.fail(task, error.to_dict())
        else:
            self._go(["call", task, function, given, tagged])

    def answer(self, reply: Reply) -> None:
        """The reply to a call."""
        self.answer_all([reply])

    def answer_all(self, replies: Sequence[Reply]) -> None:
        """The replies to several calls: a slice for all of one task."""
        known = [(self.pending.pop(r.call), r) for r in replies if r.call in self.pending]
        for task, group in itertools.groupby(known, lambda pair: pair[0]):
            self._go(["answer", *(self._taken(task, reply) for _, reply in group)])

    def _taken(self, task: int, reply: Reply) -> list[Any]:
        if task in self.tasks:
            self.tasks[task].calls.discard(reply.call)
        if reply.error is not None:
            self.stopped = self.stopped or sandbox_limit(reply.error)
        return [reply.call, packed(reply.value, reply.error)]

    def cancel(self, task: int) -> None:
        """End a task."""
        if task not in self.tasks:
            return
        calls = list(self.tasks[task].calls)
        for call in calls:
            self.pending.pop(call, None)
        self.fail(task, Cancelled("The script was cancelled.").to_dict())
        self._go(["cancel", task, calls])

    def release(self, functions: Sequence[int]) -> None:
        """The host gives functions back, each as often as it got it."""
        self._go(["release", list(functions)])

    def get(self, name: str) -> Any:
        """A global, or else an export of the last program."""
        self._go(["get", name])
        if self.stopped is not None:
            raise self.stopped
        got, self.got = self.got, None
        if isinstance(got, PolyspellError):
            raise got
        return got

    def set(self, name: str, value: Any) -> None:
        """Set a global."""
        self._go(["set", name, [*to_script(value), None]])

    def stats(self) -> Stats:
        """Memory and processor time so far. Of what was freed within a slice the engine keeps no
        trace, so there is no peak."""
        return Stats(self._memory(), self.meter.work)

    def close(self) -> None:
        """Free the runtime."""
        self.tasks.clear()
        self.pending.clear()
        self._inbox.clear()
        self._bridge.close()
        self.modules.close()
        self._runtime = None

    # -- for the bridge ---------------------------------------------------------------------------

    def next_call(self) -> int:
        """The number of a new call."""
        self._last_call += 1
        return self._last_call

    def fail(self, task: int, error: dict[str, Any]) -> None:
        """A task ends with an error."""
        self._finish(task, Outcome(task, error=error))

    def interrupted(self, trace: str) -> None:
        """The script is stopped, at this place, if its time is over or a limit was hit."""
        self.trace = self.trace or trace
        if self.stopped is None and time.monotonic() >= self._until:
            self.stopped = self.meter.error(self._limit)

    def _load(self, specifier: str, importer: str | None) -> dict[str, Any]:
        """The file that an import means."""
        task = next(reversed(self.tasks), 0)
        reply = self.port.ask(Call(self.next_call(), task, "host", "load", [specifier, importer]))
        if reply is None:
            raise ScriptError("The host did not say what a module is.")
        if reply.error is not None:
            raise sandbox_limit(reply.error) or PolyspellError.from_dict(reply.error)
        found: dict[str, Any] = reply.value
        return found

    def _memory(self) -> int | None:
        """Bytes in use, found by what of the limit is free; None without a limit."""
        limit, runtime = self.meter.limits.memory, self._runtime
        if self._held is None and limit and limit <= _MOST and runtime and not self._running:
            if not self._prepared:
                return 0
            with contextlib.suppress(jsbox.JavaScriptError, Stop):
                self._held = limit - int(runtime.eval(f"__free({limit},{_GRAIN})", timeout=1.0))
        return self._held

    # -- slices -----------------------------------------------------------------------------------

    def _begin(self, task: int, started: Task) -> None:
        if not self.tasks:
            self.meter.start()
        self.tasks[task] = started

    def _go(self, action: list[Any]) -> None:
        """Let the script do something; later, if it is at work just now."""
        self._inbox.append(action)
        if self._running:
            return
        self._running = True
        try:
            while self._inbox and self._runtime is not None:
                self._slice(self._runtime, self._inbox.popleft())
        finally:
            self._running = False
        if self.dropped:
            dropped, self.dropped = self.dropped, []
            self.port.drop(dropped)

    def _slice(self, runtime: jsbox.Runtime, action: list[Any]) -> None:
        self.action, self.trace, self._held = action, "", None
        self.meter.enter()
        seconds, self._limit = self.meter.left()
        self._until = time.monotonic() + seconds - _SLACK
        try:
            if seconds <= 0:
                self.stopped = self.stopped or self.meter.error(self._limit)
            if not self._prepared:
                runtime.eval(prelude("core"))
                self._prepared = True
            if self.stopped is None:
                runtime.eval("__go()", None if seconds == float("inf") else seconds)
        except jsbox.JsTimeoutError:
            self.stopped = self.stopped or self.meter.error(self._limit)
        except jsbox.JavaScriptError as error:
            if error.message != _IDLE:
                self._stray(error)
        except Stop:
            pass
        finally:
            self.meter.leave()
        if self.stopped is None and time.monotonic() >= self._until:  # it has seen it itself
            self.stopped = self.meter.error(self._limit)
        if self.crash is not None:
            crash, self.crash = self.crash, None
            raise crash
        if self.stopped is not None:
            self._die(self.stopped)
        elif self._runtime is not None:
            self._settle(runtime)

    def _settle(self, runtime: jsbox.Runtime) -> None:
        """Finish the tasks that are over, and those that wait for what cannot come."""
        for task, state in list(self.tasks.items()):
            if state.outcome is not None and not (state.waits and state.calls):
                self._finish(task, state.outcome)
        if not self.tasks or self.pending or self._inbox or self._is_held(runtime):
            return
        for task, state in list(self.tasks.items()):
            error = ScriptError(
                "The script waits for something that never happens.",
                hint="Is there a promise that nothing resolves, or did memory run out?",
                context={"file": state.file} if state.file else None,
            )
            self.fail(task, error.to_dict())

    def _is_held(self, runtime: jsbox.Runtime) -> bool:
        """Whether the host may still call a function of the script."""
        try:
            return bool(
                runtime.eval(f"__idle({(self.meter.limits.memory or 0) // 2})", timeout=1.0)
            )
        except (jsbox.JavaScriptError, Stop):
            self._die(self.meter.error("memory"))
            return True

    def _stray(self, error: jsbox.JavaScriptError) -> None:
        """An error outside of all promises: memory that ran out, or a job that threw."""
        if (error.message == "null" and error.name is None) or "out of memory" in error.message:
            self.stopped = self.stopped or self.meter.error("memory")
            return
        told = {"message": error.message, "name": error.name or "Error", "stack": error.stack or ""}
        for task in list(self.tasks)[-1:]:
            self.fail(task, script_error(told, self.modules.locate, self.faces.functions))

    def _die(self, error: PolyspellError) -> None:
        """A limit of the sandbox: nothing in this context goes on."""
        self.stopped = error
        data, place = error.to_dict(), place_of(self.trace, self.modules.locate)
        for task, state in list(self.tasks.items()):
            own = {"file": state.file} if state.file else {}
            context = own | place | error.context
            self._finish(task, Outcome(task, error=data | {"context": context}, fatal=True))
        self.close()

    def _finish(self, task: int, outcome: Outcome) -> None:
        if self.tasks.pop(task, None) is not None:
            self.port.finish(outcome)

    def _refused(self, task: int) -> bool:
        """Whether the context is dead: a task ends at once."""
        if self._runtime is not None:
            return False
        error = self.stopped or ScriptError("The script has ended.", hint="Open a new one.")
        self.port.finish(Outcome(task, error=error.to_dict(), fatal=True))
        return True
