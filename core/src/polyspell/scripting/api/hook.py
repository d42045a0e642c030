"""The module `hook`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from polyspell.agents.types import Result
from polyspell.errors import ConfigError, LimitExceeded, ValidationError, describe
from polyspell.hooks import POINTS, Hook, HookCall, Hooks, Proceed, plain
from polyspell.hooks.kinds import read_options
from polyspell.paths import permitted
from polyspell.providers.base import Request
from polyspell.scripting.api.result import result_record
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.types import Table
from polyspell.scripting.values import require_numbers, verify

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell

MAX_HOOKS = 100
"""Hooks of one script, and of one agent."""
_CHOOSING = {"model", "models", "fallbacks"}
"""Fields of a request's body by which providers choose a model."""
_FREE = {"point", "request", "messages", "arguments", "source"}
"""What a script may change of a call. The rest says who asks whom: hooks of the host go by it."""


class ProceedHandle(ApiHandle):
    """The rest of the way: `proceed(call)` goes on."""

    api_name = "Proceed"
    calls = "run"
    hooked = False  # going on is no call of its own: it would come back to the hook

    def __init__(self, spell: Spell, call: HookCall, proceed: Proceed) -> None:
        self._spell, self._call, self._proceed = spell, call, proceed

    async def run(self, call: Table | None = None) -> Any:
        """Go on with the call, changed or not; gives its result.

        Args:
            call: the call as the hook got it, with its changes.
        """
        if call is not None:
            _put(self._spell, self._call, call)
        self._result = await self._proceed(self._call)
        return show(self._result)


class HookModule(ApiModule):
    """Hooks: functions around points of this script's runs."""

    name = "hook"

    def register(
        self,
        point: str,
        hook: Callable[[Table, ProceedHandle], Any] | Table,
        *,
        priority: int = 0,
        when: Callable[[Table], bool] | Table | None = None,
        name: str | None = None,
    ) -> str:
        """Wrap a point of everything that this script does; gives the hook's name.

        Args:
            point: one of `hook.points()`, or a pattern such as "tool.*".
            hook: `function(call, proceed)`, which calls `proceed(call)`; or a table with
                before(call), after(call, result), on_error(call, error).
            priority: higher is further outside.
            when: a function of the call, or values that it must have.
            name: for `remove`.
        """
        made = hook_of(self.spell, point, hook, priority, when, name or "")
        return require_few(self.spell.hooks).add(made).name

    def use(
        self,
        kind: str,
        settings: Table | None = None,
        *,
        name: str | None = None,
        priority: int | None = None,
        when: Table | None = None,
    ) -> str:
        """Use a kind of hook that a plugin brings ("cache", "retry", ...) around everything that
        this script does; gives its name. What reaches outside needs its grant.

        Args:
            kind: of the hook.
            settings: the kind's own options.
            name: for `stats` and `remove`; the kind's by default.
            priority: higher is further outside.
            when: values that a call must have.
        """
        cls = self.spell.host.hook_kinds.get(kind)
        given = dict(settings or {})
        require_numbers(given, "settings")
        if reserved := {"name", "priority", "when"} & given.keys():
            raise ConfigError(f"{min(reserved)!r} stands beside the settings, not among them.")
        needed = cls.grants(read_options(kind, cls, given))
        for grant in (f"hook:{kind}",) if needed is None else needed:
            self.spell.grants.require(grant)
        for option, kinds in cls.files.items():
            for each in kinds if given.get(option) else ():
                given[option] = permitted(self.spell.grants, each, given[option])
        hooks = require_few(self.spell.hooks)
        hooks.use(kind, name=name, priority=priority, when=when, **given)
        return name or kind

    def stats(self, name: str) -> Table:
        """Numbers of a hook that this script uses.

        Args:
            name: as `use` gave it.
        """
        stats: Table = self.spell.hooks.used(name).stats()
        return stats

    def kinds(self) -> list[Table]:
        """What can be used: `{name, description}`."""
        entries = self.spell.host.hook_kinds.entries()
        return [{"name": e.name, "description": e.info.description} for e in entries]

    def remove(self, name: str) -> None:
        """Remove a hook that this script registered or uses.

        Args:
            name: of the hook.
        """
        self.spell.hooks.remove(name)

    def list_(self, point: str | None = None) -> list[Table]:
        """The hooks around this script's runs: `{name, point, priority}`.

        Args:
            point: only those around this point.
        """
        hooks = self.spell.hooks.list(point)
        return [{"name": h.name, "point": h.point, "priority": h.priority} for h in hooks]

    def points(self) -> list[Table]:
        """What can be wrapped: `{name, description}`."""
        return [{"name": name, "description": text} for name, text in POINTS.items()]


