"""The module `event`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from polyspell.errors import LimitExceeded, PolyspellError, ValidationError
from polyspell.events import Event, Recorder, Subscription, replay
from polyspell.paths import permitted
from polyspell.scripting.api.stream import EventRecord, event_record
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.types import Table
from polyspell.scripting.values import verify

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell

log = logging.getLogger("polyspell.scripting")
RESERVED = (
    "agent.", "hook.", "host.", "memory.", "plugin.", "process.", "provider.", "script.", "tool.",
    "workflow.",
)  # fmt: skip
MAX_LISTENERS = 500
"""Listeners of one script."""
MAX_NAME = 200
"""Characters of a name or pattern: those who listen keep them."""


class SubscriptionHandle(ApiHandle):
    """A listener. Close it to listen no more."""

    api_name = "Subscription"
    lasts = True  # a script that listens need not hold it

    def __init__(self, module: EventModule, subscription: Subscription | Recorder) -> None:
        self._module, self._subscription = module, subscription

    def close(self) -> None:
        """Listen no more."""
        self._module._end(self._subscription)


class EventListener(ApiHandle):
    """Events as they happen. Iterate over it; it ends when it is closed."""

    api_name = "EventListener"
    iterates = "next"

    def __init__(self, module: EventModule, subscription: Subscription) -> None:
        self._module, self._subscription = module, subscription

    async def next(self) -> list[EventRecord]:
        """The next event in a list; an empty list after closing."""
        try:
            return [event_record(await anext(self._subscription))]
        except StopAsyncIteration:
            return []

    def close(self) -> None:
        """Listen no more."""
        self._module._end(self._subscription)


class EventModule(ApiModule):
    """Events: what happens, by dotted names. A script hears of its own runs; of others under the
    grant `event:NAME`."""

    name = "event"

    def __init__(self, spell: Spell) -> None:
        super().__init__(spell)
        self._open: set[Subscription | Recorder] = set()
        spell.closers.append(self._end_all)

    def on(
        self,
        pattern: str,
        function: Callable[[EventRecord], Any],
        *,
        when: Table | None = None,
    ) -> SubscriptionHandle:
        """Call a function with each event of a pattern, one after the other; the oldest are
        dropped when 1,000 wait.

        Args:
            pattern: "tool.call.completed", "tool.*" (one segment), "**" (everything).
            function: gets the event.
            when: data that the event must have.
        """

        subscription = self._stream(pattern, self._hears(when))
        self.spell.spawn(self._call_with_each(subscription, function))
        return SubscriptionHandle(self, subscription)

    async def once(self, pattern: str) -> EventRecord:
        """Wait for the next event of a pattern.

        Args:
            pattern: as in `on`.
        """
        subscription = self._stream(pattern, self._hears(None))
        try:
            return event_record(await anext(subscription))
        finally:
            self._end(subscription)

    def emit(self, name: str, data: Table | None = None) -> None:
        """Tell that something happened. Names of the host's own events need `event.emit:NAME`.

        Args:
            name: what, with dots.
            data: more about it.
        """
        _short(name)
        if name.startswith(RESERVED):
            self.spell.grants.require(f"event.emit:{name}")
        verify(data, "data")  # a function or handle would reach other scripts
        self.spell.host.events.emit(name, {**(data or {})})

    def stream(self, pattern: str = "**") -> EventListener:
        """Events of a pattern to iterate over; the oldest are dropped when 1,000 wait.

        Args:
            pattern: as in `on`.
        """
        return EventListener(self, self._stream(pattern, self._hears(None)))

    def record(self, path: str, *, pattern: str = "**") -> SubscriptionHandle:
        """Write events to a file, a JSON object a line; needs `fs.write:PATH` and `event:**`.

        Args:
            path: the file.
            pattern: as in `on`.
        """
        path = permitted(self.spell.grants, "fs.write", path)
        self.spell.grants.require("event:**")
        self._require_few()
        recorder = Recorder(self.spell.host.events, path, _short(pattern))
        self._open.add(recorder)
        return SubscriptionHandle(self, recorder)

    async def replay(self, path: str, *, pattern: str = "**", speed: float | None = None) -> int:
        """Tell the events of a recording again; gives their number. Needs `fs.read:PATH` and
        `event.emit:**`.

        Args:
            path: the file.
            pattern: which events.
            speed: 1 in real time, 2 twice as fast; as fast as possible if it is left out.
        """
        path = permitted(self.spell.grants, "fs.read", path)
        self.spell.grants.require("event.emit:**")
        return await replay(self.spell.host.events, path, _short(pattern), speed=speed)

    async def _call_with_each(
        self, subscription: Subscription, function: Callable[[EventRecord], Any]
    ) -> None:
        async for event in subscription:
            try:
                await function(event_record(event))
            except PolyspellError as error:
                if self.spell.lost:  # its end is told already
                    return
                log.warning("A listener of %s failed: %s", self.spell.name, error)

    def _stream(self, pattern: str, hears: Callable[[Event], bool]) -> Subscription:
        self._require_few()
        subscription = self.spell.host.events.stream(_short(pattern), when=hears)
        self._open.add(subscription)
        return subscription

    def _require_few(self) -> None:
        """Go on if there can be another listener: each costs everybody who tells something."""
        if len(self._open) >= MAX_LISTENERS:
            raise LimitExceeded(
                f"A script has at most {MAX_LISTENERS} listeners.",
                hint="Close those that it needs no more.",
                context={"limit": "listeners", "allowed": MAX_LISTENERS},
            )

    def _end(self, listening: Subscription | Recorder) -> None:
        self._open.discard(listening)
        listening.close()

    def _end_all(self) -> None:
        while self._open:
            self._open.pop().close()

    def _hears(self, when: dict[str, Any] | None) -> Callable[[Event], bool]:
        spell = self.spell
        wanted = (when or {}).items()

        def hears(event: Event) -> bool:
            own = event.run_id is not None and event.run_id == spell.span.run_id
            allowed = own or spell.grants.allows(f"event:{event.name}")
            return allowed and all(event.data.get(k) == v for k, v in wanted)

        return hears


def _short(name: str) -> str:
    if len(name) > MAX_NAME:
        raise ValidationError(f"The name of an event has at most {MAX_NAME} characters.")
    return name
