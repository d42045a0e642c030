"""The kind `ratelimit`."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec
from polyspell.errors import ConfigError, RateLimitError
from polyspell.hooks import Hook, HookCall, HookKind, Proceed
from polyspell.hooks.subject import By, subject

if TYPE_CHECKING:
    from polyspell.host import Host

Point = Literal["agent.run", "provider.request", "tool.call"]
_MOST_SUBJECTS = 10_000  # who was not seen the longest is forgotten


class RateLimitOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is allowed.

    Attributes:
        limit, per: so many calls in so many seconds.
        algorithm: "token_bucket" (they refill evenly) or "sliding_window" (never more in any such
            time).
        burst: of a bucket: how many at once after a pause; by default `limit`.
        by: what each limit is for: all together, or each provider, model, tool, agent, user.
        user: the key or attribute of a run's context that names the user.
        points: which calls count; by default tool calls where `by` is "tool", else model calls.
        wait: the most seconds that a call waits for its turn; who would wait longer is refused.
    """

    limit: int
    per: float = 60.0
    algorithm: Literal["token_bucket", "sliding_window"] = "token_bucket"
    burst: int | None = None
    by: By = "all"
    user: str = "user"
    points: list[Point] | None = None
    wait: float = 30.0


class Limit(Protocol):
    """Takes turns."""

    def take(self, now: float, wait: float) -> float:
        """Seconds until the turn of this call, which is taken if they are no more than `wait`."""
        ...


class Bucket:
    """Tokens that refill evenly, by the time at which it will be full again."""

    def __init__(self, options: RateLimitOptions) -> None:
        self._interval = options.per / options.limit
        self._ahead = self._interval * ((options.burst or options.limit) - 1)
        self._full = 0.0

    def take(self, now: float, wait: float) -> float:
        """See Limit."""
        full = max(self._full, now)
        left = max(0.0, full - self._ahead - now)
        if left <= wait:
            self._full = full + self._interval
        return left


class Window:
    """The starts of the last calls; those that wait for their turn have one already."""

    def __init__(self, options: RateLimitOptions) -> None:
        self._per = options.per
        self._starts: deque[float] = deque(maxlen=options.limit)

    def take(self, now: float, wait: float) -> float:
        """See Limit."""
        full = len(self._starts) == self._starts.maxlen
        start = max(now, self._starts[0] + self._per) if full else now
        if start - now <= wait:
            self._starts.append(start)
        return start - now


class RateLimit(HookKind):
    """Lets calls wait for their turn, first come first served, or refuses them."""

    Options = RateLimitOptions

    def __init__(self, host: Host, options: RateLimitOptions) -> None:
        super().__init__(host, options)
        if options.limit < 1 or options.per <= 0 or (options.burst or 1) < 1:
            raise ConfigError("A rate limit needs limit >= 1, burst >= 1 and per > 0.")
        self._options = options
        self._limits: OrderedDict[str, Limit] = OrderedDict()
        self._make = Bucket if options.algorithm == "token_bucket" else Window
        self._passed = self._waited = self._refused = 0
        usual: Point = "tool.call" if options.by == "tool" else "provider.request"
        self.hooks = [Hook(p, self._wrap, priority=500) for p in options.points or [usual]]

    @classmethod
    def grants(cls, options: RateLimitOptions) -> list[str]:
        """It reaches nothing outside."""
        return []

    def stats(self) -> dict[str, Any]:
        """How many calls passed, waited and were refused, and for how many subjects."""
        return {
            "passed": self._passed, "waited": self._waited, "refused": self._refused,
            "subjects": len(self._limits),
        }  # fmt: skip

    async def _wrap(self, call: HookCall, proceed: Proceed) -> Any:
        name = subject(call, self._options.by, self._options.user)
        left = self._limit(name).take(time.monotonic(), self._options.wait)
        if left > self._options.wait:
            self._refused += 1
            raise self._error(name, left)
        if left > 0:
            self._waited += 1
            await asyncio.sleep(left)
        self._passed += 1
        return await proceed(call)

    def _limit(self, name: str) -> Limit:
        limit = self._limits.pop(name, None) or self._make(self._options)
        self._limits[name] = limit  # the one seen last stands last
        if len(self._limits) > _MOST_SUBJECTS:
            self._limits.popitem(last=False)
        return limit

    def _error(self, name: str, left: float) -> RateLimitError:
        options = self._options
        whose = f" for {options.by} {name!r}" if name else ""
        return RateLimitError(
            f"More than {options.limit} calls in {options.per:g} s{whose}.",
            hint=f"Try again in {left:.1f} s, or raise `limit` or `wait` of the rate limit.",
            context={"retry_after": left, "by": options.by, "subject": name},
        )
