"""What a model is told of a function, and what the function gets from what the model says."""

# The hints of this module are real objects, as most authors' are.

import enum
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional, TypedDict

import msgspec
import pytest
from polyspell.errors import ConfigError, ValidationError
from polyspell.schema import check, from_type, signature
from polyspell.schema.infer import docstring
from polyspell.tools import ToolContext


@dataclass
class Place:
    city: str
    zip: int | None = None


class Unit(enum.Enum):
    C = "c"
    F = "f"


def forecast(
    place: Place,
    days: int,
    unit: Unit = Unit.C,
    detail: Literal["short", "long"] = "short",
    tags: list[str] = [],  # noqa: B006 - a copy is made for each call
    note: str = None,  # type: ignore[assignment]  # noqa: RUF013 - as many write it
    *,
    wind: bool | None = None,
) -> str:
    """The weather to come.

    In some detail.

    Args:
        place: where,
            with its zip: if known
        days (int): how many
        unit: C or F
    Returns:
        text: the forecast
    """
    return ""


def test_a_function_becomes_a_schema_with_what_its_docstring_says() -> None:
    declared = signature(forecast)
    assert declared.description == "The weather to come.\n\nIn some detail."
    properties = declared.parameters["properties"]
    assert list(properties) == ["place", "days", "unit", "detail", "tags", "note", "wind"]
    assert declared.parameters["required"] == ["place", "days"]
    assert declared.parameters["additionalProperties"] is False
    assert declared.parameters["type"] == "object"
    assert properties["days"] == {"type": "integer", "description": "how many"}
    assert properties["place"]["description"] == "where, with its zip: if known"
    assert properties["detail"] == {"enum": ["long", "short"], "default": "short"}
    assert {"type": "null"} in properties["note"]["anyOf"]
    schema = declared.parameters
    assert check(schema, {"place": {"city": "Oslo"}, "days": 3, "unit": "f"}) == []
    assert check(schema, {"place": {"city": "Oslo"}, "days": 3, "unit": "k"})


