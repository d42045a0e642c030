"""Matchers: what a test says of events and messages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from polyspell.events import Event, EventBus, matches
from polyspell.messages import Message

if TYPE_CHECKING:
    from polyspell.agents import Result


@contextlib.contextmanager
def collect_events(bus: EventBus, pattern: str = "**") -> Iterator[list[Event]]:
    """The events of a pattern, as they come: `with collect_events(host.events) as events: ...`."""
    events: list[Event] = []
    subscription = bus.on(pattern, events.append)
    try:
        yield events
    finally:
        subscription.close()


def has_event(events: Sequence[Event], pattern: str, **data: Any) -> bool:
    """Whether there is an event of a pattern with these data."""
    return any(
        matches(pattern, event.name) and all(event.data.get(k) == v for k, v in data.items())
        for event in events
    )


def says(message: Message, *texts: str, role: str | None = None) -> bool:
    """Whether a message has all these texts, upper or lower case, and comes from a role."""
    said = message.text.lower()
    return (role is None or message.role == role) and all(text.lower() in said for text in texts)


def valid_conversation(messages: Sequence[Message]) -> bool:
    """Whether a model could be given these messages: every tool call is answered at once, and no
    answer stands without its call."""
    open_calls: list[str] = []
    for message in messages:
        if message.role == "tool":
            answered = [getattr(part, "id", None) for part in message.parts]
            if sorted(map(str, answered)) != sorted(open_calls):
                return False
            open_calls = []
        elif open_calls:
            return False
        else:
            open_calls = [call.id for call in message.tool_calls]
    return not open_calls


def called(result: Result, *names: str) -> bool:
    """Whether a run called these tools in this order, others before, between or after them."""
    made = iter([call["name"] for call in result.tool_calls])
    return all(name in made for name in names)


def costs_at_most(result: Result, dollars: float) -> bool:
    """Whether a run cost no more than so many US dollars; false where no price is known."""
    cost = result.usage.cost
    return cost is not None and cost <= dollars
