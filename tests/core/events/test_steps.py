from __future__ import annotations

import pytest
from polyspell.errors import ConfigError
from polyspell.events import Event, EventBus, Recorder, read_events
from polyspell.events.steps import (
    field,
    only,
    pattern,
    rate,
    renamed,
    sample,
    shortened,
    through,
    where,
    without,
)

EVENT = Event("tool.call.completed", {"name": "add", "seconds": 1.5, "usage": {"cost": 0.2}})


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("name=add", True), ("name = add", True), ("name=sub", False), ("name!=sub", True),
        ("seconds>1", True), ("seconds>1.5", False), ("seconds>=1.5", True), ("seconds<1", False),
        ("usage.cost<=0.2", True), ("usage.nothing>0", False), ("name.x=1", False),
        ("name>1", False), ("missing!=1", True), ("missing", False), ("name", True),
        ("name~^a.d$", True), ("name~^b", False), ("run_id=null", True), ("name=\"add\"", True),
    ],
)  # fmt: skip
def test_a_condition_is_read_as_a_person_writes_it(text: str, passes: bool) -> None:
    assert where(text)(EVENT) is passes


@pytest.mark.parametrize("text", ["", "=x", "a b", "name~(", "a=>"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    if text == "a=>":  # compares with the text ">"
        assert where(text)(Event("x", {"a": ">"}))
        return
    with pytest.raises(ConfigError):
        where(text)


def test_filters_are_composed() -> None:
    slow = pattern("tool.**") & field("seconds", ">", 1)
    assert slow(EVENT)
    assert not (~slow)(EVENT)
    assert (pattern("agent.*") | slow)(EVENT)
    assert not (slow & where("name=sub"))(EVENT)


def test_a_sample_keeps_whole_runs_and_about_its_share() -> None:
    half = sample(0.5)
    kept = [r for r in range(2000) if half(Event("a", run_id=f"run-{r}"))]
    assert 800 < len(kept) < 1200
    assert all(half(Event("b", {"x": 1}, 7.0, run_id=f"run-{r}")) for r in kept)
    assert not any(sample(0)(Event("a", run_id=str(n))) for n in range(100))
    assert all(sample(1)(Event("a", run_id=str(n))) for n in range(100))


def test_a_rate_lets_so_many_through_and_no_more() -> None:
    few = rate(3, seconds=3600)
    assert [few(EVENT) for _ in range(5)] == [True, True, True, False, False]


def test_transforms_change_the_copy_and_not_the_event() -> None:
    event = Event("a", {"text": "long enough", "list": ["abcdef"], "n": 1})
    changed = through(event, [without("n"), shortened(4), renamed("old.")])
    assert changed == Event("old.a", {"text": "long…", "list": ["abcd…"]})
    assert event.data["n"] == 1
    assert through(event, [only("n")]) == Event("a", {"n": 1})
    assert through(event, [pattern("b"), only("n")]) is None


def test_a_recorder_writes_what_its_steps_let_through(tmp_path) -> None:  # type: ignore[no-untyped-def]
    bus = EventBus()
    with Recorder(bus, tmp_path / "x.jsonl", steps=[where("n>1"), only("n")]) as recorder:
        for n in range(4):
            bus.emit("a", {"n": n, "secret": "x"})
        assert recorder.count == 2
    assert [e.data for e in read_events(tmp_path / "x.jsonl")] == [{"n": 2}, {"n": 3}]
