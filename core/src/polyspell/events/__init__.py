"""Events tell what happens: dotted names, JSON data, run and span ids, patterns to listen by."""

from polyspell.events.bus import Event, EventBus, Subscription, matches
from polyspell.events.record import Recorder, read_events, replay
from polyspell.events.span import (
    Span,
    current_span,
    enter_span,
    leave_span,
    new_id,
    new_span,
    own_context,
)

__all__ = [
    "Event",
    "EventBus",
    "Recorder",
    "Span",
    "Subscription",
    "current_span",
    "enter_span",
    "leave_span",
    "matches",
    "new_id",
    "new_span",
    "own_context",
    "read_events",
    "replay",
]
