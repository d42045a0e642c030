from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from polyspell.errors import ConfigError
from polyspell.events import Event, EventBus, Recorder, read_events, replay


def record(path: Path, *names: str, pattern: str = "**") -> None:
    bus = EventBus()
    with Recorder(bus, path, pattern):
        for name in names:
            bus.emit(name, {"n": len(name)})
    bus.emit("after.the.end")


def names(path: Path, pattern: str = "**") -> list[str]:
    return [event.name for event in read_events(path, pattern)]


def test_what_was_recorded_is_read_as_it_was(tmp_path: Path) -> None:
    bus, path, seen = EventBus(), tmp_path / "events.jsonl", []
    bus.on("**", seen.append)
    with Recorder(bus, path) as recorder:
        bus.emit("a", {"text": "æ\n🔍", "list": [1, None, 1.5]})
        bus.emit("b")
        assert recorder.count == 2
    assert list(read_events(path)) == seen


def test_only_events_of_the_pattern_are_recorded_and_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    record(path, "tool.call", "agent.run", "tool.end", pattern="tool.*")
    assert names(path) == ["tool.call", "tool.end"]
    assert names(path, "**.end") == ["tool.end"]


def test_what_json_cannot_carry_is_recorded_as_text(tmp_path: Path) -> None:
    bus, path = EventBus(), tmp_path / "events.jsonl"
    with Recorder(bus, path):
        bus.emit("odd", {"value": Path("x"), "half": "a\ud83d"})
        bus.emit("odd", {"value": Path("x")})
    assert [event.data for event in read_events(path)] == [
        {"value": "x", "half": "a?"},
        {"value": "x"},
    ]


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_half_an_event_at_the_end_is_left_out(
    tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "events.jsonl"
    record(path, "a", "b", "c")
    path.write_bytes(path.read_bytes()[:-cut])
    with caplog.at_level(logging.WARNING, "polyspell.events"):
        # To lose no more than the line end loses nothing.
        assert names(path) == (["a", "b", "c"] if cut == 1 else ["a", "b"])


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_recording_that_was_cut_off_can_be_gone_on_with(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "events.jsonl"
    record(path, "a", "b", "c")
    path.write_bytes(path.read_bytes()[:-cut])
    record(path, "d")
    assert names(path) == (["a", "b", "c", "d"] if cut == 1 else ["a", "b", "d"])


def test_a_file_that_is_no_recording_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("first\nlast")
    record(path, "a")
    assert path.read_text().startswith("first\nlast\n{")
    with pytest.raises(ConfigError, match=r"notes.txt, line 1: not an event"):
        names(path)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    record(path, "a", "b")
    first, second, rest = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([first, second[:-3], first, rest]))
    with pytest.raises(ConfigError, match=r"events.jsonl, line 2: not an event"):
        names(path)


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing.jsonl cannot be read"):
        names(tmp_path / "missing.jsonl")
    with pytest.raises(ConfigError, match="cannot be written"):
        Recorder(EventBus(), tmp_path / "missing" / "events.jsonl")


async def test_a_replay_tells_the_events_again_as_they_were(tmp_path: Path) -> None:
    path, bus, seen = tmp_path / "events.jsonl", EventBus(), []
    record(path, *[f"e{n}" for n in range(250)], "other")
    bus.on("**", seen.append)
    assert await replay(bus, path, "e*") == 250
    assert seen == list(read_events(path, "e*"))


@pytest.mark.parametrize(
    ("speed", "waits"), [(None, []), (1.0, [0.0, 0.5, 0.0, 2.0]), (4.0, [0.0, 0.125, 0.0, 0.5])]
)
async def test_a_replay_keeps_the_time_between_events(
    tmp_path: Path,
    speed: float | None,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, bus, slept = tmp_path / "events.jsonl", EventBus(), []
    with Recorder(bus, path):
        for time in (100.0, 100.0, 100.5, 90.0, 92.0):  # a clock may be set back
            bus.publish(Event("a", {}, time))

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    assert await replay(bus, path, speed=speed) == 5
    assert slept == pytest.approx(waits)