def require_few(hooks: Hooks) -> Hooks:
    """Hooks, to which one more is added.

    Raises:
        LimitExceeded: there are many already: all hooks of a host are looked up anew for each.
    """
    if len(hooks) >= MAX_HOOKS:
        raise LimitExceeded(
            f"A script, or an agent, has at most {MAX_HOOKS} hooks.",
            hint="Let one hook do more.",
            context={"limit": "hooks", "allowed": MAX_HOOKS},
        )
    return hooks


def hook_of(
    spell: Spell, point: str, hook: Any, priority: int = 0, when: Any = None, name: str = ""
) -> Hook:
    """A hook of a script's functions."""
    wanted = _when(when)
    if isinstance(hook, dict):
        unknown = hook.keys() - {"before", "after", "on_error", "onError"}
        if unknown or not hook:
            raise ValidationError(
                f"A hook has no {sorted(unknown)[0]!r}." if unknown else "The hook is empty.",
                hint="It takes before, after and on_error.",
            )
        before, after = hook.get("before"), hook.get("after")
        on_error = hook.get("on_error") or hook.get("onError")
        return Hook.of(
            point,
            before=before and _before(spell, before),
            after=after and _after(after),
            on_error=on_error and _on_error(on_error),
            name=name,
            priority=priority,
            when=wanted,
        )

    async def wrap(call: HookCall, proceed: Proceed) -> Any:
        handle = ProceedHandle(spell, call, proceed)
        given = await hook(plain.see(call, show), handle)
        return plain.take(given, getattr(handle, "_result", None), call, show)

    return Hook(point, wrap, name, priority, wanted)


def _before(spell: Spell, function: Any) -> Callable[[HookCall], Any]:
    async def before(call: HookCall) -> None:
        changed = await function(plain.see(call, show))
        if isinstance(changed, dict):
            _put(spell, call, changed)

    return before


def _after(function: Any) -> Callable[[HookCall, Any], Any]:
    async def after(call: HookCall, result: Any) -> Any:
        changed = await function(plain.see(call, show), show(result))
        return None if changed is None else plain.take(changed, result, call, show)

    return after


def _on_error(function: Any) -> Callable[[HookCall, Exception], Any]:
    async def on_error(call: HookCall, error: Exception) -> Any:
        instead = await function(plain.see(call, show), describe(error))
        return None if instead is None else plain.take(instead, None, call, show)

    return on_error


def _when(when: Any) -> Any:
    if when is None or isinstance(when, dict):
        return when
    raise ValidationError(
        "when must be a table of values that the call must have.",
        hint='Write {tool = "files.*"}, or decide inside the hook.',
    )


def own_options(options: dict[str, Any] | None) -> dict[str, Any]:
    """The options that a script gives to a provider.

    Raises:
        ValidationError: one would choose another model than the one that was granted, or is no
            plain value.
    """
    if options and (chosen := _CHOOSING & options.keys()):
        raise ValidationError(
            f"options cannot have {min(chosen)!r}.", hint="Name the model beside them."
        )
    verify(options, "options")  # a function would reach the provider's own code
    require_numbers(options, "options")
    return options or {}


def _put(spell: Spell, call: HookCall, changed: dict[str, Any]) -> None:
    """Put what a script changed into a call: it may ask another model only where it might anyway.

    Raises:
        PermissionDenied: it may not ask that model.
        ValidationError: a value does not fit.
    """
    for key in (call.values.keys() & changed.keys()) - _FREE:
        if show(call.values[key]) != changed[key] and (call.values[key] or changed[key]):
            raise ValidationError(f"A script cannot change the {key} of a call.")
    tried = HookCall(call.point, dict(call.values))
    plain.put(tried, {k: v for k, v in changed.items() if k in _FREE}, show)
    old, new = call.values.get("request"), tried.values.get("request")
    if isinstance(old, Request) and isinstance(new, Request):
        if new.model != old.model:
            spell.require_model(f"{call.values['provider']}/{new.model}")
        if new.options != old.options:
            own_options(new.options)
    call.values.update(tried.values)


def show(value: Any) -> Any:
    """A value of a call, or a result, as a script sees it."""
    if isinstance(value, Result):
        return result_record(value)
    return plain.show(value)
