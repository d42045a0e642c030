"""The gate: the one place that every call from a script passes.

count ─▶ limit ─▶ look up ─▶ hooks ─▶ memo ─▶ bind and check ─▶ the API module ─▶ profile

Permissions are asked by the module through `spell.grants.require`, which audits each; what it gave
then is not in the memo.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Any

from polyspell.errors import NotFoundError, PolyspellError, ScriptError, describe
from polyspell.hooks import Chain, HookCall, through
from polyspell.hooks.chain import settle
from polyspell.scripting.crossing import Crossing, size_of
from polyspell.scripting.declare import ApiModule
from polyspell.scripting.engine import Call, Reply
from polyspell.scripting.handles import Handles
from polyspell.scripting.held import Held
from polyspell.scripting.limits import exceeded, soft
from polyspell.scripting.memo import Memo
from polyspell.scripting.metered import Metered
from polyspell.scripting.types import Resolve
from polyspell.scripting.values import HandleRef
from polyspell.scripting.vocabulary import Entry, Vocabulary

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell

_QUICK: ContextVar[Sequence[Gate]] = ContextVar("polyspell_quick", default=())
"""The gate within whose quick call the current task is at work."""


class Gate:
    """The door of one spell.

    Args:
        spell: whose it is.
        vocabulary: what there is to call.
    """

    def __init__(self, spell: Spell, vocabulary: Vocabulary) -> None:
        self._spell, self._life = spell, spell.life
        self._hooks = spell.hooks
        self._vocabulary = vocabulary
        self._modules: dict[str, ApiModule] = {}
        self._known: dict[tuple[str, str], tuple[Entry, ApiModule]] = {}
        self.handles = Handles(spell.name, self._charge, self._forget)
        values = Crossing(spell, self.handles)
        self.to_host, self.to_script, self.live = values.to_host, values.to_script, values.live
        self.memo = Memo(self.to_script, spell.spawn)
        limits = spell.sandbox.limits
        self._most_calls, self._soft_calls = _or_endless(limits.calls), soft(limits.calls)
        self._most_waiting = _or_endless(limits.pending)
        self._most_traffic = _or_endless(limits.traffic)
        self._most_busy = _or_endless(limits.cpu)
        self.waiting = 0
        self.profile: dict[str, list[float]] | None = None
        self.begin()

    def begin(self) -> None:
        """Count anew: a run begins."""
        self.calls = self.traffic = 0
        self.busy = 0.0
        self._look_at = self._soft_calls or self._most_calls

    # -- a call ---------------------------------------------------------------------------------

    def ask(self, call: Call) -> Reply | Awaitable[Reply]:
        """Pass a call: a reply, or an awaitable of one where the function waits."""
        self.calls += 1
        try:
            # What the host keeps of what a script hands over is not in the script's own memory.
            left = self._most_traffic - self.traffic
            self.traffic += call.size or size_of(call.arguments, left)
            if self.traffic > self._most_traffic:
                raise self._over("traffic", self._most_traffic)
            if self.calls >= self._look_at or self._life.lost:
                self._look()
            target = call.target
            if target == "host":
                return Reply(call.id, self._spell.load(*call.arguments))
            entry, owner = self._find(target, call.name)
            if self._chain(owner) is not None or (not entry.plain and entry.spec.waits):
                held = Held(call.arguments, self.to_host, owner)
                self.handles.use(held.handles)
                return self._later(call, entry, owner, held)
            before, begin = self.busy, perf_counter()
            try:
                if entry.plain:
                    ordered, named = entry.bind(call.arguments, self.to_host)
                    value = getattr(owner, entry.attribute)(*ordered, **named)
                else:
                    value = self._invoke(entry, owner, call.arguments, self.to_host)
                value = self.to_script(value)
            finally:
                busy = before + perf_counter() - begin
                if busy > self._most_busy:
                    self._spent(busy)
                elif busy > self.busy:
                    self.busy = busy
                if self.profile is not None:
                    self._note(entry.name, begin)
            if self.busy > self._most_busy:
                raise self._over("cpu", self._most_busy)
            return Reply(call.id, value)
        except Exception as error:
            return Reply(call.id, error=_told(error))

    def _look(self) -> None:
        """Go on if the script may call: rarely asked, as every look costs each call."""
        if self._life.lost:  # what was on its way when it ended
            raise ScriptError("The script has ended.")
        if self.calls == self._soft_calls:
            self._spell.telling.near("calls", self.calls)
        self._look_at = self._most_calls + 1
        if self.calls > self._most_calls:
            raise self._over("calls", self._most_calls)

    def _over(self, limit: str, allowed: float) -> PolyspellError:
        """The error for a limit: the engine ends its script with it, or is ended."""
        error = exceeded(limit, allowed)
        self._spell.life.doomed(error)
        return error

    def _spent(self, busy: float) -> None:
        """The host has worked for the script, which counts as the script's own work, so that it is
        `busy` now. Work within work is counted once."""
        if busy > self.busy:
            self.busy = busy
            if busy > self._most_busy:  # it may never come back to be told
                self._over("cpu", self._most_busy)

    def _work(self) -> Callable[[float], None]:
        """The host begins to work for the script; gives what takes the seconds."""
        before = self.busy
        return lambda seconds: self._spent(before + seconds)

    def _charge(self, size: int) -> None:
        """Count bytes that the host keeps for the script."""
        self.traffic += size
        if self.traffic > self._most_traffic:
            raise self._over("traffic", self._most_traffic)

    def _forget(self, number: int) -> None:
        """The script has dropped a handle: what its functions gave is not asked for again."""
        self.memo.drop(number)

    async def _later(self, call: Call, entry: Entry, owner: Any, held: Held) -> Reply:
        begin = perf_counter()
        self.waiting += 1
        try:
            if self.waiting > self._most_waiting:
                raise self._over("pending", self._most_waiting)
            value = await Metered(self._through_hooks(call, entry, owner, held), self._work)
            if self.busy > self._most_busy:
                raise self._over("cpu", self._most_busy)
            return Reply(call.id, self.to_script(value))
        except Exception as error:
            return Reply(call.id, error=_told(error))
        finally:
            self.waiting -= 1
            self.handles.free(held.handles)
            self._note(entry.name, begin)

    async def _through_hooks(self, call: Call, entry: Entry, owner: Any, held: Resolve) -> Any:
        async def inner(seen: HookCall) -> Any:
            return await settle(self._invoke(entry, owner, seen.values["arguments"], held))

        module, _, function = entry.name.rpartition(".")
        values = {
            "module": module, "function": function, "arguments": call.arguments,
            "script": self._spell.name,
        }  # fmt: skip
        chain = self._chain(owner)
        quick = [] if entry.spec.waits else [self]
        token = _QUICK.set(quick)
        try:
            return await through(chain, HookCall("script.call", values), inner)
        finally:
            quick.clear()  # what it has started goes on without it
            _QUICK.reset(token)

    def _chain(self, owner: Any) -> Chain | None:
        chain = self._hooks.chain("script.call")
        return chain if chain is None or getattr(owner, "hooked", True) else None

    def require_free(self) -> None:
        """Go on if a function of the script can be called now.

        Raises:
            ScriptError: whoever calls it stands around a quick call, for whose answer the script
                itself waits: neither would ever come.
        """
        if self in _QUICK.get():
            raise ScriptError(
                "A hook of a script cannot stand around its quick calls.",
                hint='Wrap those that wait: when = {module = "agent"}, say.',
            )

    def _invoke(self, entry: Entry, owner: Any, arguments: list[Any], resolve: Resolve) -> Any:
        if entry.spec.is_property:
            return getattr(owner, entry.attribute)
        if not entry.spec.pure:
            return _call(entry, owner, arguments, resolve)
        recall = self.memo.wait if entry.spec.waits else self.memo.call
        return recall(
            self.handles.number(owner), entry.name, arguments,
            lambda: _call(entry, owner, arguments, resolve),
        )  # fmt: skip

    def _find(self, target: str | HandleRef, name: str) -> tuple[Entry, Any]:
        if isinstance(target, HandleRef):
            return self._entry(target.type, name), self.handles.get(target)
        found = self._known.get((target, name))
        if found is None:
            module = self._module(target)
            found = self._known[target, name] = self._entry(target, name), module
        return found

    def _entry(self, kind: str, name: str) -> Entry:
        entry = self._vocabulary.entries.get((kind, name))
        if entry is None:
            raise NotFoundError(f"There is no {kind + '.' if kind else ''}{name}.")
        return entry

    def _module(self, name: str) -> ApiModule:
        module = self._modules.get(name)
        if module is None:
            cls = self._vocabulary.modules.get(name)
            if cls is None:
                raise NotFoundError(f"There is no module {name!r}.")
            module = self._modules[name] = cls(self._spell)
        return module

    def _note(self, name: str, begin: float) -> None:
        if self.profile is not None:
            self.profile.setdefault(name, []).append(perf_counter() - begin)


def _call(entry: Entry, owner: Any, arguments: list[Any], resolve: Resolve) -> Any:
    ordered, named = entry.bind(arguments, resolve)
    return getattr(owner, entry.attribute)(*ordered, **named)


def _told(error: Exception) -> dict[str, Any]:
    """An error for a script, which need not know where the host keeps its files."""
    if isinstance(error, OSError) and error.filename is not None:
        error = type(error)(error.errno, error.strerror)
    return describe(error)


def _or_endless(limit: float | None) -> float:
    return math.inf if limit is None else limit
