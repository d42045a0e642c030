from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polyspell.aio import in_thread
from polyspell.errors import ConfigError, LimitExceeded
from polyspell.events import (
    Event,
    EventBus,
    current_span,
    enter_span,
    leave_span,
    matches,
    new_id,
    new_span,
    own_context,
)

PIECE = st.sampled_from(["*", "**", "a", "b", "ab", "a*", "*b", "a-*", "", "*a*", "***"])
NAMES = st.lists(st.sampled_from(["a", "b", "ab", "aab", "", "a-b"]), min_size=1, max_size=5)


@st.composite
def near(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """A pattern and a name that it covers, or nearly: a name with some of it made general."""
    name = draw(NAMES)
    pattern = list(name)
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(pattern)))
        end = draw(st.integers(begin, min(begin + 2, len(pattern))))
        pattern[begin:end] = draw(st.lists(PIECE, max_size=2))
    return pattern or ["**"], name


def glob(pattern: str, name: str) -> bool:
    """One segment against one without `**`: the slow way, letter by letter."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(glob(pattern[1:], name[n:]) for n in range(len(name) + 1))
    return bool(name) and pattern[0] == name[0] and glob(pattern[1:], name[1:])


def reference(pattern: list[str], name: list[str]) -> bool:
    """Segments against segments, by what the documentation says and nothing else."""
    if not pattern:
        return not name
    if pattern[0] == "**":
        return any(reference(pattern[1:], name[n:]) for n in range(len(name) + 1))
    return bool(name) and glob(pattern[0], name[0]) and reference(pattern[1:], name[1:])


@settings(max_examples=500)
@given(near())
def test_a_pattern_covers_what_a_slow_reading_of_the_rule_says(
    example: tuple[list[str], list[str]],
) -> None:
    pattern, name = example
    assert matches(".".join(pattern), ".".join(name)) is reference(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("tool.*", "tool.call", True),
        ("tool.*", "tool.call.completed", False),
        ("tool.**", "tool.call.completed", True),
        ("tool.**", "tool", True),
        ("tool.**", "toolbox.call", False),
        ("**.failed", "agent.run.failed", True),
        ("**.failed", "notfailed", False),
        ("a.**.z", "a.z", True),
        ("a.**.z", "az", False),
        ("**", "anything.at.all", True),
        ("to(l", "to(l", True),
        ("t.l", "tool", False),
    ],
)
def test_patterns_by_example(pattern: str, name: str, covered: bool) -> None:
    assert matches(pattern, name) is covered


def test_no_pattern_takes_long() -> None:
    name = ".".join("a" * 100) + ".c"
    assert not matches(".".join(["**.a"] * 40) + ".b", name)
    assert matches(".".join(["**.a"] * 40) + ".**.c", name)
    assert not matches("*a" * 40 + "b", "a" * 200)


# -- listening ------------------------------------------------------------------------------------


def test_only_who_listens_is_told_and_nobody_after_closing() -> None:
    bus, seen = EventBus(), []
    assert not bus.wants("tool.call")
    listening = bus.on("tool.*", lambda event: seen.append(event.name))
    bus.on("tool.*", lambda event: seen.append("when"), when=lambda e: e.data.get("loud") is True)
    assert bus.wants("tool.call")
    assert not bus.wants("agent.run")
    bus.emit("tool.call")
    bus.emit("tool.call", {"loud": True})
    bus.emit("agent.run")
    listening.close()
    listening.close()
    bus.emit("tool.call")
    assert seen == ["tool.call", "tool.call", "when"]


def test_a_listener_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus, seen = EventBus(), []

    def broken(event: Event) -> None:
        raise ValueError("broken listener")

    bus.on("**", broken)
    bus.on("**", seen.append, when=lambda event: 1 / 0 > 0)
    bus.on("**", seen.append)
    with caplog.at_level(logging.ERROR, "polyspell.events"):
        bus.emit("a")
    assert [event.name for event in seen] == ["a"]
    assert "broken listener" in caplog.text


async def test_async_listeners_run_beside_the_program_and_are_waited_for_at_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, seen = EventBus(), []

    async def listener(event: Event) -> None:
        await asyncio.sleep(0)
        seen.append(event.name)
        if event.name == "a":
            bus.emit("b")
        else:
            raise ValueError("broken listener")

    bus.on("*", listener)
    bus.emit("a")
    assert seen == []
    await bus.drain()
    assert seen == ["a", "b"]
    assert "broken listener" in caplog.text


async def test_an_async_listener_that_hangs_is_cancelled_at_the_end() -> None:
    bus, ended = EventBus(), []

    async def listener(event: Event) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    bus.on("*", listener)
    bus.emit("a")
    await bus.drain(seconds=0.01)
    assert ended == [True]


async def test_a_listener_may_itself_wait_for_the_others() -> None:
    bus, ended = EventBus(), []

    async def listener(event: Event) -> None:
        await bus.drain()
        ended.append(True)

    bus.on("*", listener)
    bus.emit("a")
    await bus.drain()
    assert ended == [True]


async def test_an_async_listener_of_what_a_thread_tells_runs_in_the_loop() -> None:
    bus, where = EventBus(), []

    async def listener(event: Event) -> None:
        where.append(threading.current_thread())

    bus.on("*", listener)
    await in_thread(bus.emit, "a")
    await asyncio.sleep(0)
    await bus.drain()
    assert where == [threading.current_thread()]


def test_without_any_loop_an_async_listener_is_left_out_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus = EventBus()

    async def listener(event: Event) -> None: ...

    bus.on("*", listener)
    bus.emit("a")
    assert "no event loop" in caplog.text


# -- streams --------------------------------------------------------------------------------------


async def told(bus: EventBus, *names: str) -> None:
    for name in names:
        bus.emit(name)


@pytest.mark.parametrize(
    ("overflow", "kept"), [("drop_oldest", ["c", "d"]), ("drop_newest", ["a", "b"])]
)
async def test_a_full_stream_drops_what_its_policy_says(overflow: Any, kept: list[str]) -> None:
    bus = EventBus()
    with bus.stream(size=2, overflow=overflow) as stream:
        await told(bus, "a", "b", "c", "d")
        assert stream.dropped == 2
    assert [event.name async for event in stream] == kept


async def test_a_full_stream_may_be_an_error_after_what_came_before() -> None:
    bus = EventBus()
    stream, names = bus.stream("*", size=2, overflow="error"), []
    await told(bus, "a", "b", "c")
    with pytest.raises(LimitExceeded, match="Read them faster"):
        async for event in stream:
            names.append(event.name)
    assert names == ["a", "b"]


@pytest.mark.parametrize("size", [0, -1])
def test_a_stream_without_room_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match="room"):
        EventBus().stream(size=size)


async def test_a_stream_that_waits_is_woken_by_an_event_and_by_its_end() -> None:
    bus = EventBus()
    stream = bus.stream("a")
    reading = asyncio.ensure_future(_all(stream))
    await asyncio.sleep(0)
    bus.emit("a")
    bus.emit("b")
    await asyncio.sleep(0)
    stream.close()
    assert await reading == ["a"]


async def test_once_gives_the_first_event_even_if_more_come_before_it_is_looked_at() -> None:
    bus = EventBus()
    waiting = asyncio.ensure_future(bus.once("*"))
    await asyncio.sleep(0)
    await told(bus, "a", "b", "c")
    assert (await waiting).name == "a"
    assert not bus.wants("a")


async def test_waiting_once_can_be_cancelled_and_leaves_no_listener() -> None:
    bus = EventBus()
    waiting = asyncio.ensure_future(bus.once("*"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not bus.wants("a")


async def _all(stream: Any) -> list[str]:
    return [event.name async for event in stream]


async def test_threads_can_tell_what_a_loop_reads() -> None:
    bus = EventBus()
    stream = bus.stream(size=10_000)
    reading = asyncio.ensure_future(_all(stream))
    await asyncio.gather(*[in_thread(_tell_many, bus, f"t{n}") for n in range(4)])
    stream.close()
    names = await reading
    assert len(names) == 2000
    for n in range(4):
        assert [x for x in names if x.startswith(f"t{n}.")] == [f"t{n}.{i}" for i in range(500)]


def _tell_many(bus: EventBus, name: str) -> None:
    for i in range(500):
        bus.emit(f"{name}.{i}")


def test_who_begins_to_listen_while_threads_tell_misses_nothing_afterwards() -> None:
    bus, stop = EventBus(), threading.Event()

    def tell() -> None:
        while not stop.is_set():
            bus.emit("a")

    threads = [threading.Thread(target=tell) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        seen: list[Event] = []
        with bus.on("mine", seen.append):
            bus.emit("mine")
        assert len(seen) == 1
    stop.set()
    for thread in threads:
        thread.join()


def test_a_stream_can_be_read_in_one_loop_after_the_other() -> None:
    bus = EventBus()
    stream = bus.stream()

    async def read() -> str:
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        bus.emit("a")
        return (await waiting).name

    assert [asyncio.run(read()) for _ in range(2)] == ["a", "a"]


# -- spans ----------------------------------------------------------------------------------------


def test_events_carry_the_run_and_the_span_under_which_they_are_told() -> None:
    bus, seen = EventBus(), []
    bus.on("**", seen.append)
    bus.emit("outside")
    outer = new_span()
    token = enter_span(outer)
    bus.emit("outer")
    inner = new_span()
    inner_token = enter_span(inner)
    bus.emit("inner")
    leave_span(inner_token)
    bus.emit("outer")
    leave_span(token)
    assert current_span() is None
    assert [(e.run_id, e.span_id, e.parent_id) for e in seen] == [
        (None, None, None),
        (outer.run_id, outer.span_id, None),
        (outer.run_id, inner.span_id, outer.span_id),
        (outer.run_id, outer.span_id, None),
    ]


def test_a_context_of_its_own_begins_a_run_within_the_span() -> None:
    outer = new_span()
    token = enter_span(outer)
    span, context = own_context()
    leave_span(token)
    assert (span.run_id, span.parent_id) == (span.span_id, outer.span_id)
    assert context.run(current_span) is span


def test_ids_are_never_given_twice() -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.extend(new_id() for _ in range(1000))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 4000
