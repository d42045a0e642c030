"""The module `event`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polyspell.errors import ValidationError
from polyspell.events import Event, Recorder, Subscription, replay
from polyspell.paths import permitted
from polyspell.scripting.api.agent import EventRecord, event_record
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.types import Table
from polyspell.scripting.values import verify

RESERVED = (
    "agent.", "hook.", "host.", "memory.", "plugin.", "process.", "provider.", "script.", "tool.",
    "workflow.",
)  # fmt: skip
MAX_NAME = 200
"""Characters of a name or pattern: those who listen keep them."""


class SubscriptionHandle(ApiHandle):
    """A listener. Close it to listen no more."""

    api_name = "Subscription"

    def __init__(self, subscription: Subscription | Recorder) -> None:
        self._subscription = subscription

    def close(self) -> None:
        """Listen no more."""
        self._subscription.close()


class EventListener(ApiHandle):
    """Events as they happen. Iterate over it; it ends when it is closed."""

    api_name = "EventListener"
    iterates = "next"

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def next(self) -> list[EventRecord]:
        """The next event in a list; an empty list after closing."""
        try:
            return [event_record(await anext(self._subscription))]
        except StopAsyncIteration:
            return []

    def close(self) -> None:
        """Listen no more."""
        self._subscription.close()


class EventModule(ApiModule):
    """Events: what happens, by dotted names. A script hears of its own runs; of others under the
    grant `event:NAME`."""

    name = "event"

    def on(
        self,
        pattern: str,
        function: Callable[[EventRecord], Any],
        *,
        when: Table | None = None,
    ) -> SubscriptionHandle:
        """Call a function with each event of a pattern.

        Args:
            pattern: "tool.call.completed", "tool.*" (one segment), "**" (everything).
            function: gets the event.
            when: data that the event must have.
        """

        async def listener(event: Event) -> None:
            await function(event_record(event))

        hears = self._hears(when)
        subscription = self.spell.host.events.on(_short(pattern), listener, when=hears)
        self.spell.closers.append(subscription.close)
        return SubscriptionHandle(subscription)

    async def once(self, pattern: str) -> EventRecord:
        """Wait for the next event of a pattern.

        Args:
            pattern: as in `on`.
        """
        return event_record(
            await self.spell.host.events.once(_short(pattern), when=self._hears(None))
        )

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
        subscription = self.spell.host.events.stream(_short(pattern), when=self._hears(None))
        self.spell.closers.append(subscription.close)
        return EventListener(subscription)

    def record(self, path: str, *, pattern: str = "**") -> SubscriptionHandle:
        """Write events to a file, a JSON object a line; needs `fs.write:PATH` and `event:**`.

        Args:
            path: the file.
            pattern: as in `on`.
        """
        path = permitted(self.spell.grants, "fs.write", path)
        self.spell.grants.require("event:**")
        recorder = Recorder(self.spell.host.events, path, _short(pattern))
        self.spell.closers.append(recorder.close)
        return SubscriptionHandle(recorder)

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
