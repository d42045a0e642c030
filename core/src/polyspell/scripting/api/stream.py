"""A run while it happens, for scripts."""

from __future__ import annotations

from polyspell.agents import RunStream
from polyspell.events import Event
from polyspell.scripting.api.result import ResultRecord, result_record
from polyspell.scripting.declare import ApiHandle, ApiRecord
from polyspell.scripting.types import Table


class EventRecord(ApiRecord):
    """Something happened.

    Attributes:
        name: what, with dots: "tool.call.completed".
        data: more about it.
        time: seconds since 1970.
        run_id: the run that it belongs to.
    """

    api_name = "Event"
    name: str
    data: Table
    time: float
    run_id: str | None


class EventStream(ApiHandle):
    """The events of a run, while they happen. Iterate over it; then ask for its `result`."""

    api_name = "EventStream"
    iterates = "next"

    def __init__(self, stream: RunStream) -> None:
        self._stream = stream

    async def next(self) -> list[EventRecord]:
        """The next event in a list; an empty list at the end."""
        try:
            return [event_record(await anext(self._stream))]
        except StopAsyncIteration:
            return []

    def result(self) -> ResultRecord:
        """What the run gave, after the last event."""
        return result_record(self._stream.result)

    async def close(self) -> None:
        """End the run now."""
        await self._stream.aclose()


def event_record(event: Event) -> EventRecord:
    """An event for a script."""
    return EventRecord(event.name, event.data, event.time, event.run_id)
