"""Events tell what happens: dotted names, JSON data, run and span ids, patterns to listen by.

Filters and transforms are in `polyspell.events.steps`, what offers events to other programs in
`polyspell.events.serve`, what reads those of others in `polyspell.events.remote`.
"""

from polyspell.events.bus import Event, EventBus, Subscription, matches
from polyspell.events.files import Retention
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
    "Retention",
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
