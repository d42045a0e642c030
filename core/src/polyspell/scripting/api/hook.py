"""The module `hook`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from polyspell.agents.types import Result
from polyspell.errors import PolyspellError, ValidationError, describe
from polyspell.hooks import POINTS, Hook, HookCall
from polyspell.hooks.chain import Proceed
from polyspell.messages import Message, Response
from polyspell.providers.base import Request
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.types import Table


class ProceedHandle(ApiHandle):
    """The rest of the way: `proceed(call)` goes on."""

    api_name = "Proceed"
    calls = "run"

    def __init__(self, call: HookCall, proceed: Proceed) -> None:
        self._call, self._proceed = call, proceed

    async def run(self, call: Table | None = None) -> Any:
        """Go on with the call, changed or not; gives its result.

        Args:
            call: the call as the hook got it, with its changes.
        """
        if call is not None:
            put(self._call, call)
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
        return self.spell.hooks.add(hook_of(point, hook, priority, when, name or "")).name

    def remove(self, name: str) -> None:
        """Remove a hook that this script registered.

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


def hook_of(point: str, hook: Any, priority: int = 0, when: Any = None, name: str = "") -> Hook:
    """A hook of script functions."""
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
            before=before and _before(before),
            after=after and _after(after),
            on_error=on_error and _on_error(on_error),
            name=name,
            priority=priority,
            when=wanted,
        )

    async def wrap(call: HookCall, proceed: Proceed) -> Any:
        handle = ProceedHandle(call, proceed)
        given = await hook(see(call), handle)
        return take(given, getattr(handle, "_result", None), call)

    return Hook(point, wrap, name, priority, wanted)


def _before(function: Any) -> Callable[[HookCall], Any]:
    async def before(call: HookCall) -> None:
        changed = await function(see(call))
        if isinstance(changed, dict):
            put(call, changed)

    return before


def _after(function: Any) -> Callable[[HookCall, Any], Any]:
    async def after(call: HookCall, result: Any) -> Any:
        changed = await function(see(call), show(result))
        return None if changed is None else take(changed, result, call)

    return after


def _on_error(function: Any) -> Callable[[HookCall, Exception], Any]:
    async def on_error(call: HookCall, error: Exception) -> Any:
        instead = await function(see(call), describe(error))
        return None if instead is None else take(instead, None, call)

    return on_error


def _when(when: Any) -> Any:
    if when is None or isinstance(when, dict):
        return when
    raise ValidationError(
        "when must be a table of values that the call must have.",
        hint='Write {tool = "files.*"}, or decide inside the hook.',
    )


def see(call: HookCall) -> dict[str, Any]:
    """A call as a script sees it: its values, and the point."""
    return {"point": call.point, **{k: show(v) for k, v in call.values.items()}}


def put(call: HookCall, changed: dict[str, Any]) -> None:
    """Put a script's changes into a call."""
    for key, value in changed.items():
        old = call.values.get(key)
        if key == "point" or key not in call.values or show(old) == value:
            continue
        try:
            call.values[key] = _typed(old, value)
        except msgspec.ValidationError as error:
            raise ValidationError(f"The hook's {key} does not fit: {error}.") from error


def _typed(old: Any, value: Any) -> Any:
    if isinstance(old, Request):
        return msgspec.convert({**msgspec.structs.asdict(old), **value}, Request)
    if isinstance(old, list) and old and isinstance(old[0], Message):
        return msgspec.convert(value, list[Message])
    return value


def show(value: Any) -> Any:
    """A value of a call, or a result, as plain data."""
    if isinstance(value, Result):
        from polyspell.scripting.api.agent import result_record

        return result_record(value)
    if isinstance(value, Response):
        data = msgspec.to_builtins(value)
        return {**data, "text": value.message.text}
    return msgspec.to_builtins(value, builtin_types=(bytes,), enc_hook=str)


def take(given: Any, result: Any, call: HookCall) -> Any:
    """What a script gave as the result, in the type that the point has."""
    if given is None or given == show(result):
        return result
    text = given.get("text") if isinstance(given, dict) else given
    if call.point == "provider.request":
        base = result or Response(Message.assistant(""))
        return msgspec.structs.replace(base, message=Message.assistant(str(text)))
    if call.point == "agent.run":
        if not isinstance(result, Result):
            raise PolyspellError(
                "A hook around agent.run cannot make up a result.", hint="Call proceed first."
            )
        return msgspec.structs.replace(result, text=str(text), output=text)
    return given
