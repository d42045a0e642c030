"""Arguments of a script, bound to the parameters of a declared function."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from polyspell.errors import ValidationError
from polyspell.scripting.bind import binder
from polyspell.scripting.declare import ApiModule, declare_module
from polyspell.scripting.values import Record


class Probe(ApiModule):
    """Functions of several shapes."""

    name = "probe"

    def plain(self, a: int, b: str = "", *, max_size: int = 0) -> None:
        """In order, and one by name."""

    def table(self, a: dict[str, Any], *, size: int = 0) -> None:
        """A table in order, and one by name."""

    def must(self, a: int = 0, *, size: int) -> None:
        """One that must come by name."""

    def many(self, first: int, *rest: int) -> None:
        """Any number."""


SPECS = {spec.name: spec for spec in declare_module(Probe).functions}


def bound(function: str, *arguments: Any) -> tuple[list[Any], dict[str, Any]]:
    return binder(SPECS[function], f"probe.{function}")(list(arguments), lambda value: value)


@pytest.mark.parametrize(
    ("function", "arguments", "ordered", "named"),
    [
        ("plain", (1,), [], {"a": 1}),
        ("plain", (1, "x"), [], {"a": 1, "b": "x"}),
        ("plain", (1, None), [], {"a": 1}),
        ("plain", (1, {"b": "x", "max_size": 2}), [], {"a": 1, "b": "x", "max_size": 2}),
        ("plain", (1, "x", {"maxSize": 2}), [], {"a": 1, "b": "x", "max_size": 2}),
        ("plain", ({"a": 1},), [], {"a": 1}),
        ("table", ({"size": 2},), [], {"a": {"size": 2}}),
        ("table", ({}, {"size": 2}), [], {"a": {}, "size": 2}),
        ("must", ({"size": 2},), [], {"size": 2}),
        ("must", (1, {"size": 2}), [], {"a": 1, "size": 2}),
        ("many", (1,), [], {"first": 1}),
        ("many", (1, 2, 3), [1, 2, 3], {}),
        ("plain", (None, {"a": 1}), [], {"a": 1}),
        ("plain", (1, "x", None), [], {"a": 1, "b": "x"}),
        ("plain", (1, "x", None, None), [], {"a": 1, "b": "x"}),
        ("plain", (1, "x", {}), [], {"a": 1, "b": "x"}),
        ("plain", (1, "x", []), [], {"a": 1, "b": "x"}),  # an empty table may be either
        ("plain", (1.0,), [], {"a": 1}),
        ("table", ([],), [], {"a": {}}),
        ("table", (Record("R", {"x": 1}),), [], {"a": {"x": 1}}),
        ("table", ({"a": {}},), [], {"a": {"a": {}}}),  # where a table fits it is the table
        ("table", ({}, {"a": None, "size": 2}), [], {"a": {}, "size": 2}),
    ],
)
def test_arguments_find_their_parameters(
    function: str, arguments: tuple[Any, ...], ordered: list[Any], named: dict[str, Any]
) -> None:
    assert bound(function, *arguments) == (ordered, named)


@pytest.mark.parametrize(
    ("function", "arguments", "problem"),
    [
        ("plain", (), "a is missing"),
        ("plain", ("x",), "a must be int"),
        ("plain", (1, "x", 2), "takes 2 arguments"),
        ("plain", (1, {"b": "x", "sise": 1}), "b must be str"),
        ("plain", (1, "x", {"max_sise": 1}), "takes no 'max_sise'"),
        ("must", (1,), "size is missing"),
        ("must", (), "size is missing"),
        ("many", (1, "x"), "argument 2 must be int"),
        ("many", (), "first is missing"),
        ("plain", (None,), "a must be int"),
        ("plain", (1.5,), "a must be int"),
        ("plain", (True,), "a must be int"),
        ("plain", (1, "x", Record("R", {"max_size": 1})), "takes 2 arguments"),
        ("plain", (1, "x", {"b": "y"}), "b is given twice"),
        ("plain", (1, {"max_size": 1, "maxSize": 2}), "max_size is given twice"),
        ("plain", (1, "x", {"max_size": 1}, 2), "takes 2 arguments"),
    ],
)
def test_what_does_not_fit_is_named(
    function: str, arguments: tuple[Any, ...], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        bound(function, *arguments)


def test_a_wrong_name_is_told_with_the_nearest() -> None:
    with pytest.raises(ValidationError) as caught:
        bound("plain", 1, "x", {"maxsize": 1})
    assert caught.value.hint == "Did you mean 'max_size'?"
    with pytest.raises(ValidationError) as caught:
        bound("plain", 1, "x", {"zzz": 1})
    assert caught.value.hint == "It takes a, b, max_size."


@given(some.integers(), some.text(), some.integers(), some.integers(0, 2), some.booleans())
def test_what_comes_in_order_may_come_by_name_and_is_the_same(
    a: int, b: str, size: int, in_order: int, camel: bool
) -> None:
    values = {"a": a, "b": b, "maxSize" if camel else "max_size": size}
    first = [a, b][:in_order]
    rest = dict(list(values.items())[in_order:])
    assert bound("plain", *first, rest) == ([], {"a": a, "b": b, "max_size": size})
