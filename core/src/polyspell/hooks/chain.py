"""One concept: a hook wraps a point.

    async def hook(call, proceed):
        result = await proceed(call)
        return result

It may change `call.values` before, the result after, call `proceed` again or not at all.
`before`, `after` and `on_error` are sugar over it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from polyspell.aio import runner
from polyspell.errors import ConfigError, NotFoundError
from polyspell.events.bus import Event, matches

if TYPE_CHECKING:
    from polyspell.hooks.kinds import HookKind, Use
    from polyspell.host import Host

R = TypeVar("R")

POINTS = {
    "agent.run": "A whole run. Values: agent (name), messages, context. Gives a Result.",
    "provider.request": (
        "One model call. Values: provider, request (a Request), agent, context. Gives a Response."
    ),
    "tool.call": (
        "One tool call. Values: tool (name), arguments, call_id, agent, context. Gives its value."
    ),
    "script.run": "A script. Values: name, language, source, run_id. Gives its value.",
    "script.call": "A script calls the host. Values: module, function, arguments, script.",
}


class HookCall(msgspec.Struct):
    """What a hook sees: the point, and the values of the call, which it may change. `told` says
    that some of the answer has been told already: who proceeds again would have it told twice."""

    point: str
    values: dict[str, Any]
    told: bool = False


Proceed = Callable[[HookCall], Awaitable[Any]]
Wrap = Callable[[HookCall, Proceed], Awaitable[Any]]
When = Callable[[HookCall], bool] | Mapping[str, Any]


class Hook(msgspec.Struct, frozen=True):
    """A hook. `point` may be a pattern (`tool.*`, `**`); higher `priority` is further outside;
    `when` is a function of the call, or values that must be equal or match as a pattern. What a
    model says streams past a hook around `provider.request`, unless it `holds` it: then it is told
    when the hook is through with it."""

    point: str
    wrap: Wrap
    name: str = ""
    priority: int = 0
    when: When | None = None
    holds: bool = False

    @staticmethod
    def of(
        point: str,
        *,
        before: Callable[[HookCall], Any] | None = None,
        after: Callable[[HookCall, Any], Any] | None = None,
        on_error: Callable[[HookCall, Exception], Any] | None = None,
        name: str = "",
        priority: int = 0,
        when: When | None = None,
        holds: bool = False,
    ) -> Hook:
        """A hook of functions, plain or async. `before(call)` may change the call or raise;
        `after(call, result)` gives the new result, None to keep it; `on_error(call, error)` gives
        a result instead, None to let the error go on."""
        if before is None and after is None and on_error is None:
            raise ConfigError("A hook needs one of before, after, on_error or a function.")
        return Hook(point, _sugar(before, after, on_error), name, priority, when, holds)

    @staticmethod
    def together(*hooks: Hook, name: str = "", priority: int = 0, when: When | None = None) -> Hook:
        """Several hooks as one, the first outermost: one name, one priority, one `when` over
        theirs."""
        points = {hook.point for hook in hooks}
        if not points:
            raise ConfigError("There are no hooks to put together.")

        async def wrap(call: HookCall, proceed: Proceed) -> Any:
            chain = tuple(hook for hook in hooks if matches(hook.point, call.point))
            return await through(chain, call, proceed)

        point = points.pop() if len(points) == 1 else "**"
        return Hook(point, wrap, name, priority, when, any(hook.holds for hook in hooks))

    def applies(self, call: HookCall) -> bool:
        """Whether `when` lets it wrap this call."""
        when = self.when
        if when is None:
            return True
        if callable(when):
            return bool(when(call))
        return all(_equal(wanted, call.values.get(key)) for key, wanted in when.items())


def _equal(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, str) and isinstance(value, str):
        return matches(wanted, value)
    return bool(wanted == value)


async def _settle(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def _sugar(
    before: Callable[[HookCall], Any] | None,
    after: Callable[[HookCall, Any], Any] | None,
    on_error: Callable[[HookCall, Exception], Any] | None,
) -> Wrap:
    async def wrap(call: HookCall, proceed: Proceed) -> Any:
        if before is not None:
            await _settle(before(call))
        try:
            result = await proceed(call)
        except Exception as error:
            instead = None if on_error is None else await _settle(on_error(call, error))
            if instead is None:
                raise
            return instead
        changed = None if after is None else await _settle(after(call, result))
        return result if changed is None else changed

    return wrap


Chain = tuple[Hook, ...]
_epoch = 0


class Hooks:
    """The hooks of a host (or of one agent or script, over its host's).

    Args:
        outer: those that stand further outside.
        host: whose they are; by default that of the outer ones.
        hears: of which events listeners may hear that are brought here. None: of all of a host's.
    """

    def __init__(
        self,
        outer: Hooks | None = None,
        *,
        host: Host | None = None,
        hears: Callable[[Event], bool] | None = None,
    ) -> None:
        self._outer = outer
        self._host: Host | None = host or (outer._host if outer is not None else None)
        self._hears = hears
        self._uses: dict[str, Use] = {}
        self._inner: list[Hooks] = []  # those over a host's that use kinds
        self._hooks: list[Hook] = []
        self._chains: dict[str, Chain | None] = {}
        self._added = 0
        self._seen = -1

    def copy(self) -> Hooks:
        """Others with the same hooks, over the same."""
        copy = Hooks(self._outer)
        copy._hooks, copy._added = list(self._hooks), self._added
        return copy

    def add(self, hook: Hook) -> Hook:
        """Add a hook; one without a name gets one. Gives the hook as it is kept.

        Raises:
            ConfigError: the name is taken, or no point can match its pattern.
        """
        if not any(matches(hook.point, point) for point in POINTS):
            raise ConfigError(
                f"No hook point {hook.point!r}.", hint=f"Points are {', '.join(POINTS)}."
            )
        if not hook.name:
            hook = msgspec.structs.replace(hook, name=f"{hook.point}#{self._added + 1}")
        if any(h.name == hook.name for h in self._hooks):
            raise ConfigError(f"A hook named {hook.name!r} exists.", hint="Remove it first.")
        self._hooks.append(hook)
        self._added += 1
        self._changed()
        return hook

    def wrap(self, point: str, function: Wrap, **options: Any) -> Hook:
        """Add `async def function(call, proceed)` around a point. Options as in `Hook`."""
        return self.add(Hook(point, function, **options))

    def on(self, point: str, **options: Any) -> Hook:
        """Add before, after or on_error functions around a point. Options as in `Hook.of`."""
        return self.add(Hook.of(point, **options))

    def remove(self, name: str) -> None:
        """Remove a hook, or a kind that is in use.

        Raises:
            NotFoundError: there is none of that name.
        """
        if use := self._uses.pop(name, None):
            for each in use.hooks:
                self.remove(each)
            self._ended(use)
            return
        kept = [h for h in self._hooks if h.name != name]
        if len(kept) == len(self._hooks):
            raise NotFoundError(f"No hook {name!r}.", hint="hooks.list() shows what is there.")
        self._hooks = kept
        self._changed()

    # -- kinds ----------------------------------------------------------------------------------

    def use(
        self,
        kind: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        when: When | None = None,
        **options: Any,
    ) -> Any:
        """Use a kind of hook that a plugin brings (`cache`, `retry`, ...); gives the `HookKind`.

        Args:
            kind: its name.
            name: for `used` and `remove`; by default the kind's.
            priority: of its hooks, instead of the kind's own.
            when: which calls its hooks wrap, as in `Hook`.
            options: the kind's own.

        Raises:
            NotFoundError: no plugin brings it.
            ConfigError: an option is wrong, or the name is taken.
        """
        from polyspell.hooks.kinds import Use, read_options

        if self._host is None:
            raise ConfigError("These hooks have no host.", hint="Use those of a host or an agent.")
        cls: type[HookKind] = self._host.hook_kinds.get(kind)
        name = name or kind
        if name in self._uses:
            raise ConfigError(f"A hook named {name!r} exists.", hint="Give this one a `name`.")
        made = cls(self._host, read_options(kind, cls, options))
        use = Use(name, made, [], [])
        try:
            self._begin(use, priority, when)
        except BaseException:
            for each in use.hooks:
                self.remove(each)
            self._ended(use)
            raise
        self._uses[name] = use
        root = self._host.hooks
        if self is not root and self not in root._inner:
            root._inner.append(self)
        return made

    def _begin(self, use: Use, priority: int | None, when: When | None) -> None:
        assert self._host is not None
        if use.kind.listeners and self._outer is not None and self._hears is None:
            raise ConfigError(
                f"{use.name!r} listens to a whole host.", hint="Use it there: host.hooks.use(...)."
            )
        for hook in use.kind.hooks:
            changes: dict[str, Any] = {"name": f"{use.name}:{hook.name or hook.point}"}
            if priority is not None:
                changes["priority"] = priority
            if when is not None:
                changes["when"] = when
            use.hooks.append(self.add(msgspec.structs.replace(hook, **changes)).name)
        for pattern, function in use.kind.listeners.items():
            use.listening.append(self._host.events.on(pattern, function, when=self._hears))

    def _ended(self, use: Use) -> None:
        assert self._host is not None
        waiting = use.close()
        if not inspect.isawaitable(waiting):
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            runner.run(_settle(waiting))
        else:
            self._host.events.spawn(waiting)

    def used(self, name: str) -> Any:
        """A kind that is in use here, by its name.

        Raises:
            NotFoundError: there is none of that name.
        """
        if name not in self._uses:
            raise NotFoundError(f"{name!r} is not in use.", hint="hooks.use(...) makes it so.")
        return self._uses[name].kind

    async def aclose(self) -> None:
        """Free what the kinds in use hold, here and in hooks over these: a host's end does it."""
        for inner in list(self._inner):
            await inner.aclose()
        if self._host is not None and self in self._host.hooks._inner:
            self._host.hooks._inner.remove(self)
        for name in list(self._uses):
            use = self._uses.pop(name)
            for each in use.hooks:
                self.remove(each)
            await _settle(use.close())

    @staticmethod
    def _changed() -> None:
        """All chains are made anew: one number for all hooks costs the least to compare."""
        global _epoch
        _epoch += 1

    def list(self, point: str | None = None) -> list[Hook]:
        """The hooks, outermost first; those around one point if it is named."""
        found = [h for h in self._all() if point is None or matches(h.point, point)]
        return sorted(found, key=lambda h: -h.priority)

    def _all(self) -> Iterable[Hook]:
        return [*(self._outer._all() if self._outer is not None else ()), *self._hooks]

    def chain(self, point: str) -> Chain | None:
        """The hooks around a point, or None: then there is nothing to do."""
        if self._seen != _epoch:
            self._chains.clear()
            self._seen = _epoch
        try:
            return self._chains[point]
        except KeyError:
            chain = self._chains[point] = tuple(self.list(point)) or None
            return chain


def expect(result: Any, kind: type[R], point: str) -> R:
    """The result of a point, if it is one.

    Raises:
        ConfigError: a hook gave something else.
    """
    if not isinstance(result, kind):
        raise ConfigError(
            f"A hook around {point} gave {type(result).__name__}, not a {kind.__name__}.",
            hint="Let it return what proceed(call) gave.",
        )
    return result


async def through(chain: Chain | None, call: HookCall, inner: Proceed) -> Any:
    """Call `inner` within the hooks of a chain."""
    if chain is None:
        return await inner(call)

    def at(index: int) -> Proceed:
        async def proceed(call: HookCall) -> Any:
            if index == len(chain):
                return await inner(call)
            hook = chain[index]
            if not hook.applies(call):
                return await at(index + 1)(call)
            return await _settle(hook.wrap(call, at(index + 1)))

        return proceed

    return await at(0)(call)
