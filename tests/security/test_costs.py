"""What a script lets the host do by itself (check, parse, render) is over soon, whatever is asked:
no limit of the sandbox can end it in between."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell.errors import LimitExceeded, ValidationError
from polyspell.schema import check
from polyspell.schema.example import example


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def doubling(levels: int, inner: dict[str, Any]) -> dict[str, Any]:
    """A schema in which each level refers twice to the next one."""
    defs = {}
    for level in range(levels):
        reference = {"$ref": f"#/$defs/a{level + 1}"}
        defs[f"a{level}"] = {
            key: [reference, reference] if key == "anyOf" else {"x": reference, "y": reference}
            for key in inner
        } | ({"type": "object", "required": ["x", "y"]} if "properties" in inner else {})
    defs[f"a{levels}"] = {"type": "string"}
    return {"$defs": defs, "$ref": "#/$defs/a0"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "anyOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]},
        {
            "$defs": {"n": {"items": {"$ref": "#/$defs/%6e"}, "contains": {"$ref": "#/$defs/n"}}},
            "$ref": "#/$defs/n",
        },
        {"not": {"contains": {"$ref": "#"}}, "items": {"$ref": "#"}},
        {"$ref": "#"},
    ],
)
def test_a_schema_that_asks_itself_again_and_again_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="too long"):
        check(schema, nested(60))


def test_a_schema_that_refers_to_itself_once_for_a_value_is_none_of_those() -> None:
    tree = {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "v": {"type": "integer"}}}
    value: Any = {"v": 1}
    for _ in range(10):
        value = {"v": 1, "left": value, "right": value}
    assert check(tree, value) == []
    assert check(tree, {"left": {"v": "one"}})[0]["path"] == "left.v"


@pytest.mark.parametrize("key", ["anyOf", "properties"])
def test_a_schema_that_unfolds_without_end_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="too large"):
        check(doubling(30, {key: None}), 1)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#name"},
        {"$dynamicRef": "#name"},
        {
            "$defs": {"a": {"$id": "http://example.com/a", "items": {"$ref": "#"}}},
            "$ref": "#/$defs/a",
        },
    ],
)
def test_references_are_pointers_into_the_schema(schema: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="outside of this schema"):
        check(schema, 1)


def test_of_a_thousand_errors_in_a_large_value_the_first_is_told() -> None:
    (error,) = check({"allOf": [{"type": "string"}] * 3000}, ["x" * 1000] * 100)
    assert len(error["message"]) <= 1000


def test_an_example_is_small_or_refused() -> None:
    with pytest.raises(LimitExceeded, match="10000 values"):
        example(doubling(30, {"properties": None}))
    with pytest.raises(LimitExceeded):
        example({"type": "array", "minItems": 500, "items": {"type": "array", "minItems": 500}})