def test_arguments_become_values_of_the_hinted_types() -> None:
    take = signature(forecast).check
    given = take({"place": {"city": "Oslo", "zip": "1234"}, "days": "3", "unit": "f"})
    assert given == {
        "place": Place("Oslo", 1234),
        "days": 3,
        "unit": Unit.F,
        "detail": "short",
        "tags": [],
        "note": None,
        "wind": None,
    }
    given["tags"].append("x")
    assert take({"place": {"city": "Oslo"}, "days": 3})["tags"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "missing required field `place`"),
        ({"place": {}, "days": 1}, r"missing required field `city` - at `\$.place`"),
        ({"place": {"city": "O"}, "days": 1.5}, r"Expected `int`.*\$.days"),
        ({"place": {"city": "O"}, "days": 1, "dayz": 2}, "unknown field `dayz`"),
        ({"place": {"city": "O"}, "days": 1, "detail": "all"}, "Invalid enum value 'all'"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_where(arguments: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        signature(forecast).check(arguments)


class Calculator:
    """Calculates."""

    def __call__(self, a: int) -> int:
        return a

    def double(self, a: int) -> int:
        """Doubles."""
        return 2 * a

    @staticmethod
    def half(a: int) -> float:
        return a / 2

    @classmethod
    def zero(cls, a: int) -> int:
        return 0


def add(a: int, b: int = 0) -> int:
    """Adds."""
    return a + b


def unhinted(a, b=2):  # type: ignore[no-untyped-def]
    return a


@pytest.mark.parametrize(
    ("function", "names", "description"),
    [
        (Calculator(), ["a"], "Calculates."),
        (Calculator().double, ["a"], "Doubles."),
        (Calculator.half, ["a"], ""),
        (Calculator.zero, ["a"], ""),
        (functools.partial(add, b=3), ["a", "b"], "Adds."),
        (functools.partial(add, 1), ["b"], "Adds."),
        (lambda a: a, ["a"], ""),
        (unhinted, ["a", "b"], ""),
        (lambda: None, [], ""),
    ],
)
def test_all_that_can_be_called_can_be_described(
    function: Callable[..., Any], names: list[str], description: str
) -> None:
    declared = signature(function)
    assert list(declared.parameters["properties"]) == names
    assert declared.description == description


def test_the_context_is_not_a_model_s_to_give() -> None:
    def plain(a: int, context: ToolContext) -> None: ...
    def maybe(a: int, about: ToolContext | None = None) -> None: ...
    def old(a: int, about: Optional[ToolContext] = None) -> None: ...  # noqa: UP045

    for function, name in ((plain, "context"), (maybe, "about"), (old, "about")):
        declared = signature(function, ToolContext)
        assert declared.context == name
        assert list(declared.parameters["properties"]) == ["a"]
        with pytest.raises(ValidationError, match="unknown field"):
            declared.check({"a": 1, name: {}})


def test_what_a_model_cannot_give_is_refused_when_the_tool_is_made() -> None:
    def several(*numbers: int) -> None: ...
    def named(**options: int) -> None: ...
    def positional(a: int, /) -> None: ...
    def untold(a: "NotToBeFound") -> None: ...  # type: ignore[name-defined]  # noqa: F821
    def foreign(a: Calculator) -> None: ...
    def odd(a: Any = Calculator()) -> None: ...  # noqa: B008

    for function, said in [
        (several, r"takes \*numbers"),
        (named, r"takes \*\*options"),
        (positional, "takes a"),
        (untold, "'NotToBeFound' is not defined.*give `parameters`"),
        (foreign, "No JSON Schema for"),
        (odd, "No JSON Schema for"),
        (int, "cannot be read"),
    ]:
        with pytest.raises(ConfigError, match=said):
            signature(function)


def test_names_that_are_python_s_own_or_ours_are_no_trouble() -> None:
    def odd(function: int, args: str, check: bool, self_: int, class_: int, type: str) -> None: ...

    declared = signature(odd)
    values = {"function": 1, "args": "a", "check": True, "self_": 1, "class_": 2, "type": "t"}
    assert declared.check(values) == values


class Node(msgspec.Struct):
    value: Annotated[int, msgspec.Meta(ge=0)]
    next: Optional["Node"] = None


class Link(TypedDict):
    place: Place
    back: Place


@pytest.mark.parametrize("hint", [Place, Node, Link, dict[str, Place], list[Link], Place | None])
def test_a_type_becomes_a_schema_that_stands_on_its_own(hint: Any) -> None:
    schema = from_type(hint)
    text = msgspec.json.encode(schema).decode()
    for reference in set(_references(schema)):
        assert reference.removeprefix("#/$defs/") in schema["$defs"], text
    assert isinstance(check(schema, 3), list)


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [r for each in schema for r in _references(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
    return own + [r for each in schema.values() for r in _references(each)]


@pytest.mark.parametrize("hint", [Place, Node, Link])
def test_what_is_an_object_says_so_at_the_top(hint: Any) -> None:
    schema = from_type(hint)
    assert schema["type"] == "object"
    assert "$ref" not in schema
    assert schema["properties"]


def test_a_type_that_refers_to_itself_stays_defined() -> None:
    schema = from_type(Node)
    assert "Node" in schema["$defs"]
    assert check(schema, {"value": 1, "next": {"value": 2, "next": None}}) == []
    assert check(schema, {"value": 1, "next": {"value": -2}})[0]["path"] == "next"


@pytest.mark.parametrize(
    ("text", "head", "docs"),
    [
        ("", "", {}),
        ("One line.", "One line.", {}),
        ("Head.\n\nArgs:\n    a: first\n    b (str, optional): second", "Head.",
         {"a": "first", "b": "second"}),
        ("Head.\n\n:param a: first\n    goes on\n:param b: second\n:returns: x", "Head.",
         {"a": "first goes on", "b": "second"}),
        ("Head.\n\nParameters:\n    *args: rest\n\nRaises:\n    ValueError: no\n", "Head.",
         {"args": "rest"}),
        ("Look:\nArgs: no section", "Look:\nArgs: no section", {}),
    ],
)  # fmt: skip
def test_docstrings(text: str, head: str, docs: dict[str, str]) -> None:
    assert docstring(text) == (head, docs)
