"""Entries of a session."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("entries", "value"),
    [
        (["const a = 1, { b, c: [d = 4] } = { b: 2, c: [] }", "[a, b, d]"], [1, 2, 4]),
        (["let n = 0; function inc() { return ++n }", "inc(); inc()", "n"], 2),
        (["let n = 0; const read = () => n", "n = 5", "read()"], 5),
        (["const a = 1", "const a = 2", "a"], 2),
        (["x = 5", "x + 1"], 6),
        (["class A { m() { return 7 } }", "new A().m()"], 7),
        (["import { demo as d } from 'polyspell'", "d.add(1, { b: 2 })"], 3),
        (["const { demo } = await import('polyspell')", "await demo.later('x')"], "x"),
        (["import { demo } from 'polyspell'", "demo.later('x')"], "x"),
        (["{ a: 1 }"], {"a": 1}),
        (["1; 2 // two"], 2),
        (["const n: number = 3", "n as any"], 3),
        (["if (true) { 1 }"], None),
        (["var v = 1; for (const i of [1, 2]) v += i", "v"], 4),
        (["async function f() { return 9 }", "f()"], 9),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_an_entry_declares_stays(js: Any, entries: list[str], value: object) -> None:
    driver = js()
    *before, last = entries
    for entry in before:
        driver.value(entry, interactive=True)
    assert driver.value(last, interactive=True) == value


def test_a_const_stays_constant(js: Any) -> None:
    driver = js()
    driver.value("const a = 1", interactive=True)
    assert driver.run("a = 2", interactive=True).error is not None
    assert driver.value("a", interactive=True) == 1


def test_a_value_that_cannot_cross_is_shown(js: Any) -> None:
    driver = js()
    assert driver.value("new (class Point { x = 1 })", interactive=True) is None
    assert driver.port.printed_to() == "Point { x: 1 }\n"


def test_an_entry_that_fails_keeps_what_it_declared_before(js: Any) -> None:
    driver = js()
    error = driver.run("const a = 1;\nnull.x", interactive=True).error
    assert (error["context"]["line"], error["context"]["column"]) == (2, 1)
    assert driver.value("a", interactive=True) == 1


@pytest.mark.parametrize(
    "entry", ["function f() {", "function f() {\n", "[1,", "`text", "if (a) {\n  b(\n"]
)
def test_an_entry_that_goes_on_is_told_from_a_wrong_one(js: Any, entry: str) -> None:
    driver = js()
    assert driver.run(entry, interactive=True).error["context"]["incomplete"] is True
    assert "incomplete" not in driver.run("const = 1", interactive=True).error["context"]
