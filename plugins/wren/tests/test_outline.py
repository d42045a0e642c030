"""The outline that `polyspell types wren` writes says what is there, and no more."""

from __future__ import annotations

import re

import pytest
import wrenpy
from polyspell import Host
from polyspell.scripting.declare import Api
from polyspell.scripting.stubs.wren import wren
from polyspell.testing.demo import API
from polyspell_wren.face import Face

CLASS = re.compile(r"^(?:foreign )?class (\w+)")
METHOD = re.compile(r"^  (?:foreign )?(static |construct )?([\w\[\]]+)(\([^)]*\))?(?: \{.*)?$")
CONSTANTS = ("args", "input", "host")


def signatures(source: str) -> dict[str, set[str]]:
    """The methods of each class of a source, with the number of their parameters."""
    found: dict[str, set[str]] = {}
    methods: set[str] = set()
    for line in source.splitlines():
        if match := CLASS.match(line):
            methods = found.setdefault(match[1], set())
        elif match := METHOD.match(line):
            count = (
                ""
                if match[3] is None
                else len(match[3].strip("()").split(",")) * bool(match[3][1:-1])
            )
            name = "[]" if match[2].startswith("[") else match[2]
            methods.add(f"{match[1] or ''}{name}{count}")
    return found


@pytest.mark.parametrize("kind", ["demo", "host"])
def test_all_that_the_outline_lists_is_there(kind: str) -> None:
    api = API if kind == "demo" else Host(config={}).scripts.vocabulary.api
    listed, there = signatures(wren(api)[1]), signatures(Face(api, CONSTANTS).source)
    assert len(listed) > 5
    for name, methods in listed.items():
        assert methods - there[name] == set(), name


def test_all_that_is_there_is_in_the_outline_but_what_is_for_errors() -> None:
    """Too few arguments are taken, so that the host can say what is missing."""
    listed, there = signatures(wren(API)[1]), signatures(Face(API, CONSTANTS).source)
    assert {n for n in there if not n.endswith("_")} - listed.keys() == {"Handle", "Record"}
    for name, methods in listed.items():
        extra = {re.sub(r"\d*$", "", m) for m in there[name] - methods}
        known = {re.sub(r"\d*$", "", m) for m in methods}
        assert extra - known <= {"toString", "iterate", "iteratorValue", "construct start_", "call"}


def test_the_outline_is_wren() -> None:
    class Anything:
        def find_class(self, module: str, name: str) -> type:
            return object

        def find_method(self, module: str, name: str, static: bool, signature: str) -> type:
            return object

    vm = wrenpy.VM(bind=Anything())
    vm.interpret(wren(Host(config={}).scripts.vocabulary.api)[1])
    assert vm.has_variable("main", "Agent")


def test_words_of_the_language_get_an_underscore() -> None:
    from polyspell.scripting.declare import FunctionSpec, ModuleSpec

    api = Api(modules=(ModuleSpec("loop", (FunctionSpec("continue"), FunctionSpec("is_done"))),))
    assert "static continue_()" in Face(api, ()).source
    assert "static continue_()" in wren(api)[1]
    assert "static isDone()" in Face(api, ()).source
