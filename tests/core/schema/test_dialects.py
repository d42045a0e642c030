"""Schemas in the dialects of providers: what fits them has the shape of the schema itself."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from polyspell.schema import check, coerce
from polyspell.schema.dialects import ANTHROPIC, GEMINI, OPENAI, Dialect, admits_null, rewrite

TREE = {
    "type": "object",
    "properties": {"leaf": {"type": "string"}, "twigs": {"$ref": "#/$defs/Twigs"}},
    "required": ["leaf"],
    "$defs": {
        "Twigs": {"type": "array", "items": {"$ref": "#/$defs/Twig"}},
        "Twig": {"type": "object", "properties": {"twigs": {"$ref": "#/$defs/Twigs"}}},
    },
}


def person(**age: Any) -> dict[str, Any]:
    properties = {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer", **age}}
    return {"type": "object", "properties": properties, "required": ["name"]}


@pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC, GEMINI])
def test_what_is_rewritten_is_a_schema_and_the_original_stays(dialect: Dialect) -> None:
    schema = person(minimum=0, default=3)
    before = repr(schema)
    written = rewrite(schema, dialect)
    assert written is not None and repr(schema) == before
    jsonschema_rs.validator_for(written)
    assert "minLength" in written["properties"]["name"]["description"]


def test_openai_gets_closed_objects_with_all_properties_there() -> None:
    written = rewrite(person(), OPENAI)
    assert written is not None and written["additionalProperties"] is False
    assert written["required"] == ["name", "age"]
    assert written["properties"]["age"]["type"] == ["integer", "null"]


def test_a_null_for_what_may_be_missing_is_taken_out_again() -> None:
    schema = person()
    answer = coerce(schema, {"name": "Ada", "age": None})
    assert answer == {"name": "Ada"} and check(schema, answer) == []


def test_nulls_are_taken_out_behind_references_and_choices_too() -> None:
    schema = {
        "type": "object",
        "properties": {"one": {"$ref": "#/$defs/P"}, "two": {"anyOf": [{"$ref": "#/$defs/P"}, {}]}},
        "$defs": {"P": person()},
    }
    schema["properties"]["two"]["anyOf"][1] = {"type": "null"}  # type: ignore[index]
    value = {"one": {"name": "Ada", "age": None}, "two": {"name": "Bo", "age": None}}
    assert coerce(schema, value) == {"one": {"name": "Ada"}, "two": {"name": "Bo"}}
    assert coerce(schema, {"two": None}) == {"two": None}


def test_a_null_that_is_meant_stays() -> None:
    nullable = {"type": "object", "properties": {"a": {"type": ["integer", "null"]}, "b": {}}}
    assert coerce(nullable, {"a": None, "b": None, "c": None}) == {"a": None, "b": None, "c": None}
    assert coerce({**person(), "required": ["age"]}, {"age": None}) == {"age": None}


def test_a_range_stays_where_it_is_known_and_is_told_where_not() -> None:
    schema = person(minimum=0, maximum=9)
    openai, anthropic = rewrite(schema, OPENAI), rewrite(schema, ANTHROPIC)
    assert openai is not None and openai["properties"]["age"]["minimum"] == 0
    assert anthropic is not None
    assert anthropic["properties"]["age"] == {
        "type": "integer",
        "description": "(minimum: 0, maximum: 9)",
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"type": "object", "properties": {"a": {"$ref": "other.json"}}},
        {"type": "object", "properties": {"a": False}},
    ],
)
def test_what_closed_objects_cannot_say_is_said_otherwise(schema: dict[str, Any]) -> None:
    assert rewrite(schema, OPENAI) is None and rewrite(schema, ANTHROPIC) is None


def test_openai_wants_an_object_and_anthropic_no_recursion() -> None:
    assert rewrite({"type": "array", "items": {"type": "string"}}, OPENAI) is None
    assert rewrite(TREE, ANTHROPIC) is None
    assert rewrite(TREE, OPENAI) is not None and rewrite(TREE, GEMINI) is not None


def test_choices_constants_and_lists_of_types_take_the_form_that_is_known() -> None:
    schema = {
        "type": "object",
        "properties": {
            "kind": {"const": "cat"},
            "size": {"oneOf": [{"type": "integer"}, {"const": "big"}]},
            "note": {"type": ["string", "null"]},
        },
        "required": ["kind", "size", "note"],
    }
    gemini, anthropic = rewrite(schema, GEMINI), rewrite(schema, ANTHROPIC)
    assert gemini is not None and anthropic is not None
    assert gemini["properties"]["kind"] == {"enum": ["cat"]}
    assert gemini["properties"]["size"] == {"anyOf": [{"type": "integer"}, {"enum": ["big"]}]}
    assert anthropic["properties"]["kind"] == {"const": "cat"}
    assert anthropic["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_parts_of_a_whole_become_one() -> None:
    base = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    more = {"properties": {"b": {"type": "integer"}}, "required": ["b"]}
    written = rewrite({"allOf": [base, more], "description": "Both"}, OPENAI)
    assert written is not None and written["required"] == ["a", "b"]
    assert rewrite({"allOf": [{"type": "string"}, {"type": "integer"}]}, GEMINI) is None


def test_definitions_of_the_old_name_are_found() -> None:
    schema = {
        "type": "object",
        "properties": {"p": {"$ref": "#/definitions/P"}},
        "required": ["p"],
        "definitions": {"P": person()},
    }
    written = rewrite(schema, ANTHROPIC)
    assert written is not None and written["properties"]["p"] == {"$ref": "#/$defs/P"}
    assert "age" in written["$defs"]["P"]["properties"]


def test_gemini_keeps_tables_with_any_keys() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer", "exclusiveMinimum": 0}}
    assert rewrite(schema, GEMINI) == {
        "type": "object",
        "properties": {},
        "additionalProperties": {"type": "integer", "description": "(exclusiveMinimum: 0)"},
    }


def test_what_admits_null_is_known() -> None:
    assert admits_null({}) and admits_null({"enum": [1, None]}) and admits_null({"const": None})
    assert not admits_null({"enum": [1]}) and not admits_null({"properties": {}})
    assert admits_null({"anyOf": [{"type": "integer"}, {"type": "null"}]})
