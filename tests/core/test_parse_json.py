from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.errors import ValidationError
from polyspell.schema import parse_json
from polyspell.schema.parse import MAX_REPAIR

WANTED = {"city": "Oslo", "at": {"x": 1.5}, "tags": ["a", "b"]}
PLAIN = '{"city": "Oslo", "at": {"x": 1.5}, "tags": ["a", "b"]}'

WRITTEN = {
    "as it should be": PLAIN,
    "fenced": f"```json\n{PLAIN}\n```",
    "fenced without a language": f"```\n{PLAIN}\n```",
    "prose around it": f"Sure! Here it is: {PLAIN} I hope it helps.",
    "prose around a fence": f"Here:\n```json\n{PLAIN}\n```\nAnything else?",
    "prose with braces": f"You asked for {PLAIN} with {{smile}}.",
    "trailing commas": PLAIN.replace("]", ",]").replace("}", ",}"),
    "single quotes": PLAIN.replace('"', "'"),
    "truncated in the list": PLAIN[:-2],
    "truncated in the text": PLAIN[:-3],
    "unquoted keys": '{city: "Oslo", at: {x: 1.5}, tags: ["a", "b"]}',
    "thinking before it": f'<think>Or {{"city": "Bergen"}}?</think>\n{PLAIN}',
    "a comment": PLAIN.replace(", ", ", // so\n", 1),
    "said twice": f"{PLAIN}\n{PLAIN}",
    "a mark before it": "\ufeff" + PLAIN,
    "encoded twice": json.dumps(PLAIN),
    "fenced and broken": f"```json\n{PLAIN[:-2]}\n```",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_an_object_is_read_however_a_model_wrote_it(text: str) -> None:
    assert parse_json(text, want_object=True) == WANTED


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", 20),
        ('"20"', "20"),
        ("null", None),
        ("[1, 2]", [1, 2]),
        ("```json\n[1, 2]\n```", [1, 2]),
        ("```\n20\n```", 20),
        ("The list is [1, 2,].", [1, 2]),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        ('{"a": "half \ud83d"}', {"a": "half ?"}),
        ("{'a': None, 'b': True}", {"a": None, "b": True}),
        ('{"a": "L\'Aquila"}', {"a": "L'Aquila"}),
    ],
)
def test_any_value_is_read(text: str, value: Any) -> None:
    assert parse_json(text) == value


NO_OBJECT = ["", " ", "hello", "\ud83d", "null", "20", "[1, 2]", '"{"', '"text"', "]", "[[[", "}"]
DEEP = ["[" * 50_000, '{"a":' * 10_000, "{" * MAX_REPAIR + "{"]


@pytest.mark.parametrize("text", [*NO_OBJECT, *DEEP])
def test_what_holds_no_object_is_an_error_that_shows_it(text: str) -> None:
    try:
        assert isinstance(parse_json(text, want_object=True), dict)
    except ValidationError as error:
        assert error.hint
        assert len(str(error)) < 500


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    for want_object in (False, True):
        try:
            value = parse_json(text, want_object=want_object)
        except ValidationError:
            continue
        assert isinstance(value, dict) or not want_object


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.booleans())
def test_what_is_json_is_never_changed(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert parse_json(text) == parse_json(text, want_object=True) == value


@pytest.mark.parametrize("text", ["{" * 100_000, "{" * 50_000 + "}" * 50_000])
def test_a_text_of_braces_is_no_json_and_takes_no_time(text: str) -> None:
    with pytest.raises(ValidationError, match="Not JSON"):
        parse_json(text)
