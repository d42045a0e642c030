from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.errors import ValidationError
from polyspell.schema import check, coerce, expand, is_object, require_valid
from polyspell.schema.example import example
from polyspell.schema.short import TYPES


def obj(required: list[str], **properties: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        ("string", {"type": "string"}),
        ("int", {"type": "integer"}),
        ("any", {}),
        ("string|null", {"type": ["string", "null"]}),
        (["string"], {"type": "array", "items": {"type": "string"}}),
        (["C", "F"], {"enum": ["C", "F"]}),
        (["C"], {"enum": ["C"]}),
        ([1, 2], {"enum": [1, 2]}),
        ([["int"]], {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}),
        ({}, obj([])),
        ({"a": "int", "b": "str?"}, obj(["a"], a={"type": "integer"}, b={"type": "string"})),
        ({"a?": ["x", "y"]}, obj([], a={"enum": ["x", "y"]})),
        ({"a": {"b": "bool"}}, obj(["a"], a=obj(["b"], b={"type": "boolean"}))),
        ({"type": "string"}, obj(["type"], type={"type": "string"})),
        ({"type": "object"}, {"type": "object"}),
        ({"enum": ["a"]}, {"enum": ["a"]}),
        ({"const": "string"}, obj(["const"], const={"type": "string"})),
        ({"type": "string", "description": "int"}, {"type": "string", "description": "int"}),
    ],
)
def test_a_short_form_stands_for_a_schema(form: Any, schema: Any) -> None:
    assert expand(form) == schema
    jsonschema_rs.validator_for(schema)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("strin", "unknown type 'strin'"),
        ("", "unknown type ''"),
        ({"a": {"b": "x"}}, r"schema\.a\.b has the unknown type 'x'"),
        ([], "neither one type nor a list"),
        ([["a", {}]], r"schema\[0\] is a list"),
        (3, "schema is int, not a type"),
        ({"a": None}, r"schema\.a is NoneType"),
    ],
)
def test_what_is_no_form_is_an_error_that_says_where(form: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        expand(form)


FORMS = st.recursive(
    st.sampled_from(sorted(TYPES)).flatmap(lambda t: st.sampled_from([t, f"{t}?", f"{t}|null"])),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=1)
        | st.dictionaries(st.sampled_from(["a", "b", "c?"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(FORMS)
def test_every_form_is_a_schema_that_its_own_example_fits(form: Any) -> None:
    schema = expand(form)
    jsonschema_rs.validator_for(schema)
    value = example(schema)
    assert check(schema, value) == []
    assert coerce(schema, value) == value  # what fits is not touched
    assert expand(schema) == schema or not isinstance(form, dict)


@pytest.mark.parametrize(
    ("form", "value", "made"),
    [
        ("integer", "20", 20),
        ("integer", " 20 ", 20),
        ("integer", 20.0, 20),
        ("integer", 20.5, 20.5),
        ("integer", "twenty", "twenty"),
        ("number", "2.5", 2.5),
        ("boolean", "True", True),
        ("boolean", "yes", "yes"),
        ("string", 20, "20"),
        ("string", True, True),
        (["integer"], "3", [3]),
        (["integer"], ["1", 2, 3.0], [1, 2, 3]),
        ({"a": "integer", "b": {"c": "boolean"}}, {"a": "1", "b": {"c": "false"}, "d": "4"},
         {"a": 1, "b": {"c": False}, "d": "4"}),
        ("any", "20", "20"),
        ("string|integer", "20", "20"),
    ],
)  # fmt: skip
def test_what_is_plainly_meant_is_made_right(form: Any, value: Any, made: Any) -> None:
    result = coerce(expand(form), value)
    assert result == made
    assert type(result) is type(made)


def test_errors_say_where_and_what() -> None:
    schema = expand({"a": [{"b": "integer"}]})
    errors = check(schema, {"a": [{"b": 1}, {"b": "x"}], "c": 1})
    assert {e["path"] for e in errors} == {"a[1].b", ""}
    with pytest.raises(ValidationError, match=r"The answer does not fit: .*a\[1\]\.b: ") as caught:
        require_valid(schema, {"a": [{"b": 1}, {"b": "x"}]}, "The answer")
    assert caught.value.context["errors"][0]["path"] == "a[1].b"
    require_valid(schema, {"a": []})


@pytest.mark.parametrize("value", [b"x", object(), {1: 2}, "half \ud83d"])
def test_what_is_no_json_fits_nothing(value: Any) -> None:
    (error,) = check({}, value)
    assert "no JSON value" in error["message"]


def test_a_schema_that_is_none_is_an_error() -> None:
    with pytest.raises(ValidationError, match="Not a JSON Schema"):
        check({"type": "strin"}, 1)


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "object"}, True),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}, True),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, False),
        ({"type": "array"}, False),
        ({}, False),
    ],
)
def test_whether_only_an_object_will_do(schema: Any, says: bool) -> None:
    assert is_object(schema) is says
