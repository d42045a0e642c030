"""What is written comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.errors import ToolError
from polyspell_data import formats
from polyspell_data.limits import Options

OPTIONS = Options()
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
SCALAR = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    SCALAR | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def back(value: Any, format: str) -> Any:
    return formats.read(formats.write(value, format, OPTIONS), format, OPTIONS)


@pytest.mark.parametrize("format", ["json", "yaml"])
@given(value=JSON)
def test_any_json_comes_back(format: str, value: Any) -> None:
    assert back(value, format) == value


@given(st.dictionaries(TEXT.filter(bool), SCALAR.filter(lambda v: v is not None) | TEXT))
def test_any_flat_table_comes_back_from_toml(value: dict[str, Any]) -> None:
    whole = {k: v for k, v in value.items() if not isinstance(v, int) or abs(v) < 2**63}
    assert back(whole, "toml") == whole


AMBIGUOUS = [
    *[
        "no",
        "yes",
        "on",
        "null",
        "~",
        "1",
        "1e3",
        "0x1f",
        "0o7",
        "1_000",
        "12:30",
        "-",
        "2026-01-01",
        ".inf",
        "nan",
        "true",
        "=1",
        "<<",
        "&a",
        "*a",
        "!t",
        "07",
    ],
    *("", "a: b", "# c", " x", "x ", "\n", "|", "?", "[", "{", "'", '"', "%", "@", "`", "é", "😀"),
]


@pytest.mark.parametrize("text", AMBIGUOUS)
@pytest.mark.parametrize("format", ["json", "yaml", "toml"])
def test_a_text_that_looks_like_something_else_stays_text(text: str, format: str) -> None:
    assert back({"key": text, text or "x": 1}, format) == {"key": text, text or "x": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("2026-01-01", "2026-01-01"), ("12:30:45", "12:30:45"), ("0o17", 15),
        ("017", 17), ("1e3", 1000.0), ("~", None), ("True", True), (".inf", "inf"), ("", None),
        ("a: 1\n---\nb: 2", [{"a": 1}, {"b": 2}]), ("x: &a [1]\ny: *a", {"x": [1], "y": [1]}),
        ("<<: 1", {"<<": 1}),
        ("a: &a {x: 1, y: 1}\nb: {<<: *a, y: 2}", {"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": 2}}),
        ("1: a\ntrue: b", {"1": "a", "true": "b"}),
    ],
)  # fmt: skip
def test_yaml_is_read_by_its_core_schema(text: str, value: Any) -> None:
    assert formats.read(text.encode(), "yaml", OPTIONS) == value


def test_csv_reads_numbers_and_keeps_what_only_looks_like_one() -> None:
    text = "a,b,c,a\n1,007,,x\n-2.5,1e400,TRUE,\n+49123,-0,9999999999999999999,y,more\n"
    assert formats.read(text.encode(), "csv", OPTIONS) == [
        {"a": 1, "b": "007", "c": None, "a_4": "x", "column_5": None},
        {"a": -2.5, "b": "1e400", "c": True, "a_4": None, "column_5": None},
        {"a": "+49123", "b": -0.0, "c": "9999999999999999999", "a_4": "y", "column_5": "more"},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_of_csv_is_found(delimiter: str) -> None:
    text = delimiter.join(("a", '"b, ; | c"', "d")) + "\n" + delimiter.join("123")
    assert formats.read(text.encode(), "csv", OPTIONS) == [{"a": 1, "b, ; | c": 2, "d": 3}]


def test_xml_has_attributes_children_and_texts() -> None:
    text = '<shop n="1"><item id="a">tea</item><item/>&lt;</shop>'
    value = {"shop": {"@n": "1", "item": [{"@id": "a", "#text": "tea"}, None], "#text": "<"}}
    assert formats.read(text.encode(), "xml", OPTIONS) == value
    assert back(value, "xml") == value


def test_attributes_of_xml_keep_what_a_reader_would_change() -> None:
    value = {"a": {"@b": "x\ny\tz\r<\"'&>", "#text": "]]> &amp;"}}
    assert back(value, "xml") == value


@pytest.mark.parametrize("value", [{"a b": 1}, {"x": {"@a b": 1}}, {"x": {"@a": [1]}}, "\x00"])
def test_what_xml_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(ToolError):
        formats.write(value, "xml", OPTIONS)


def test_a_workbook_comes_back_sheet_by_sheet() -> None:
    value = {"people": [{"n": 1, "s": "=1+1"}, {"n": None, "s": "x"}], "empty?": [{"a": 1.5}]}
    assert back(value, "xlsx") == {"people": value["people"], "empty_": [{"a": 1.5}]}
    assert back([{"when": "2026-01-01", "big": 2**60}], "xlsx") == [
        {"when": "2026-01-01", "big": str(2**60)}
    ]


def test_toml_says_what_it_has_not() -> None:
    with pytest.raises(ToolError, match="table at its top"):
        formats.write([1], "toml", OPTIONS)
    with pytest.raises(ToolError, match="null"):
        formats.write({"a": None}, "toml", OPTIONS)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('{"a": 1}', "json"), ("[1, 2]", "json"), ("[tool.x]\na = 1\n", "toml"), ("<a/>", "xml"),
        ("a,b\n1,2\n", "csv"), ("a;b\n1;2\n", "csv"), ("a: 1, 2\nb: 1, 2", "yaml"), ("PK", "xlsx"),
        ("- a\n- b", "yaml"), ("just text", "yaml"), ("[1,\n2]", "json"),
    ],
)  # fmt: skip
def test_the_format_of_a_text_is_found(text: str, format: str) -> None:
    assert formats.by_look(text.encode()) == format
