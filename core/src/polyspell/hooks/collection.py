"""The hooks of somebody: added, removed, used by kind, put in order around a point."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.aio import runner
from polyspell.errors import ConfigError, NotFoundError
from polyspell.events.bus import Event, matches
from polyspell.hooks.chain import POINTS, Chain, Hook, When, Wrap, settle
from polyspell.hooks.kinds import HookKind, Use, read_options

if TYPE_CHECKING:
    from polyspell.host import Host

log = logging.getLogger("polyspell.hooks")
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

    def __len__(self) -> int:
        """How many there are, those further outside not counted."""
        return len(self._hooks)

    def __bool__(self) -> bool:
        """True, hooks or none."""
        return True

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
            self._drop(use)
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
            self._drop(use)
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

    def _drop(self, use: Use) -> None:
        self._hooks = [hook for hook in self._hooks if hook.name not in use.hooks]
        self._changed()

    def _ended(self, use: Use) -> None:
        assert self._host is not None
        waiting = use.close()
        if not inspect.isawaitable(waiting):
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            runner.run(settle(waiting))
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
            self._drop(use)
            try:
                await settle(use.close())
            except Exception:  # the others are closed all the same
                log.exception("Closing the hook %r failed", name)

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
