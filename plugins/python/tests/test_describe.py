"""What a plain function tells a host that makes a tool of it: the same in both modes."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell.scripting.values import FunctionRef, Record
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine

WEATHER = '''
from typing import Literal

async def weather(city: str, days: int = 3, *, unit: Literal["C", "F"] = "C",
                  tags: list[str] | None = None, more: dict[str, "float"] = {}) -> dict:
    """Current weather of a city.

    Args:
        city: which one.
    """
    return [city, days, unit, tags, more]
weather
'''


@pytest.fixture(params=[False, True], ids=["monty", "cpython"])
def driver(request: pytest.FixtureRequest) -> Any:
    with Driver(PythonEngine(), trusted=request.param) as driver:
        yield driver


def test_a_function_tells_its_name_text_and_parameters(driver: Driver) -> None:
    function = driver.value(WEATHER)
    assert isinstance(function, FunctionRef)
    assert (function.name, function.doc) == ("weather", "Current weather of a city.")
    assert function.parameters is not None
    found = function.parameters["properties"]
    assert list(found) == ["city", "days", "unit", "tags", "more"]
    assert found["city"] == {"type": "string", "description": "which one."}
    assert found["unit"]["enum"] == ["C", "F"]
    assert found["more"]["additionalProperties"] == {"type": "number"}
    assert function.parameters["required"] == ["city"]


def test_arguments_come_by_name(driver: Driver) -> None:
    function = driver.value(WEATHER)
    arguments = Record("keywords", {"city": "Oslo", "unit": "F"})
    assert driver.call(function, arguments).value == ["Oslo", 3, "F", None, {}]
    assert driver.call(function, "Rome", Record("keywords", {"days": 1})).value[:2] == ["Rome", 1]


def test_a_lambda_tells_nothing_and_a_variadic_function_only_its_text(driver: Driver) -> None:
    assert driver.value("lambda x: x") == FunctionRef(1, None)
    function = driver.value('def f(*x):\n    """About f."""\nf')
    assert (function.name, function.doc, function.parameters) == ("f", "About f.", None)


def test_annotations_that_are_no_plain_types_are_anything(driver: Driver) -> None:
    function = driver.value(
        "class A:\n    pass\ndef f(a: A, b: list[A], c: 'no type'):\n    pass\nf"
    )
    assert isinstance(function, FunctionRef)
    assert function.name == "f"


def test_nothing_of_an_annotation_is_run_by_the_host() -> None:
    with Driver(PythonEngine()) as driver:
        program = (
            "def f(a: print('ran'), b: __import__('os').system('id') = exec('x')):\n    pass\nf"
        )
        driver.run(program)
        assert driver.port.printed == []


def test_functions_of_one_name_that_differ_tell_nothing_wrong() -> None:
    program = "def make(x):\n    if x:\n        def f(a: int):\n            pass\n    else:\n"
    program += "        def f(b: str):\n            pass\n    return f\n[make(0), make(1)]"
    with Driver(PythonEngine()) as driver:
        for function in driver.value(program):
            assert (function.name, function.parameters) == ("f", None)
