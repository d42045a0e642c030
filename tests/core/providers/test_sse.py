"""Events and lines from bytes, wherever the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.errors import BadResponseError
from polyspell.providers.sse import Event, EventParser, LineParser, WholeParser

STREAM = (
    "\ufeff: a comment\n\nevent: greeting\ndata: {\"a\": \"søster 🙂\"}\n\n"
    "data: one\ndata:two\ndata\nid: 7\nretry: 3\nunknown: x\n\n"
    "event: nothing\n\ndata:  two spaces\n\n:\ndata: [DONE]\n\n"
).encode()  # fmt: skip
EVENTS = [
    Event('{"a": "søster 🙂"}'.encode(), "greeting"),
    Event(b"one\ntwo\n"),
    Event(b" two spaces"),
    Event(b"[DONE]"),
]


def parsed(pieces: list[bytes], parser: EventParser | None = None) -> list[Event]:
    parser = parser or EventParser()
    found = [event for piece in pieces for event in parser.feed(piece)]
    return found + parser.close()


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_all_endings_of_lines_are_understood(ending: bytes) -> None:
    assert parsed([STREAM.replace(b"\n", ending)]) == EVENTS


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_it_does_not_matter_where_the_bytes_are_cut(ending: bytes) -> None:
    data = STREAM.replace(b"\n", ending)
    assert parsed([data[i : i + 1] for i in range(len(data))]) == EVENTS
    for cut in range(len(data)):
        assert parsed([data[:cut], b"", data[cut:]]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12), st.sampled_from([b"\n", b"\r\n"]))
def test_any_cuts_give_the_same_events(cuts: list[int], ending: bytes) -> None:
    data = STREAM.replace(b"\n", ending)
    borders = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(borders)]
    assert parsed(pieces) == EVENTS


def test_line_separators_of_unicode_are_not_ends_of_lines() -> None:
    text = '{"a": "x\u2028y\x85z\x0b"}'
    assert parsed([f"data: {text}\n\n".encode()]) == [Event(text.encode())]


def test_an_event_without_a_blank_line_at_the_end_counts() -> None:
    assert parsed([b"data: a\n\ndata: b\n"]) == [Event(b"a"), Event(b"b")]
    assert parsed([b"data: a\n\ndata: b"]) == [Event(b"a"), Event(b"b")]


def test_the_end_mark_says_that_nothing_more_is_wanted() -> None:
    parser = EventParser(b"[DONE]")
    assert not parser.done
    parser.feed(b"data: [DO")
    parser.feed(b"NE]\n\n")
    assert parser.done


def test_a_huge_event_is_put_together_up_to_the_limit() -> None:
    parser = EventParser(limit=3_000_000)
    piece = b"x" * 100_000
    assert parsed([b"data: ", *[piece] * 29, b"\n\n"], parser) == [Event(piece * 29)]
    with pytest.raises(BadResponseError, match="3000000 bytes"):
        parsed([b"data: ", *[piece] * 31], EventParser(limit=3_000_000))


def test_an_event_of_endless_small_lines_meets_the_limit() -> None:
    with pytest.raises(BadResponseError, match="bytes"):
        parsed([b"data: x\n" * 1000] * 100, EventParser(limit=500_000))


def test_lines_come_as_they_are_complete() -> None:
    parser = LineParser()
    assert parser.feed(b'{"a":1}\r\n{"b"') == [b'{"a":1}']
    assert parser.feed(b":2}\n\n") == [b'{"b":2}', b""]
    assert parser.feed(b"last") == [] and parser.close() == [b"last"]
    assert parser.close() == []


def test_a_whole_answer_is_one_event() -> None:
    parser = WholeParser(limit=10)
    assert parser.feed(b"{") == [] and parser.feed(b"}") == []
    assert parser.close() == [Event(b"{}")]
    assert WholeParser().close() == []
    with pytest.raises(BadResponseError):
        parser.feed(b"x" * 10)
