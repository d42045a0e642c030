"""Events to a file and back: one JSON object a line."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from polyspell.errors import ConfigError
from polyspell.events.bus import Event, EventBus, matches

_decoder = msgspec.json.Decoder(Event)


def _fallback(value: Any) -> Any:
    return str(value)


class Recorder:
    """Writes the events of a pattern to a file until it is closed; a context manager.

    Args:
        bus: where to listen.
        path: the file; events are added at its end. Half an event that a stopped writer left there
            is removed.
        pattern: which events.
    """

    def __init__(self, bus: EventBus, path: Path | str, pattern: str = "**") -> None:
        self.path = Path(path)
        try:
            _mend(self.path)
            self._file: BinaryIO | None = self.path.open("ab")
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written: {error.strerror}.", hint="Choose another file."
            ) from error
        self._encoder = msgspec.json.Encoder(enc_hook=_fallback)
        self.count = 0
        self._subscription = bus.on(pattern, self._write)

    def _write(self, event: Event) -> None:
        if self._file is not None:
            self._file.write(self._encoded(event) + b"\n")
            self._file.flush()
            self.count += 1

    def _encoded(self, event: Event) -> bytes:
        try:
            return self._encoder.encode(event)
        except UnicodeEncodeError:  # half a surrogate pair, which UTF-8 cannot carry
            plain = json.dumps(msgspec.to_builtins(event, enc_hook=_fallback), ensure_ascii=False)
            return plain.encode("utf-8", "replace")

    def close(self) -> None:
        """Stop, and close the file."""
        self._subscription.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _mend(path: Path) -> None:
    """Let a recording end with a whole line."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        whole, newline, tail = file.read().rpartition(b"\n")
        if not tail:
            return
        try:
            _decoder.decode(tail)
        except msgspec.DecodeError:
            if tail.startswith(b'{"name":'):  # else it is none of ours, and stays
                file.truncate(len(whole) + len(newline))
                return
        file.write(b"\n")


def read_events(path: Path | str, pattern: str = "**") -> Iterator[Event]:
    """The events of a recording. A last line that was cut off while writing is left out.

    Raises:
        ConfigError: the file cannot be read, or a line is not an event; names the line.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = _decoder.decode(line)
        except msgspec.DecodeError as error:
            if number == len(lines):  # no line end: the writer was stopped
                logging.getLogger("polyspell.events").warning("%s ends in half an event", path)
                return
            raise ConfigError(f"{path}, line {number}: not an event: {error}.") from error
        if matches(pattern, event.name):
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
    count, before = 0, None
    for event in read_events(path, pattern):
        if speed and before is not None:
            await asyncio.sleep(max(0.0, event.time - before) / speed)
        elif count % 100 == 99:
            await asyncio.sleep(0)
        before = event.time
        bus.publish(event)
        count += 1
    return count
