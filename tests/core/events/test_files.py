from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from polyspell.errors import ConfigError
from polyspell.events import Event, EventBus, Recorder, Retention, read_events, replay


def tell(bus: EventBus, count: int) -> None:
    for n in range(count):
        bus.emit("tick", {"n": n, "text": "x" * 50})


def numbers(path: Path) -> list[int]:
    return [event.data["n"] for event in read_events(path)]


def test_a_file_is_turned_over_and_the_oldest_are_dropped(tmp_path: Path) -> None:
    bus, path = EventBus(), tmp_path / "x.jsonl"
    with Recorder(bus, path, retention=Retention(bytes=8_000, files=4)):
        tell(bus, 500)
    files = sorted(p.name for p in tmp_path.iterdir())
    assert files == ["x.jsonl", "x.jsonl.1", "x.jsonl.2", "x.jsonl.3"]
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 8_000
    kept = numbers(path)
    assert kept == list(range(kept[0], 500))
    assert 40 < len(kept) < 120


def test_what_fits_is_kept_whole(tmp_path: Path) -> None:
    bus, path = EventBus(), tmp_path / "x.jsonl"
    with Recorder(bus, path, retention=Retention(bytes=10**6)):
        tell(bus, 100)
    assert numbers(path) == list(range(100))


def test_files_that_are_too_old_go(tmp_path: Path) -> None:
    bus, path = EventBus(), tmp_path / "x.jsonl"
    with Recorder(bus, path, retention=Retention(bytes=2_000, seconds=3600, files=3)):
        tell(bus, 20)
        old = sorted(tmp_path.glob("x.jsonl.*"))
        for file in old:
            os.utime(file, (time.time() - 7200,) * 2)
        gone = {event.data["n"] for file in old for event in read_events(file)}
        tell(bus, 7)
    assert gone
    assert not gone & set(numbers(path)[:-7])


def test_sqlite_is_read_as_it_was_written(tmp_path: Path) -> None:
    bus, path, seen = EventBus(), tmp_path / "x.db", []
    bus.on("**", seen.append)
    with Recorder(bus, path) as recorder:
        bus.emit("a.b", {"text": "æ\n🔍", "list": [1, None, 1.5]})
        bus.publish(Event("c", {}, 1.0, "run", "span", "parent"))
        bus.publish(Event("odd", {"half": "a\ud83d"}))
        assert recorder.count == 3
    assert list(read_events(path)) == [*seen[:2], Event("odd", {"half": "a?"})]
    assert [e.name for e in read_events(path, "a.*")] == ["a.b"]
    with sqlite3.connect(path) as db:
        cost = db.execute("select json_extract(data, '$.list[2]') from events where name = 'a.b'")
        assert cost.fetchone() == (1.5,)
    db.close()


def test_sqlite_is_gone_on_with(tmp_path: Path) -> None:
    for _ in range(2):
        bus = EventBus()
        with Recorder(bus, tmp_path / "x.sqlite"):
            tell(bus, 3)
    assert numbers(tmp_path / "x.sqlite") == [0, 1, 2, 0, 1, 2]


def test_sqlite_stays_within_its_size_and_drops_what_is_old(tmp_path: Path) -> None:
    bus, path = EventBus(), tmp_path / "x.db"
    with Recorder(bus, path, retention=Retention(bytes=200_000, seconds=3600)):
        bus.publish(Event("tick", {"n": -1}, time.time() - 7200))
        tell(bus, 5000)
    kept = numbers(path)
    assert kept == list(range(kept[0], 5000))
    assert kept[0] > 0
    assert path.stat().st_size < 400_000


def test_sqlite_takes_events_of_several_threads(tmp_path: Path) -> None:
    bus, path = EventBus(), tmp_path / "x.db"
    with Recorder(bus, path):
        threads = [threading.Thread(target=tell, args=(bus, 50)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(numbers(path)) == sorted(list(range(50)) * 4)


def test_what_is_no_recording_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database, but long enough to be taken for one" * 100)
    for action in (lambda: list(read_events(tmp_path / "x.db")),
                   lambda: Recorder(EventBus(), tmp_path / "x.db"),
                   lambda: Recorder(EventBus(), tmp_path / "no" / "x.db"),
                   lambda: list(read_events(tmp_path / "none.db"))):  # fmt: skip
        with pytest.raises(ConfigError, match=r"\.db"):
            action()


async def test_a_recording_is_replayed_from_either_kind(tmp_path: Path) -> None:
    for name in ("x.db", "x.jsonl"):
        bus = EventBus()
        with Recorder(bus, tmp_path / name):
            tell(bus, 3)
        again: list[Event] = []
        other = EventBus()
        other.on("tick", again.append)
        assert await replay(other, tmp_path / name, speed=1000) == 3
        assert [event.data["n"] for event in again] == [0, 1, 2]


def test_others_can_read_sqlite_while_it_is_written(tmp_path: Path) -> None:
    bus, path = EventBus(), tmp_path / "x.db"
    with Recorder(bus, path):
        for expected in (1, 2):
            tell(bus, 1)
            end = time.monotonic() + 10
            while len(numbers(path)) < expected:
                assert time.monotonic() < end
                time.sleep(0.02)
