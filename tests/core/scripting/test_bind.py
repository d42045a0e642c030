"""Arguments of a script, bound to the parameters of a declared function."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell.errors import ValidationError
from polyspell.scripting.bind import binder
from polyspell.scripting.declare import ApiModule, declare_module


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
    ],
)
def test_what_does_not_fit_is_named(
    function: str, arguments: tuple[Any, ...], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        bound(function, *arguments)
