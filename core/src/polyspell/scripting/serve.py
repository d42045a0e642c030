"""A context in a worker process: messages in, methods called, messages out."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import PolyspellError, describe
from polyspell.registry import load_object
from polyspell.scripting.engine import Call, Outcome, Reply
from polyspell.scripting.limits import Meter, exceeded
from polyspell.scripting.values import HandleRef
from polyspell.scripting.wire import (
    Answer,
    Ask,
    Dropped,
    Ended,
    Gave,
    Printed,
    Query,
    Setup,
    worker_codec,
)

if TYPE_CHECKING:
    from polyspell.scripting.worker.channel import Channel


_WINDOW, _AT_ONCE = 0.05, 100
"""Seconds, and how much of what a script prints in them goes out at once: who watches sees what it
does while it works, and who floods pays for it in bulk. The rest goes out with the next print or
look at the clock after them."""


class ChannelPort:
    """The port of a context whose host is at the other end of a channel."""

    def __init__(self, channel: Channel, setup: Setup) -> None:
        self._channel = channel
        self._waits = set(setup.waits)
        self._left = setup.options.limits.output
        self._allowed = self._left
        self._since, self._told, self._due = 0.0, 0, math.inf
        self.waiting: deque[Any] = deque()

    def ask(self, call: Call) -> Reply | None:
        """Send a call; wait for the answer if it comes at once."""
        message = Ask(call.id, call.task, call.target, call.name, call.arguments)
        try:
            kind = call.target.type if isinstance(call.target, HandleRef) else call.target
            if call.late or (kind, call.name) in self._waits:
                self._channel.post(message)
                return None
            self._channel.send(message)
        except PolyspellError as error:  # too large a frame, say
            return Reply(call.id, error=error.to_dict())
        while True:
            got = self._channel.receive()
            if type(got) is Answer and got.call == call.id:
                return Reply(got.call, got.value, got.error)
            self.waiting.append(got)

    def finish(self, outcome: Outcome) -> None:
        """A task has ended."""
        end = Ended(outcome.task, outcome.value, outcome.error, outcome.fatal)
        try:
            self._channel.post(end)
        except Exception as error:
            self._channel.post(Ended(outcome.task, None, describe(error), outcome.fatal))

    def output(self, stream: str, text: str) -> None:
        """The script printed."""
        if self._left is not None:
            self._left -= len(text.encode("utf-8", "replace"))
            if self._left < 0:
                raise exceeded("output", self._allowed)
        self._channel.post(Printed(stream, text))
        now = time.monotonic()
        if now - self._since > _WINDOW:
            self._since, self._told = now, 0
        self._told += 1
        self._due = self._since + _WINDOW
        if self._told <= _AT_ONCE:
            self._flush()

    def look(self, now: float) -> None:
        """The engine looks at the clock: what was printed and held back may have waited enough."""
        if now > self._due:
            self._flush()

    def _flush(self) -> None:
        self._due = math.inf
        self._channel.flush()

    def drop(self, handles: Sequence[int]) -> None:
        """The script dropped handles."""
        self._channel.post(Dropped(list(handles)))


def serve(channel: Channel, options: Any) -> None:
    """Open a context as a `Setup` says, and do what the host sends until it hangs up."""
    setup = msgspec.convert(options, Setup)
    channel.codec = worker_codec()
    port = ChannelPort(channel, setup)
    Meter.also = port.look
    context = load_object(setup.engine)().open(setup.opened(), port)
    waiting = port.waiting
    answer_all = getattr(context, "answer_all", None)
    while True:
        if not waiting:
            waiting.extend(channel.receive_all())
        message = waiting.popleft()
        if type(message) is Query:
            _query(channel, context, message)
        elif type(message) is Answer and answer_all is not None:
            answers = [message]
            while waiting and type(waiting[0]) is Answer:
                answers.append(waiting.popleft())
            answer_all([a.reply() for a in answers])
        else:
            message.do(context)


def _query(channel: Channel, context: Any, query: Query) -> None:
    try:
        value = getattr(context, query.method)(*query.arguments)
        plain = msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
        channel.post(Gave(query.number, plain, None))
    except Exception as error:
        channel.post(Gave(query.number, None, describe(error)))
