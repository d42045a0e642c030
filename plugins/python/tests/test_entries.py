"""Entries of a session, as they are typed."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine


@pytest.fixture(params=[False, True], ids=["sandboxed", "trusted"])
def driver(request: pytest.FixtureRequest) -> Any:
    with Driver(PythonEngine(), trusted=request.param) as driver:
        yield driver


@pytest.mark.parametrize(
    "text", ["def f(a):", "def f(a):\n    return a", "for i in [1]:", "x = (", "if True: x = 1"]
)
def test_an_entry_that_goes_on_says_so(driver: Driver, text: str) -> None:
    error = driver.run(text, interactive=True).error
    assert error is not None
    assert error["code"] == "script_syntax"
    assert error["context"]["incomplete"] is True


def test_an_empty_line_ends_a_block(driver: Driver) -> None:
    driver.value("def double(a):\n    return 2 * a\n", interactive=True)
    assert driver.value("double(21)", interactive=True) == 42


@pytest.mark.parametrize("text", ["def f(:", "x = 1 +* 2", "def f():\n"])
def test_an_entry_that_is_wrong_is_not_called_unfinished(driver: Driver, text: str) -> None:
    error = driver.run(text, interactive=True).error
    assert error is not None
    assert "incomplete" not in error["context"]


def test_several_statements_are_an_entry(driver: Driver) -> None:
    assert driver.value("x = 20\nx + 1", interactive=True) == 21
