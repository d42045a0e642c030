"""A spell: one script with its context, from opening to closing."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from polyspell.errors import ScriptError
from polyspell.grants import Grants
from polyspell.hooks import Hooks
from polyspell.scripting import runs
from polyspell.scripting.engine import Call, EngineFacts, Reply, Source
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.gate import Gate
from polyspell.scripting.life import Life
from polyspell.scripting.modules import Loader
from polyspell.scripting.output import Output, Write
from polyspell.scripting.results import ScriptResult, SpellUsage, script_error
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.tasks import Tasks
from polyspell.scripting.telling import Telling
from polyspell.scripting.values import FunctionRef
from polyspell.scripting.work import Work

if TYPE_CHECKING:
    from polyspell.host import Host
    from polyspell.scripting.links import Link
    from polyspell.scripting.vocabulary import Vocabulary

__all__ = ["ScriptResult", "Spell", "SpellUsage", "Write", "script_error"]

log = logging.getLogger("polyspell.scripting")
R = TypeVar("R")


class Spell:
    """A script's context and all that belongs to it. Made by `Host.scripts.open`.

    async with await host.scripts.open("lua") as spell:
        await spell.run("function double(x) return 2 * x end")
        double = await spell.get("double")
        await double(21)
    """

    link: Link
    tasks: Tasks

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
        context: Any = None,
    ) -> None:
        self.host = host
        self.vocabulary = vocabulary
        self.sandbox = sandbox
        self.facts = facts
        self.name = name
        self.context = context
        self.work = Work()
        self.span = self.work.span
        self.telling = Telling(name, sandbox.limits, host.events, self.work)
        self.life = Life(self)
        self.grants = Grants(sandbox.grants, self._asked)
        # A script's own hooks reach its own work only, and hear of nothing else.
        run_id = self.span.run_id
        self.hooks = Hooks(host.hooks, hears=lambda event: event.run_id == run_id)
        self.gate = Gate(self, vocabulary)
        self.output = Output(sandbox.limits.output, write, self._near_output)
        self.tools: dict[str, Any] = {}
        self.agents: dict[str, Any] = {}
        self.models: dict[str, Any] = {}
        self.memories: dict[str, Any] = {}
        self.schemas: dict[str, Any] = {}
        self.tool_stats: dict[str, list[float]] = {}
        self.state = state
        self.closers: list[Callable[[], Any]] = [self.hooks.aclose]
        self._loader = Loader(folder, self.grants, sandbox.limits)
        self._loop = asyncio.get_running_loop()
        self._begun = 0.0
        self._closing: asyncio.Task[None] | None = None

    async def start(self, link: Link, resumed: bool = False) -> None:
        """Open the context, or one in which tasks wait already. `Scripts` calls this."""
        self.link = link
        self.tasks = Tasks(self, link)
        if resumed:
            self.gate.handles.forget_numbers()
        await self.tasks.open(resumed)

    # -- for the host ---------------------------------------------------------------------------

    async def run(self, source: str | Source) -> ScriptResult:
        """Run a program in the context.

        Raises:
            ScriptError: it failed, or hit a limit, or was refused something. `code` says which.
        """
        if isinstance(source, str):
            source = Source(source, name=self.name)
        return await runs.run(self, source)

    async def call(self, ref: FunctionRef, arguments: list[Any]) -> Any:
        """Call a function of the script. Raises as `run`."""
        self.gate.require_free()
        return await self.tasks.do("call", ref.id, [self.gate.to_script(a) for a in arguments])

    async def get(self, name: str) -> Any:
        """A global of the script; a function comes as an async callable."""
        return self.gate.live(await self.tasks.query("get", name))

    async def set(self, name: str, value: Any) -> None:
        """Set a global of the script."""
        await self.tasks.query("set", name, self.gate.to_script(value))

    async def suspend(self, key: bytes) -> bytes:
        """Put the script away while it waits for the host: its whole state as bytes that only the
        owner of the key can have written. The spell is closed, its run ends with an error of the
        code `suspended`. `Scripts.resume` goes on, in another process too: calls that it waits for
        are made again, handles of this host are gone.

        Args:
            key: a secret of at least 16 bytes.

        Raises:
            ScriptError: the engine cannot, or the script does not wait.
        """
        if "snapshots" not in self.facts.features or self.sandbox.trusted:
            raise ScriptError("This engine cannot suspend scripts.", hint="Sandboxed Python can.")
        sealed: bytes = await self.link.query("dump", key)
        self.life.broken(
            ScriptError(
                "The script was put away.", code="suspended", hint="Scripts.resume goes on with it."
            )
        )
        await self.close()
        return sealed

    async def resumed(self) -> ScriptResult:
        """What a script gives that was put away while it ran, once. Raises as `run`."""
        if not self.tasks.resumed:
            raise ScriptError(
                "This script was not resumed, or has given its value.", hint="Call run."
            )
        return await runs.go_on(self, self.tasks.resumed.pop(0))

    # -- for the API modules --------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Let work run for the script; it ends with it."""
        return self.work.spawn(work)

    def agent_hooks(self) -> Hooks:
        """Hooks for an agent of the script, within the script's own."""
        return Hooks(self.hooks)

    def require_model(self, model: str) -> None:
        """Go on if the script may use a model: under the grant `provider:MODEL`, or because it made
        the model itself.

        Raises:
            PermissionDenied: it may not; names the grant.
            NotFoundError: another script made it.
        """
        if model not in self.models:
            self.host.scripts.require_common(model)
            self.grants.require(f"provider:{model}")

    # -- what the script does -------------------------------------------------------------------

    def _asked(self, grant: str, allowed: bool) -> None:
        self.gate.memo.forbid()  # what comes of it would go around the question
        self.telling.asked(grant, allowed)

    def begin(self) -> None:
        """Limits count anew: something is run, and nothing was at work. What listeners of the
        script do in between has the limits of one run for each time that a run may last."""
        now, wall = self._loop.time(), self.sandbox.limits.wall or 0.0
        if self.work.is_own() and now < self._begun + wall:
            return
        self._begun = now
        self.gate.begin()
        self.output.begin()
        self.telling.begin()
        self.link.begin()

    def ask(self, call: Call) -> Reply | Awaitable[Reply]:
        """The script calls the host."""
        return self.work.within(self.gate.ask, call)

    def load(self, specifier: str, importer: str | None = None) -> dict[str, Any]:
        """A module file for the script."""
        return self._loader.load(specifier, importer)

    def function(self, ref: FunctionRef) -> ScriptFunction:
        """A function of the script, to be called by the host."""
        return ScriptFunction(self, ref)

    def release(self, function: int) -> None:
        """The host holds a function no more. May be called from anywhere."""
        if not self.life.closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._release, function)

    def _release(self, function: int) -> None:
        if not self.lost:
            self.link.send("release", [function])

    def _near_output(self, used: int) -> None:
        self._loop.call_soon_threadsafe(self.telling.near, "output", used)

    # -- the end --------------------------------------------------------------------------------

    @property
    def lost(self) -> bool:
        """Whether its context cannot be used any more."""
        return self.life.lost

    async def close(self) -> None:
        """End the script and free all that it held. From another event loop than its own, too."""
        if self._loop is not asyncio.get_running_loop() and self._loop.is_running():
            done = asyncio.run_coroutine_threadsafe(self.close(), self._loop)
            return await asyncio.wrap_future(done)
        if self._closing is None:
            self.life.close()
            self.link.abort()  # nothing more begins while the rest is put away
            self._closing = asyncio.ensure_future(self._end())
        if self._closing.get_loop() is asyncio.get_running_loop():
            await asyncio.shield(self._closing)  # once begun it goes on, whoever waits for it

    async def _end(self) -> None:
        steps = (self.work.end, self.gate.handles.end, *reversed(self.closers), self.link.close)
        for step in steps:
            try:
                result = step()
                if inspect.isawaitable(result):
                    await result
            except (Exception, asyncio.CancelledError) as error:  # the rest is closed all the same
                log.warning("Something of %s could not be closed", self.name, exc_info=error)
        self.life.broken(ScriptError("The script has ended."))

    async def __aenter__(self) -> Spell:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
