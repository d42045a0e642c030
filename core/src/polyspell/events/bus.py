"""The event bus of a host."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import logging
import operator
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Literal

import msgspec

from polyspell.aio import reap
from polyspell.errors import ConfigError, LimitExceeded
from polyspell.events.span import current_span

log = logging.getLogger("polyspell.events")
Overflow = Literal["drop_oldest", "drop_newest", "error"]


class Event(msgspec.Struct, omit_defaults=True):
    """Something happened. `time` is in seconds since 1970; `data` is JSON."""

    name: str
    data: dict[str, Any] = {}
    time: float = 0.0
    run_id: str | None = None
    span_id: str | None = None
    parent_id: str | None = None


@functools.lru_cache(maxsize=4096)
def matches(pattern: str, name: str) -> bool:
    """Whether a pattern covers a name: `**` is any number of segments between dots, none included;
    within one segment `*` is any text."""
    return _covers(pattern.split("."), name.split("."), "**", _covers_segment)


def _covers_segment(pattern: str, segment: str) -> bool:
    return _covers(pattern, segment, "*", operator.eq)


def _covers(
    pattern: Sequence[str], items: Sequence[str], star: str, same: Callable[[str, str], bool]
) -> bool:
    """Whether items fit a pattern in which a star stands for any number of them. Only the last star
    is ever tried again, so that no pattern that a script wrote takes long."""
    at = here = tried = 0
    last: int | None = None
    while here < len(items):
        if at < len(pattern) and pattern[at] == star:
            last, tried = at, here
            at += 1
        elif at < len(pattern) and same(pattern[at], items[here]):
            at, here = at + 1, here + 1
        elif last is not None:
            tried += 1
            at, here = last + 1, tried
        else:
            return False
    return all(rest == star for rest in pattern[at:])


class Subscription:
    """A listener of a bus. `async for event in subscription` where it has no function; `close`
    ends it. At most `size` events wait in it; `overflow` says what happens to more:
    "drop_oldest" and "drop_newest" count them in `dropped`, "error" ends the iteration with a
    LimitExceeded. A slow listener never slows down the program."""

    def __init__(
        self,
        bus: EventBus,
        pattern: str,
        function: Callable[[Event], Any] | None,
        when: Callable[[Event], bool] | None,
        size: int,
        overflow: Overflow,
    ) -> None:
        self.pattern = pattern
        self.dropped = 0
        self.closed = False
        self._bus = bus
        self._function = function
        self._when = when
        self._size = size
        self._overflow = overflow
        self._waiting: deque[Event] = deque()
        self._wake: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._flooded = False

    def deliver(self, event: Event) -> None:
        """Give it an event. What a listener's function raises is logged and goes no further."""
        try:
            if self._when is not None and not self._when(event):
                return
            if self._function is None:
                self._enqueue(event)
                return
            result = self._function(event)
            if result is not None and inspect.isawaitable(result):
                self._bus.spawn(result)
        except Exception:
            log.exception("A listener of %r failed", self.pattern)

    def _enqueue(self, event: Event) -> None:
        if len(self._waiting) >= self._size:
            self.dropped += 1
            if self._overflow == "drop_newest":
                return
            if self._overflow == "error":
                self._flooded = True
            else:
                self._waiting.popleft()
        if not self._flooded:
            self._waiting.append(event)
        self._ring()

    def _ring(self) -> None:
        if self._wake is not None:
            loop, flag = self._wake
            if not loop.is_closed():
                loop.call_soon_threadsafe(flag.set)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._flooded:
                raise LimitExceeded(
                    f"More than {self._size} events of {self.pattern!r} waited.",
                    hint="Read them faster, or let some be dropped (overflow='drop_oldest').",
                    context={"limit": "events", "allowed": self._size},
                )
            if self.closed:
                raise StopAsyncIteration
            loop = asyncio.get_running_loop()
            if self._wake is None or self._wake[0] is not loop:
                self._wake = (loop, asyncio.Event())
            flag = self._wake[1]
            if not self._waiting:
                await flag.wait()
                flag.clear()
        return self._waiting.popleft()

    def close(self) -> None:
        """Listen no more; what waits can still be read."""
        self.closed = True
        self._bus.forget(self)
        self._ring()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class EventBus:
    """Carries events to who listens. Without a listener `emit` costs a look-up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()
        self._by_name: dict[str, tuple[Subscription, ...]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        self._home: asyncio.AbstractEventLoop | None = None  # where listeners of threads run

    def on(
        self,
        pattern: str,
        function: Callable[[Event], Any],
        *,
        when: Callable[[Event], bool] | None = None,
    ) -> Subscription:
        """Call a function with each event of a pattern: a plain one at once, where the event is
        told; an async one soon, in the event loop (what a thread tells: in the bus's last)."""
        return self._add(Subscription(self, pattern, function, when, 0, "drop_newest"))

    def stream(
        self,
        pattern: str = "**",
        *,
        when: Callable[[Event], bool] | None = None,
        size: int = 1000,
        overflow: Overflow = "drop_oldest",
    ) -> Subscription:
        """Events of a pattern, to iterate over. See Subscription for `size` and `overflow`.

        Raises:
            ConfigError: `size` is less than 1.
        """
        if size < 1:
            raise ConfigError("A stream of events needs room for one.", hint="Choose size >= 1.")
        return self._add(Subscription(self, pattern, None, when, size, overflow))

    async def once(self, pattern: str, *, when: Callable[[Event], bool] | None = None) -> Event:
        """Wait for the next event of a pattern."""
        with self.stream(pattern, when=when, size=1, overflow="drop_newest") as subscription:
            return await anext(subscription)

    def wants(self, name: str) -> bool:
        """Whether anybody listens to a name: ask before you make costly data."""
        return bool(self._subscriptions) and bool(self._listeners(name))

    def emit(self, name: str, data: dict[str, Any] | None = None) -> None:
        """Tell that something happened, under the current span."""
        if self._subscriptions and (listeners := self._listeners(name)):
            event = make_event(name, data or {})
            for each in listeners:
                each.deliver(event)

    def publish(self, event: Event) -> None:
        """Carry an event that exists already."""
        if self._subscriptions:
            for each in self._listeners(event.name):
                each.deliver(event)

    def spawn(self, work: Any) -> None:
        """Let an awaitable run on its own, kept until it is done. A thread without an event loop
        hands it to the loop in which the bus was used last."""
        try:
            self._home = asyncio.get_running_loop()
        except RuntimeError:
            if self._home is not None and self._home.is_running():
                self._home.call_soon_threadsafe(self._start, work)
                return
            if inspect.iscoroutine(work):
                work.close()
            log.warning("An async listener was not called: no event loop is at work")
        else:
            self._start(work)

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("An async listener failed", exc_info=error)

    async def drain(self, seconds: float = 5.0) -> None:
        """Wait for the async listeners that are at work in this loop; cancel those that take longer
        than so many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while mine := [
            t for t in list(self._tasks) if t.get_loop() is loop and t is not asyncio.current_task()
        ]:
            _, late = await asyncio.wait(mine, timeout=max(0.0, end - loop.time()))
            await reap(*late)

    def _add(self, subscription: Subscription) -> Subscription:
        with contextlib.suppress(RuntimeError):
            self._home = asyncio.get_running_loop()
        with self._lock:
            self._listen((*self._subscriptions, subscription))
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Remove a subscription; `Subscription.close` calls it."""
        with self._lock:
            self._listen(tuple(s for s in self._subscriptions if s is not subscription))

    def _listen(self, subscriptions: tuple[Subscription, ...]) -> None:
        # Both are new, never changed: a thread that tells an event keeps to what it began with.
        self._subscriptions, self._by_name = subscriptions, {}

    def _listeners(self, name: str) -> tuple[Subscription, ...]:
        by_name = self._by_name
        found = by_name.get(name)
        if found is None:
            found = tuple(s for s in self._subscriptions if matches(s.pattern, name))
            if len(by_name) < 4096:
                by_name[name] = found
        return found


def make_event(name: str, data: dict[str, Any]) -> Event:
    """An event of now, under the current span."""
    span = current_span()
    if span is None:
        return Event(name, data, time.time())
    return Event(name, data, time.time(), span.run_id, span.span_id, span.parent_id)
