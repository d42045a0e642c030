"""The kind `retry`."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec
from polyspell.errors import OverloadedError, PolyspellError
from polyspell.events import matches
from polyspell.hooks import Hook, HookCall, HookKind, Proceed

if TYPE_CHECKING:
    from polyspell.host import Host


class RetryOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to ask again. Seconds throughout.

    Attributes:
        attempts: how often at most, the first time included.
        base: the first pause, which doubles, each shortened by chance to half of it at most.
        longest: the longest pause. Who is told to wait longer does not.
        tools: patterns of the tools that may be called again; none by default, since only their
            author knows that a second call does no harm.
        on: codes or class names of errors that are tried again besides the retryable ones.
        failures, window: so many failures within so many seconds open the circuit; 0: never.
        reset: how long an open circuit refuses, before one call may try.
    """

    attempts: int = 3
    base: float = 0.5
    longest: float = 30.0
    tools: list[str] = []
    on: list[str] = []
    failures: int = 5
    window: float = 60.0
    reset: float = 30.0


class Circuit:
    """Refuses calls of what keeps failing. Closed it lets all pass; open none, and after `reset`
    seconds one, which decides."""

    def __init__(self, options: RetryOptions) -> None:
        self._options = options
        self._failed: deque[float] = deque(maxlen=options.failures)
        self._open_until = 0.0
        self._trying = False
        self.open = False

    def enter(self) -> float:
        """Go on if 0 is given; else seconds until it is worth asking."""
        if not self.open:
            return 0.0
        left = self._open_until - time.monotonic()
        if left > 0 or self._trying:
            return max(left, 0.001)
        self._trying = True
        return 0.0

    def leave(self, failed: bool | None) -> bool:
        """A call is through: it failed or not, or None if that says nothing of the other side.
        Whether the circuit has changed."""
        before, tried, self._trying = self.open, self._trying, False
        if failed is False:
            self.open = False
            self._failed.clear()
        elif failed:
            now = time.monotonic()
            self._failed.append(now)
            full = len(self._failed) == self._options.failures
            if tried or (full and now - self._failed[0] <= self._options.window):
                self.open = True
                self._open_until = now + self._options.reset
        return before != self.open


class Retry(HookKind):
    """Asks again where an error says that it can help, unless something of the answer was told."""

    Options = RetryOptions

    def __init__(self, host: Host, options: RetryOptions) -> None:
        super().__init__(host, options)
        self._options = options
        self._circuits: dict[str, Circuit] = {}
        self._again = self._refused = 0
        tools = [Hook("tool.call", self._wrap_tool, priority=600)] if options.tools else []
        self.hooks = [Hook("provider.request", self._wrap, priority=600), *tools]

    @classmethod
    def grants(cls, options: RetryOptions) -> list[str]:
        """It reaches nothing outside."""
        return []

    def stats(self) -> dict[str, Any]:
        """How often it asked again and refused, and which circuits are open."""
        opened = [name for name, circuit in self._circuits.items() if circuit.open]
        return {"again": self._again, "refused": self._refused, "open": opened}

    async def _wrap_tool(self, call: HookCall, proceed: Proceed) -> Any:
        if not any(matches(pattern, call.values["tool"]) for pattern in self._options.tools):
            return await proceed(call)
        return await self._wrap(call, proceed)

    async def _wrap(self, call: HookCall, proceed: Proceed) -> Any:
        name = _name(call)
        for attempt in range(1, self._options.attempts + 1):
            again = HookCall(call.point, dict(call.values))
            try:
                return await self._once(name, again, proceed)
            except Exception as error:
                told = call.told = call.told or again.told
                pause = self._pause(error, attempt)
                if told or pause is None:
                    raise
                self._again += 1
                data = {"name": name, "attempt": attempt, "pause": pause, "error": str(error)}
                self.host.events.emit("hook.retry.again", data)
                await asyncio.sleep(pause)
        raise AssertionError("the last attempt gives or raises")

    async def _once(self, name: str, call: HookCall, proceed: Proceed) -> Any:
        """One attempt, if the circuit lets it."""
        if not self._options.failures:
            return await proceed(call)
        circuit = self._circuits.setdefault(name, Circuit(self._options))
        if (left := circuit.enter()) > 0:
            self._refused += 1
            raise OverloadedError(
                f"{name} keeps failing and is not asked for another {left:.1f} s.",
                hint="Wait, or ask another.",
                context={"retry_after": left, "circuit": "open"},
            )
        failed: bool | None = None
        try:
            result = await proceed(call)
            failed = False
            return result
        except Exception as error:
            failed = True if self._mends(error) else None
            raise
        finally:
            if circuit.leave(failed):
                how = "opened" if circuit.open else "closed"
                self.host.events.emit(f"hook.circuit.{how}", {"name": name})

    def _mends(self, error: Exception) -> bool:
        """Whether another attempt can mend it."""
        names = {cls.__name__ for cls in type(error).__mro__}
        if isinstance(error, PolyspellError):
            names.add(error.code)
            return error.retryable or not names.isdisjoint(self._options.on)
        return isinstance(error, OSError) or not names.isdisjoint(self._options.on)

    def _pause(self, error: Exception, attempt: int) -> float | None:
        """Seconds until the next attempt, None where there is to be none."""
        if attempt >= self._options.attempts or not self._mends(error):
            return None
        context = error.context if isinstance(error, PolyspellError) else {}
        asked: float | None = context.get("retry_after")
        if asked is not None:
            return asked if asked <= self._options.longest else None
        usual = min(self._options.longest, self._options.base * 2.0 ** (attempt - 1))
        return usual * random.uniform(0.5, 1.0)


def _name(call: HookCall) -> str:
    if call.point == "tool.call":
        return f"The tool {call.values['tool']!r}"
    return f"{call.values['provider']}/{call.values['request'].model}"
