"""What scripts can say: collected from the hints of modules, each thing once."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell.errors import ConfigError
from polyspell.scripting.api import MODULES
from polyspell.scripting.declare import ApiHandle, ApiModule, ApiRecord
from polyspell.scripting.engine import Call
from polyspell.scripting.values import HandleRef
from polyspell.scripting.vocabulary import Vocabulary


class Leaf(ApiRecord):
    """In the end."""

    api_name = "Leaf"
    text: str


class Branch(ApiRecord):
    """Has leaves."""

    api_name = "Branch"
    leaves: list[Leaf] | None


class Tree(ApiHandle):
    """Grows branches, and other trees."""

    api_name = "Tree"

    def seed(self) -> Tree | None:
        """Another."""

    @property
    def branches(self) -> dict[str, list[Branch]]:
        """By name."""
        return {}

    async def grow(self) -> None:
        """Takes its time."""

    def _hidden(self) -> Hidden:
        raise NotImplementedError


class Hidden(ApiHandle):
    """Of no public method."""

    api_name = "Hidden"


class Forest(ApiModule):
    """Trees."""

    name = "forest"

    def list_(self) -> list[Tree]:
        """All."""
        return []

    async def plant(self, tree: Tree | str, *more: Tree) -> None:
        """Plant some."""


def call(target: Any, name: str) -> Call:
    return Call(1, 1, target, name, [])


def test_what_hints_name_is_found_however_deep_and_once() -> None:
    vocabulary = Vocabulary([Forest])
    assert [m.name for m in vocabulary.api.modules] == ["forest"]
    assert [h.name for h in vocabulary.api.handles] == ["Tree"]
    assert sorted(r.name for r in vocabulary.api.records) == ["Branch", "Leaf"]
    assert set(vocabulary.entries) == {
        ("forest", "list"), ("forest", "plant"), ("Tree", "seed"), ("Tree", "branches"),
        ("Tree", "grow"),
    }  # fmt: skip


def test_a_word_of_python_is_written_with_a_mark_and_said_without() -> None:
    entry = Vocabulary([Forest]).entries["forest", "list"]
    assert (entry.name, entry.attribute) == ("forest.list", "list_")


def test_what_waits_is_known_of_modules_and_handles_and_of_nothing_else() -> None:
    vocabulary = Vocabulary([Forest])
    assert vocabulary.waits(call("forest", "plant"))
    assert vocabulary.waits(call(HandleRef(1, "Tree"), "grow"))
    assert not vocabulary.waits(call("forest", "list"))
    assert not vocabulary.waits(call("Tree", "nothing"))
    assert not vocabulary.waits(call("host", "load"))


def test_two_modules_of_one_name_are_an_error() -> None:
    again = type("Again", (ApiModule,), {"name": "forest", "__doc__": "Again."})
    with pytest.raises(ConfigError, match="named 'forest'"):
        Vocabulary([Forest, again])


def test_what_has_no_docstring_is_an_error_that_names_it() -> None:
    class Silent(ApiModule):
        """Says nothing."""

        name = "silent"

        def go(self) -> None: ...

    with pytest.raises(ConfigError, match=r"Silent\.go needs a docstring"):
        Vocabulary([Silent])


def test_every_function_of_the_core_has_its_attribute_and_every_parameter_a_text() -> None:
    vocabulary = Vocabulary(MODULES)
    classes: dict[str, type] = {m.name: m for m in MODULES}
    for (owner, _), entry in vocabulary.entries.items():
        if owner in classes:
            assert callable(getattr(classes[owner], entry.attribute)) or entry.spec.is_property
        for param in entry.spec.params:
            assert param.doc, f"{entry.name}: {param.name}"
