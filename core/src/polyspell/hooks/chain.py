"""One concept: a hook wraps a point.

    async def hook(call, proceed):
        result = await proceed(call)
        return result

It may change `call.values` before, the result after, call `proceed` again or not at all.
`before`, `after` and `on_error` are sugar over it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec

from polyspell.errors import ConfigError
from polyspell.events.bus import matches

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


async def settle(value: Any) -> Any:
    """A value, awaited if it has to be."""
    return await value if inspect.isawaitable(value) else value


def _sugar(
    before: Callable[[HookCall], Any] | None,
    after: Callable[[HookCall, Any], Any] | None,
    on_error: Callable[[HookCall, Exception], Any] | None,
) -> Wrap:
    async def wrap(call: HookCall, proceed: Proceed) -> Any:
        if before is not None:
            await settle(before(call))
        try:
            result = await proceed(call)
        except Exception as error:
            instead = None if on_error is None else await settle(on_error(call, error))
            if instead is None:
                raise
            return instead
        changed = None if after is None else await settle(after(call, result))
        return result if changed is None else changed

    return wrap


Chain = tuple[Hook, ...]


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
    return await (inner if chain is None else _from(chain, 0, inner))(call)


def _from(chain: Chain, index: int, inner: Proceed) -> Proceed:
    """What goes through the hooks of a chain from this one on. It refers to nothing that refers to
    it: what a call holds is given back when the call is over."""

    async def proceed(call: HookCall) -> Any:
        if index == len(chain):
            return await inner(call)
        hook, further = chain[index], _from(chain, index + 1, inner)
        if not hook.applies(call):
            return await further(call)
        return await settle(hook.wrap(call, further))

    return proceed
