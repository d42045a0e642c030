"""Events to a file and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from polyspell.errors import ConfigError
from polyspell.events.bus import Event, EventBus, matches
from polyspell.events.files import (
    Database,
    JsonLines,
    Retention,
    Sink,
    is_database,
    read_lines,
    read_rows,
)
from polyspell.events.steps import Step, through


class Recorder:
    """Writes the events of a pattern to a file until it is closed; a context manager.

    Args:
        bus: where to listen.
        path: the file; events are added at its end. One that ends in .db, .sqlite or .sqlite3 is
            SQLite, all others hold JSON, an event a line. Half an event that a stopped writer left
            there is removed.
        pattern: which events.
        steps: filters and transforms that they pass first; see `polyspell.events.steps`.
        retention: how much is kept; None keeps all.
    """

    def __init__(
        self,
        bus: EventBus,
        path: Path | str,
        pattern: str = "**",
        *,
        steps: Sequence[Step] = (),
        retention: Retention | None = None,
    ) -> None:
        self.path = Path(path)
        self.count = 0
        self._steps = tuple(steps)
        self._sink: Sink | None = open_sink(self.path, retention)
        self._subscription = bus.on(pattern, self._write)

    def _write(self, event: Event) -> None:
        passed = through(event, self._steps)
        if self._sink is not None and passed is not None:
            self._sink.write(passed)
            self.count += 1

    def close(self) -> None:
        """Stop, and close the file."""
        self._subscription.close()
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_sink(path: Path, retention: Retention | None = None) -> Sink:
    """The file of a recording, to be written.

    Raises:
        ConfigError: it cannot be.
    """
    try:
        return (Database if is_database(path) else JsonLines)(path, retention)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}.", hint="Choose another file."
        ) from error


def read_events(path: Path | str, pattern: str = "**") -> Iterator[Event]:
    """The events of a recording. A last line that was cut off while writing is left out.

    Raises:
        ConfigError: the file cannot be read, or a line is not an event; names the line.
    """
    found = read_rows(Path(path)) if is_database(path) else read_lines(Path(path))
    return (event for event in found if matches(pattern, event.name))


async def paced(events: Iterator[Event], speed: float | None) -> AsyncIterator[Event]:
    """Events with the time between them: 1 in real time, 2 twice as fast, None without any."""
    before = None
    for count, event in enumerate(events):
        if speed and before is not None:
            await asyncio.sleep(max(0.0, event.time - before) / speed)
        elif count % 100 == 99:
            await asyncio.sleep(0)
        before = event.time
        yield event


async def replay(
    bus: EventBus, path: Path | str, pattern: str = "**", *, speed: float | None = None
) -> int:
    """Publish a recording again; gives the number of events.

    Args:
        bus: where to.
        path: the recording.
        pattern: which events.
        speed: None as fast as possible, 1 in real time, 2 twice as fast.
    """
    count = 0
    async for event in paced(read_events(path, pattern), speed):
        bus.publish(event)
        count += 1
    return count
