"""Where recordings are kept: files of JSON lines that are turned over, and SQLite."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import msgspec

from polyspell.errors import ConfigError
from polyspell.events.bus import Event

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger("polyspell.events")
_decoder = msgspec.json.Decoder(Event)
DATABASES = (".db", ".sqlite", ".sqlite3")
"""Endings of recordings that are SQLite."""


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a recording keeps; the oldest goes first.

    Attributes:
        bytes: about how large it may become in all; None is no limit.
        seconds: how old an event may become; None is no limit.
        files: JSON lines only: in how many files, turned over one after the other.
    """

    bytes: int | None = None
    seconds: float | None = None
    files: int = 4


class Sink(Protocol):
    """Where events are written."""

    def write(self, event: Event) -> None:
        """Keep an event."""
        ...

    def close(self) -> None:
        """Write no more."""
        ...


def is_database(path: Path | str) -> bool:
    """Whether a recording of this name is SQLite."""
    return Path(path).suffix in DATABASES


def _plain(value: Any) -> Any:
    return str(value)


_encoder = msgspec.json.Encoder(enc_hook=_plain)


def encoded(value: Any) -> bytes:
    """An event, or its data, as one line of JSON; what JSON cannot carry becomes text."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair, which UTF-8 cannot carry
        text = json.dumps(msgspec.to_builtins(value, enc_hook=_plain), ensure_ascii=False)
        return text.encode("utf-8", "replace")


class JsonLines:
    """Events as JSON, one a line. With a retention the file is turned over: `x.jsonl` becomes
    `x.jsonl.1`, that `x.jsonl.2`, and so on."""

    def __init__(self, path: Path, retention: Retention | None) -> None:
        self._path = path
        self._retention = retention or Retention()
        files = max(2, self._retention.files)
        self._most = None if self._retention.bytes is None else self._retention.bytes // files
        self._begun = time.time()
        _mend(path)
        self._file: BinaryIO = path.open("ab")

    def write(self, event: Event) -> None:
        """Add a line."""
        line = encoded(event) + b"\n"
        if self._full(len(line)):
            self._turn_over()
        self._file.write(line)
        self._file.flush()

    def _full(self, more: int) -> bool:
        at = self._file.tell()
        if not at:
            return False
        too_large = self._most is not None and at + more > self._most
        oldest = self._retention.seconds
        too_old = oldest is not None and time.time() - self._begun > oldest / 2
        return too_large or too_old

    def _turn_over(self) -> None:
        self._file.close()
        keep = max(2, self._retention.files) - 1
        for number in range(keep, 0, -1):
            source = _turned(self._path, number - 1) if number > 1 else self._path
            if source.exists():
                os.replace(source, _turned(self._path, number))
        for number in range(1, keep + 1):
            file = _turned(self._path, number)
            if self._too_old(file):
                file.unlink(missing_ok=True)
        self._file, self._begun = self._path.open("ab"), time.time()

    def _too_old(self, file: Path) -> bool:
        oldest = self._retention.seconds
        return oldest is not None and file.exists() and time.time() - file.stat().st_mtime > oldest

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _turned(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


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


def read_lines(path: Path) -> Iterator[Event]:
    """The events of JSON lines, those that were turned over first. A last line that was cut off
    while writing is left out.

    Raises:
        ConfigError: a file cannot be read, or a line is not an event; names the line.
    """
    number = 1
    while _turned(path, number).exists():
        number += 1
    for older in range(number - 1, 0, -1):
        yield from _read_file(_turned(path, older))
    yield from _read_file(path)


def _read_file(path: Path) -> Iterator[Event]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                event = _decoder.decode(line)
            except msgspec.DecodeError as error:
                if not line.endswith(b"\n"):  # the writer was stopped
                    log.warning("%s ends in half an event", path)
                    return
                raise ConfigError(f"{path}, line {number}: not an event: {error}.") from error
            yield event


_SCHEMA = """
create table if not exists events (
    id integer primary key, time real not null, name text not null,
    run_id text, span_id text, parent_id text, data text not null
);
create index if not exists events_by_time on events (time);
create index if not exists events_by_run on events (run_id);
"""
_SWEEP = 500  # events between two looks at what is too old
_COMMIT = 0.2  # seconds after which an event is in the file at the latest


class Database:
    """Events in SQLite: the table `events`, with `data` as JSON. May be written from any thread.
    A transaction takes all events of a fifth of a second: one for each would cost far more.
    """

    def __init__(self, path: Path, retention: Retention | None) -> None:
        import sqlite3

        self._retention = retention or Retention()
        self._lock = threading.Lock()
        self._written = 0
        self._timer: threading.Timer | None = None
        try:
            self._db = _opened(path)
        except sqlite3.Error as error:
            raise ConfigError(
                f"{path} cannot be written: {error}.", hint="Choose another file."
            ) from error

    def write(self, event: Event) -> None:
        """Add a row."""
        data = encoded(event.data).decode()
        row = (event.time, event.name, event.run_id, event.span_id, event.parent_id, data)
        with self._lock:
            if self._timer is None:
                self._begin()
            self._db.execute(
                "insert into events (time, name, run_id, span_id, parent_id, data)"
                " values (?, ?, ?, ?, ?, ?)",
                row,
            )
            self._written += 1
            if self._written % _SWEEP == 0:
                self._sweep()

    def _begin(self) -> None:
        self._db.execute("begin")
        self._timer = threading.Timer(_COMMIT, self._commit)
        self._timer.daemon = True
        self._timer.start()

    def _commit(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
                self._db.execute("commit")

    def _sweep(self) -> None:
        if self._retention.seconds is not None:
            oldest = time.time() - self._retention.seconds
            self._db.execute("delete from events where time < ?", (oldest,))
        if self._retention.bytes is not None and self._size() > self._retention.bytes:
            self._db.execute(
                "delete from events where id in"
                " (select id from events order by id limit (select count(*) / 5 from events))"
            )

    def _size(self) -> int:
        """Bytes in use; what was deleted is used again."""
        pages, free, size = (
            self._db.execute(f"pragma {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def close(self) -> None:
        """Close the database."""
        self._commit()
        with self._lock:
            self._sweep()
            self._db.close()


def _opened(path: Path) -> sqlite3.Connection:
    import sqlite3

    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = normal")  # loses at most the last, never all
        db.executescript(_SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


def read_rows(path: Path) -> Iterator[Event]:
    """The events of a database, in their order.

    Raises:
        ConfigError: it is not there, or is no recording.
    """
    import sqlite3

    if not path.is_file():
        raise ConfigError(f"{path} cannot be read: there is no such file.")
    db = sqlite3.connect(path)
    try:
        for at, name, run_id, span_id, parent_id, data in db.execute(
            "select time, name, run_id, span_id, parent_id, data from events order by id"
        ):
            yield Event(name, msgspec.json.decode(data), at, run_id, span_id, parent_id)
    except (sqlite3.Error, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is no recording of events: {error}.") from error
    finally:
        db.close()
