"""The state of a spell: kept as it was given, or refused; in a file that is never half written."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from polyspell.errors import LimitExceeded, ValidationError
from polyspell.scripting.spell import Spell
from polyspell.scripting.state import MAX_SIZE, State
from polyspell.scripting.values import HandleRef

texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=10)
plain = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False,
    allow_infinity=False) | texts,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(texts, inner, max_size=4),
)  # fmt: skip


@settings(max_examples=30)
@given(some.dictionaries(texts, plain.filter(lambda value: value is not None), max_size=4))
def test_what_is_kept_comes_back_as_it_was(values: dict[str, Any]) -> None:
    state = State()
    for key, value in values.items():
        state.set(key, value)
    assert state.values == values


def test_another_process_finds_it_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "of" / "spells" / "state.json"
    value = {"n": 2**70, "f": -0.0, "list": [True, None, "\0 é 🜁"], "empty": {}}
    State(path).set("a", value)
    again = State(path)
    assert again.values == {"a": value}
    assert math.copysign(1, again.values["a"]["f"]) == -1
    again.set("b", 1)
    again.set("a", None)
    assert State(path).values == {"b": 1}
    again.clear()
    assert State(path).values == {}
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), [1, float("nan")], b"bytes", {"a": b""}, {1: 2}, (1, 2), "\ud800",
     {"\ud800": 1}, object(), lambda: 0, HandleRef(1, "Agent")],
    ids=lambda value: type(value).__name__,  # no address: each test process has its own
)  # fmt: skip
def test_what_would_come_back_as_another_is_refused(tmp_path: Path, value: Any) -> None:
    state = State(tmp_path / "state.json")
    state.set("kept", 1)
    with pytest.raises(ValidationError, match="cannot keep the value of 'key'") as caught:
        state.set("key", value)
    assert "text, numbers" in caught.value.hint
    assert state.values == State(tmp_path / "state.json").values == {"kept": 1}


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValidationError):
        State().set("\ud800", 1)


def test_it_does_not_change_with_what_was_given() -> None:
    state, given_list = State(), [1]
    state.set("list", given_list)
    given_list.append(2)
    assert state.values == {"list": [1]}


def test_it_does_not_grow_without_end(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    half = "x" * (MAX_SIZE // 2)
    state.set("one", half)
    with pytest.raises(LimitExceeded, match="larger than") as caught:
        state.set("two", half)
    assert caught.value.context == {"limit": "state", "allowed": MAX_SIZE}
    assert list(State(tmp_path / "state.json").values) == ["one"]
    state.set("one", "small")
    state.set("two", half)  # now there is room


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff", b"{}{}", b"[" * 100_000])
def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(data)
    with pytest.raises(ValidationError, match="is damaged") as caught:
        State(path).set("a", 1)
    assert str(path) in caught.value.message
    assert "Delete the file" in caught.value.hint
    assert path.read_bytes() == data


def test_a_state_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = State(path)
    state.set("a", 1)
    path.unlink()
    path.mkdir()  # a file cannot take its place
    with pytest.raises(OSError):
        state.set("a", 2)
    assert state.values == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


async def test_scripts_keep_and_find_it_in_every_language(opened: Any, tmp_path: Path) -> None:
    writes = {
        "lua": 'require("polyspell").state.set("lua", {n = 1})',
        "javascript": 'import { state } from "polyspell"; state.set("javascript", {n: 1})',
        "wren": 'import "polyspell" for State\nState.set("wren", {"n": 1})',
        "python": "from polyspell import state\nstate.set('python', {'n': 1})",
    }
    path = tmp_path / "state.json"
    for language, text in writes.items():
        isolation = "process" if language == "python" else "inline"
        spell: Spell
        async with opened(language, isolation=isolation, state=path) as spell:
            await spell.run(text)
    assert State(path).values == {key: {"n": 1} for key in writes}
