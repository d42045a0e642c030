"""Calls and results as plain data, and what plain data changed put back: for hooks that are written
in another language, or run in another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from polyspell.errors import PolyspellError, ValidationError
from polyspell.hooks.chain import HookCall
from polyspell.messages import Message, Response

Show = Callable[[Any], Any]


def show(value: Any) -> Any:
    """A value of a call, or a result, as plain data."""
    data = msgspec.to_builtins(value, builtin_types=(bytes,), enc_hook=str)
    return {**data, "text": value.message.text} if isinstance(value, Response) else data


def see(call: HookCall, show: Show = show, *, context: bool | None = None) -> dict[str, Any]:
    """A call as plain data: its values, and the point. `context`: whether the run's context, which
    may be anything, is among them; by default only around `agent.run`."""
    if context is None:
        context = call.point == "agent.run"
    values = {k: show(v) for k, v in call.values.items() if context or k != "context"}
    return {"point": call.point, **values}


def put(call: HookCall, changed: dict[str, Any], show: Show = show) -> None:
    """Put changed values into a call.

    Raises:
        ValidationError: one does not fit.
    """
    for key, value in changed.items():
        old = call.values.get(key)
        if key == "point" or key not in call.values or show(old) == value:
            continue
        try:
            call.values[key] = _typed(old, value)
        except (msgspec.ValidationError, TypeError) as error:
            raise ValidationError(f"The hook's {key} does not fit: {error}.") from error


def _typed(old: Any, value: Any) -> Any:
    from polyspell.providers.base import Request

    if isinstance(old, Request):
        return msgspec.convert({**msgspec.structs.asdict(old), **value}, Request)
    if isinstance(old, list) and old and isinstance(old[0], Message):
        return msgspec.convert(value, list[Message])
    return value


def take(given: Any, result: Any, call: HookCall, show: Show = show) -> Any:
    """What was given as the result, in the type that the point has.

    Raises:
        PolyspellError: the point's result cannot be made up.
    """
    from polyspell.agents.types import Result

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
