"""Outputs: every parser on what models really write, detection, and JSON while it streams."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.errors import ConfigError, PolyspellError, ValidationError
from polyspell.host import Host
from polyspell.outputs import Parser, PartialJson, detect

HOST = Host(plugins=[], config={})
WANTED = {"name": "Ada", "age": 20}
MALFORMED = {
    "fenced": '```json\n{"name": "Ada", "age": 20}\n```',
    "prose": 'Sure, here it is: {"name": "Ada", "age": 20} I hope that helps!',
    "trailing comma": '{"name": "Ada", "age": 20,}',
    "single quotes": "{'name': 'Ada', 'age': 20}",
    "truncated": '{"name": "Ada", "age": 20',
    "unquoted keys": '{name: "Ada", age: 20}',
    "text for a number": '{"name": "Ada", "age": "20"}',
}
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


def parser(name: str, schema: dict[str, Any] | None = None, **options: Any) -> Parser:
    return Parser(HOST.output_parsers.get(name), schema, options)


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_each_malformed_answer_ends_right(text: str) -> None:
    assert parser("json", SCHEMA).parse(text) == WANTED


@pytest.mark.parametrize(
    ("name", "options", "text", "value"),
    [
        ("yaml", {}, "```yaml\na: 1\nb: [x]\n```", {"a": 1, "b": ["x"]}),
        ("list", {}, "Here:\n- tea\n- coffee", ["tea", "coffee"]),
        ("list", {}, "1. tea\n2) coffee", ["tea", "coffee"]),
        ("list", {}, "tea, coffee", ["tea", "coffee"]),
        ("list", {}, '["tea"]', ["tea"]),
        ("key_value", {}, "**Name**: Ada\n- Age: 36\n  or so", {"Name": "Ada", "Age": "36\nor so"}),
        ("enum", {"values": ["yes", "no"]}, 'My answer: "Yes".', "yes"),
        ("regex", {"pattern": r"(?P<n>\d+) apples"}, "I have 12 apples", {"n": "12"}),
        ("regex", {"pattern": r"\d", "all": True}, "1 2", ["1", "2"]),
        ("csv", {}, "a,b\n1,\"x, y\"", [{"a": "1", "b": "x, y"}]),
        ("csv", {"header": False}, "1;2\n3;4", [["1", "2"], ["3", "4"]]),
        ("xml", {}, "Sure <p id='1'>A & B</p>", {"@id": "1", "#text": "A & B"}),
        ("code", {"first": True}, "Look:\n```lua\nreturn 1\n```", "return 1"),
        ("code", {"language": "py"}, "```lua\nx\n```\n```py\ny", [{"language": "py", "code": "y"}]),
        ("text", {}, "```\nhello\n```", "hello"),
        ("auto", {}, "a: 1\nb: 2", {"a": "1", "b": "2"}),
    ],
)  # fmt: skip
def test_a_parser_reads_what_a_model_wrote(
    name: str, options: dict[str, Any], text: str, value: Any
) -> None:
    assert parser(name, **options).parse(text) == value


def test_sections_are_nested_and_code_is_not_a_heading() -> None:
    found = parser("markdown").parse("before\n# A\none\n## B\n```\n# no\n```\n# C\n")
    assert [(s["title"], s["level"], len(s["sections"])) for s in found] == [
        ("", 0, 0), ("A", 1, 1), ("C", 1, 0),
    ]  # fmt: skip
    assert "# no" in found[1]["sections"][0]["text"]


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("json", {}, "no json here"),
        ("enum", {"values": ["yes", "no"]}, "yes and no"),
        ("xml", {}, "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
        ("xml", {}, "nothing"),
        ("key_value", {}, "nothing of the kind"),
        ("regex", {"pattern": "x+"}, "abc"),
        ("yaml", {}, "a: [1"),
        ("code", {"first": True}, "no code"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_what_is_wanted(
    name: str, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        parser(name, **options).parse(text)
    assert caught.value.hint
    assert parser(name, **options).try_parse(text).error == str(caught.value)


@pytest.mark.parametrize(
    ("name", "options"), [("enum", {}), ("regex", {}), ("regex", {"pattern": "("})]
)
def test_a_setting_that_is_missing_or_wrong_is_a_configuration_error(
    name: str, options: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError):
        parser(name, **options).parse("x")


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("regex", {"pattern": r"(?:a|aa|aaa)+$"}, "a" * 5000 + "b"),
        ("json", {}, '{"a": [' * 30_000),
        ("json", {}, "{" + "x " * 200_000),
        ("yaml", {}, "a: &a [x]\n" + "b: [" + "*a, " * 200 + "]"),
        ("key_value", {}, " " * 500_000 + "x"),
        ("list", {}, "- " + " " * 500_000),
        ("xml", {}, "<a " * 100_000),
        ("text", {}, "x" * (2**20 + 1)),
    ],
)
def test_a_hostile_text_takes_no_time_and_raises_nothing_strange(
    name: str, options: dict[str, Any], text: str
) -> None:
    with contextlib.suppress(PolyspellError):
        parser(name, **options).parse(text)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('{"a": 1}', "json"), ("[1, 2]", "json"), ("```json\n{}\n```", "json"),
        ("a,b\n1,2", "csv"), ("# x\ny", "markdown"), ("a: 1\nb: 2", "key_value"),
        ("a: 1\nb:\n  - 2", "yaml"), ("- a\n- b", "list"), ("<a>b</a>", "xml"),
        ("hello there", "text"), ("```lua\nreturn 1\n```", "code"), ("", "text"),
    ],
)  # fmt: skip
def test_the_format_is_detected(text: str, format: str) -> None:
    assert detect(text) == format


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=3), st.integers(1, 7))
def test_json_in_pieces_grows_into_the_whole_and_is_never_wrong(
    value: dict[str, Any], size: int
) -> None:
    text = msgspec.json.encode(value).decode()
    partial = PartialJson()
    for start in range(0, len(text), size):
        partial.feed(text[start : start + size])
        seen = partial.value()
        assert seen is None or isinstance(seen, dict)
    assert partial.value() == value


def test_a_stream_gives_each_state_once_and_the_whole_at_the_end() -> None:
    pieces = ['Sure! {"na', 'me": "A', 'da", "t', 'ags": ["x"', "]}"]
    assert list(parser("json").stream(pieces)) == [
        {}, {"name": "A"}, {"name": "Ada"}, {"name": "Ada", "tags": ["x"]},
    ]  # fmt: skip
