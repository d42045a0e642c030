"""A spell: one script with its context, from opening to closing."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from polyspell.aio import reap
from polyspell.errors import PolyspellError, ScriptError
from polyspell.events import current_span, own_context
from polyspell.grants import Grants
from polyspell.hooks import HookCall, Hooks, through
from polyspell.scripting.engine import Call, EngineFacts, Outcome, Reply, Source, Stats
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.gate import Gate
from polyspell.scripting.limits import exceeded
from polyspell.scripting.modules import Loader
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.values import FunctionRef, HandleRef
from polyspell.scripting.watch import GRACE, Watch

if TYPE_CHECKING:
    from polyspell.host import Host
    from polyspell.scripting.links import Link
    from polyspell.scripting.vocabulary import Vocabulary

log = logging.getLogger("polyspell.scripting")
R = TypeVar("R")
PATIENCE = 0.25
"""Seconds in which an engine has to say what a run has used."""
Write = Callable[[str, str], None]


class SpellUsage(msgspec.Struct):
    """What a run has used: seconds of wall and processor time, bytes of memory at its end (None
    where the engine cannot tell), host calls, bytes of output."""

    wall: float = 0.0
    cpu: float = 0.0
    memory: int | None = None
    calls: int = 0
    output: int = 0


class ScriptResult(msgspec.Struct):
    """What a run gave. `value` is what the script returned, `output` what it printed (where nobody
    else took it), `profile` the durations in seconds of its host calls by name (on request)."""

    value: Any
    usage: SpellUsage
    output: str = ""
    profile: dict[str, list[float]] = {}


class Spell:
    """A script's context and all that belongs to it. Made by `Host.scripts.open`.

    async with await host.scripts.open("lua") as spell:
        await spell.run("function double(x) return 2 * x end")
        double = await spell.get("double")
        await double(21)
    """

    def __init__(
        self,
        host: Host,
        vocabulary: Vocabulary,
        sandbox: Sandbox,
        facts: EngineFacts,
        *,
        name: str,
        folder: str | None,
        write: Write | None,
        state: Any,
    ) -> None:
        self.host = host
        self.vocabulary = vocabulary
        self.sandbox = sandbox
        self.facts = facts
        self.name = name
        self.span, self._context = own_context()
        self._soft_calls = self._soft(sandbox.limits.calls)
        self.grants = Grants(sandbox.grants, self._audit)
        # A script's own hooks reach its own work only, and hear of nothing else.
        run_id = self.span.run_id
        self.hooks = Hooks(host.hooks, hears=lambda event: event.run_id == run_id)
        self.gate = Gate(self, vocabulary)
        self.tools: dict[str, Any] = {}
        self.agents: dict[str, Any] = {}
        self.models: dict[str, Any] = {}
        self.memories: dict[str, Any] = {}
        self.schemas: dict[str, Any] = {}
        self.tool_stats: dict[str, list[float]] = {}
        self.state = state
        self.closers: list[Callable[[], Any]] = [self.hooks.aclose]
        self._loader = Loader(folder, self.grants)
        self._write = write
        self._printed: list[str] = []
        self._output = 0
        self._link: Link
        self._tasks = itertools.count(1)
        self._outcomes: dict[int, asyncio.Future[Any]] = {}
        self._early: dict[int, Outcome] | None = None
        self._resumed: tuple[int, ...] = ()
        self._work: set[asyncio.Task[Any]] = set()
        self._broken: PolyspellError | None = None
        self._closed = self._doomed = False
        self._loop = asyncio.get_running_loop()

    async def start(self, link: Link, resumed: bool = False) -> None:
        """Open the context, or one in which tasks wait already. `Scripts` calls this."""
        self._link = link
        self._early = {} if resumed else None
        await link.open()
        if self._early is not None:
            early, self._early = self._early, None
            self._resumed = tuple(sorted({*await link.query("tasks"), *early}))
            self._tasks = itertools.count(max(self._resumed, default=0) + 1)
            for task in self._resumed:
                self._outcomes[task] = self._loop.create_future()
            for outcome in early.values():
                self.finished(outcome)

    async def suspend(self, key: bytes) -> bytes:
        """Put the script away while it waits for the host: its whole state as bytes that only the
        owner of the key can have written. The spell is closed. `Scripts.resume` goes on, in another
        process too: calls that it waits for are made again, handles of this host are gone.

        Args:
            key: a secret of at least 16 bytes.

        Raises:
            ScriptError: the engine cannot, or the script does not wait.
        """
        if "snapshots" not in self.facts.features or self.sandbox.trusted:
            raise ScriptError("This engine cannot suspend scripts.", hint="Sandboxed Python can.")
        sealed: bytes = await self._link.query("dump", key)
        await self.close()
        return sealed

    async def resumed(self) -> ScriptResult:
        """What a script gives that was put away while it ran. Raises as `run`."""
        if not self._resumed:
            raise ScriptError("This script was not resumed.", hint="Call run.")
        begin, task = time.perf_counter(), self._resumed[0]
        value = await self._outcome(task, self._outcomes[task])
        usage = await self._usage(begin, 0.0)
        return ScriptResult(value, usage, "".join(self._printed))

    # -- running --------------------------------------------------------------------------------

    async def run(self, source: str | Source) -> ScriptResult:
        """Run a program in the context.

        Raises:
            ScriptError: it failed, or hit a limit, or was refused something. `code` says which.
        """
        if isinstance(source, str):
            source = Source(source, name=self.name)
        begin, cpu = time.perf_counter(), self._link.cpu() or 0.0
        data = {"name": source.name}
        self._emit("script.run.started", data)
        try:
            value = await self._within_hooks(source)
        except PolyspellError as error:
            self._emit("script.run.failed", {**data, "error": error.to_dict()})
            raise
        usage = await self._usage(begin, cpu)
        self._emit("script.run.completed", {**data, "usage": msgspec.to_builtins(usage)})
        printed, self._printed = "".join(self._printed), []
        return ScriptResult(value, usage, printed, self.gate.profile or {})

    async def _within_hooks(self, source: Source) -> Any:
        async def inner(call: HookCall) -> Any:
            text = call.values["source"]
            changed = msgspec.structs.replace(source, text=text)
            return await self._task(lambda task: self._link.send("run", task, changed))

        values = {
            "name": source.name, "source": source.text, "language": self.facts.name,
            "run_id": self.span.run_id,
        }  # fmt: skip
        chain = self.hooks.chain("script.run")
        return await through(chain, HookCall("script.run", values), inner)

    async def call(self, ref: FunctionRef, arguments: list[Any]) -> Any:
        """Call a function of the script. Raises as `run`."""
        plain = [self.gate.to_script(a) for a in arguments]
        return await self._task(lambda task: self._link.send("call", task, ref.id, plain))

    async def get(self, name: str) -> Any:
        """A global of the script; a function comes as an async callable."""
        return self._live(await self._query("get", name))

    async def set(self, name: str, value: Any) -> None:
        """Set a global of the script."""
        await self._query("set", name, self.gate.to_script(value))

    async def _query(self, method: str, *arguments: Any) -> Any:
        self._require_alive()
        async with Watch(self, self._link):
            return await self._link.query(method, *arguments)

    def _require_alive(self) -> None:
        if self.lost:
            raise self._broken or ScriptError("The script has ended.", hint="Open a new one.")

    async def _task(self, begin: Callable[[int], None]) -> Any:
        """Start a task and wait for its end; leaving early cancels it."""
        self._require_alive()
        if not self._outcomes:  # nothing is at work: limits count anew
            self.gate.begin()
            self._output = 0
        task = next(self._tasks)
        future: asyncio.Future[Any] = self._loop.create_future()
        self._outcomes[task] = future
        begin(task)
        return await self._outcome(task, future)

    async def _outcome(self, task: int, future: asyncio.Future[Any]) -> Any:
        try:
            async with Watch(self, self._link):
                return await future
        except asyncio.CancelledError:
            self._link.send("cancel", task)
            raise
        finally:
            self._outcomes.pop(task, None)

    def _live(self, value: Any) -> Any:
        """A value of the script as the host uses it: functions can be called."""
        if isinstance(value, list):
            return [self._live(v) for v in value]
        if isinstance(value, dict):
            return {k: self._live(v) for k, v in value.items()}
        return self.gate.to_host(value)

    async def _usage(self, begin: float, cpu: float) -> SpellUsage:
        wall, used, stats = time.perf_counter() - begin, self._link.cpu(), Stats()
        if not self.lost:  # an engine that does not say it at once is not waited for
            with contextlib.suppress(PolyspellError, msgspec.ValidationError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    stats = msgspec.convert(await self._link.query("stats"), Stats)
        spent = stats.cpu if used is None else used - cpu
        return SpellUsage(wall, spent, stats.memory, self.gate.calls, self._output)

    # -- what the link brings -------------------------------------------------------------------

    def ask(self, call: Call) -> Reply | Awaitable[Reply]:
        """The script calls the host."""
        if self.gate.calls + 1 == self._soft_calls:
            self.near("calls", self.gate.calls + 1)
        return self.within(self.gate.ask, call)

    def within(self, function: Callable[..., R], *arguments: Any) -> R:
        """Call a function under the spell's own span."""
        if current_span() is self.span:
            return function(*arguments)
        return self._context.copy().run(function, *arguments)

    def waits(self, call: Call) -> bool:
        """Whether a call's function waits."""
        kind = call.target.type if isinstance(call.target, HandleRef) else call.target
        entry = self.vocabulary.entries.get((kind, call.name))
        return entry is not None and entry.spec.waits

    def load(self, specifier: str, importer: str | None = None) -> dict[str, Any]:
        """A module file for the script."""
        return self._loader.load(specifier, importer)

    def finished(self, outcome: Outcome) -> bool:
        """A task has ended; whether there was one."""
        if self._early is not None:
            self._early[outcome.task] = outcome
        future = self._outcomes.get(outcome.task)
        error = script_error(outcome.error) if outcome.error is not None else None
        if outcome.fatal and error is not None:
            self.broken(error)  # the other tasks of the context have ended with it
        if future is None or future.done():
            return future is not None or self._early is not None
        if error is not None:
            future.set_exception(error)
            return True
        try:  # now: the script may drop its handles before who waits goes on
            future.set_result(self._live(outcome.value))
        except PolyspellError as problem:
            future.set_exception(problem)
        except RecursionError:
            future.set_exception(ScriptError("What the script gave is nested too deeply."))
        return True

    @property
    def lost(self) -> bool:
        """Whether its context cannot be used any more."""
        return self._broken is not None or self._closed

    def broken(self, error: PolyspellError) -> None:
        """The context is lost: whatever waits for it ends with this error."""
        if self._broken is None:
            self._broken = script_error(error.to_dict())
            self._link.abort()
        for future in self._outcomes.values():
            if not future.done() and not self._loop.is_closed():
                future.set_exception(self._broken)

    def doomed(self, error: PolyspellError) -> None:
        """A limit was reached in the host. The engine ends the script when it is told, with the
        line in its error; one that does not is ended soon."""
        if not self._doomed:
            self._doomed = True
            self._loop.call_later(GRACE, self._end_doomed, error)

    def _end_doomed(self, error: PolyspellError) -> None:
        if not self.lost:
            self.broken(error)

    def over_output(self, text: str) -> bool:
        """Count what the script prints; whether it is too much."""
        allowed = self.sandbox.limits.output
        before, self._output = self._output, self._output + len(text.encode("utf-8", "replace"))
        soft = self._soft(allowed)
        if soft is not None and before < soft <= self._output:
            self._loop.call_soon_threadsafe(self.near, "output", self._output)
        return allowed is not None and self._output > allowed

    def printed(self, stream: str, text: str) -> None:
        """The script printed."""
        if self.over_output(text):
            raise exceeded("output", self.sandbox.limits.output)
        self.write(stream, text)

    def write(self, stream: str, text: str) -> None:
        """Hand on what the script printed, to who asked for it or into the result."""
        if self._write is not None:
            self._write(stream, text)
        else:
            self._printed.append(text)

    def dropped(self, handles: list[int]) -> int:
        """The script holds these handles no more; gives how many there were."""
        gone = self.gate.drop(handles)
        for handle in gone:
            self._close_handle(handle)
        return len(gone)

    def function(self, ref: FunctionRef) -> ScriptFunction:
        """A function of the script, to be called by the host."""
        return ScriptFunction(self, ref)

    def release(self, function: int) -> None:
        """The host holds a function no more. May be called from anywhere."""
        if not self._closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._release, function)

    def _release(self, function: int) -> None:
        if not self._closed and self._broken is None:
            self._link.send("release", [function])

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let work run for the script; it ends with it."""
        task = self._loop.create_task(work, context=self._context.copy())
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    def answer_later(self, reply: Awaitable[Reply], link: Link) -> None:
        """Send a reply when it has come. It is a task itself, with nothing around it: one that is
        cancelled before its first step would leave it never awaited."""
        work = self.spawn(cast(Coroutine[Any, Any, Reply], reply))

        def done(work: asyncio.Task[Reply]) -> None:
            if not work.cancelled() and work.exception() is None:
                link.send("answer", work.result())

        work.add_done_callback(done)

    def _audit(self, word: str, allowed: bool) -> None:
        name = "script.grant.used" if allowed else "script.grant.denied"
        self._emit(name, {"grant": word, "script": self.name})

    def near(self, limit: str, used: float) -> None:
        """Tell that 80 % of a limit are used."""
        allowed = getattr(self.sandbox.limits, limit)
        data = {"limit": limit, "used": used, "allowed": allowed, "script": self.name}
        self._emit("script.limit.near", data)

    def _emit(self, name: str, data: dict[str, Any]) -> None:
        self.within(self.host.events.emit, name, data)

    @staticmethod
    def _soft(allowed: int | None) -> int | None:
        return None if allowed is None else max(1, int(allowed * 0.8))

    # -- the end --------------------------------------------------------------------------------

    def agent_hooks(self) -> Hooks:
        """Hooks for an agent of the script, within the script's own."""
        return Hooks(self.hooks)

    def require_model(self, model: str) -> None:
        """Go on if the script may use a model: under the grant `provider:MODEL`, or because it made
        the model itself.

        Raises:
            PermissionDenied: it may not; names the grant.
        """
        if model not in self.models:
            self.grants.require(f"provider:{model}")

    async def close(self) -> None:
        """End the script and free all that it held. From another event loop than its own, too."""
        if self._loop is not asyncio.get_running_loop() and self._loop.is_running():
            done = asyncio.run_coroutine_threadsafe(self.close(), self._loop)
            return await asyncio.wrap_future(done)
        if self._closed:
            return
        self._closed = True
        self._link.abort()  # nothing more begins while the rest is put away
        if not self._loop.is_closed():
            await reap(*self._work)
        for handle in self.gate.drop_all():
            self._close_handle(handle)
        for closer in reversed(self.closers):
            try:
                result = closer()
                if asyncio.iscoroutine(result):
                    await result
            except Exception as error:
                log.warning("Something of %s could not be closed", self.name, exc_info=error)
        await self._link.close()
        self.broken(ScriptError("The script has ended."))

    def _close_handle(self, handle: Any) -> None:
        try:
            result = handle.close() if hasattr(handle, "close") else None
        except Exception as error:
            log.warning("A handle of %s could not be closed", self.name, exc_info=error)
            return
        if asyncio.iscoroutine(result):
            self.host.events.spawn(result)

    async def __aenter__(self) -> Spell:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


def script_error(data: dict[str, Any]) -> ScriptError:
    """Whatever ended a script, as a ScriptError with that error's code, hint and context."""
    return ScriptError(
        str(data.get("message", "")),
        code=str(data.get("code", "script")),
        hint=data.get("hint") or "",
        retryable=bool(data.get("retryable", False)),
        context=dict(data.get("context") or {}),
    )
