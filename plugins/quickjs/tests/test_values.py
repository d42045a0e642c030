"""Values of JavaScript's own kinds, errors that carry facts, names in camelCase."""

# ruff: noqa: E501 -- programs read best on one line

from __future__ import annotations

from typing import Any

import pytest
from polyspell.scripting.values import FunctionRef, Record


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("new Map([['a', 1], ['__proto__', 2]])", {"a": 1, "__proto__": 2}),
        ("new Set([1, 'b'])", [1, "b"]),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("new Uint8Array([1, 2]).buffer", b"\x01\x02"),
        ("{ a: undefined, b: null }", {"b": None}),
        ("[undefined, , null]", [None, None, None]),
        ("Object.create(null, { a: { value: 1, enumerable: true } })", {"a": 1}),
        ("2n ** 70n", 2**70),
        ("-0", -0.0),
        ("{ $: 1, $$: { $: 'f', v: 1 } }", {"$": 1, "$$": {"$": "f", "v": 1}}),
        ("{ get a() { return 5 } }", {"a": 5}),
        ("new Proxy({ a: 1 }, {})", {"a": 1}),
    ],
)
def test_kinds_of_javascript_have_a_defined_conversion(
    js: Any, expression: str, value: object
) -> None:
    got = js().value(f"export default {expression};")
    assert got == value
    assert repr(got) == repr(value)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("[new (class Point {})]", "[0] is Point"),
        ("{ a: new Map([[1, 2]]) }", "a is a Map with the key 1"),
        ("{ a: { b: Symbol('x') } }", "a.b is a symbol"),
        ("{ [Symbol('x')]: 1 }", "has a symbol as key"),
        ("new Date(NaN)", "is a Date that is no date"),
        ("[Promise.resolve(1)]", "[0] is a Promise"),
        ("[new Error('x')]", "[0] is Error"),
        ("[/x/]", "[0] is RegExp"),
        ("new Float64Array(2)", "is Float64Array"),
        ("new WeakMap()", "is WeakMap"),
        ("{ 'a\\ud800': 1 }", "a lone surrogate"),
    ],
)
def test_what_cannot_cross_is_named_with_its_path(js: Any, expression: str, said: str) -> None:
    error = js().error(f"export default {expression};")
    assert error["code"] == "invalid"
    assert said in error["message"]


def test_a_record_reads_in_camel_case_and_goes_back_as_it_came(js: Any) -> None:
    program = """
        import { demo } from "polyspell";
        const r = demo.result("hi");
        const { finishReason } = r;
        r.finishReason = "other";
        export default [finishReason, r.finish_reason, demo.kind(r), { ...r.usage }, r];
    """
    *plain, record = js().value(program)
    assert plain == ["stop", "other", "Record", {"total_tokens": 3}]
    assert isinstance(record, Record)
    assert record.fields["finish_reason"] == "other"


def test_handles_keep_their_identity_and_cannot_be_made(js: Any) -> None:
    program = """
        import { demo, Counter } from "polyspell";
        const c = demo.counter(1);
        let refused = 0;
        for (const f of [() => new Counter(), () => new c.constructor(), () => c.add.call({})])
          try { f() } catch (e) { refused += e instanceof TypeError }
        export default [demo.echo(c) === c, c instanceof Counter, refused, String(c)];
    """
    assert js().value(program) == [True, True, 3, "[object Counter]"]


def test_errors_of_the_host_are_errors(js: Any) -> None:
    program = """
        import { demo, PolyspellError } from "polyspell";
        let e; try { await demo.failLater("teapot", "no", "brew") } catch (caught) { e = caught }
        export default [e instanceof PolyspellError, e instanceof Error, e.name, e.message, e.stack.includes("main:3")];
    """
    assert js().value(program) == [True, True, "PolyspellError", "no", True]


def test_a_script_throws_an_error_with_a_code_of_its_own(js: Any) -> None:
    program = "\nthrow new PolyspellError('no milk', { code: 'milk', hint: 'Buy some.', context: { n: 1 } });"
    error = js().error(program)
    assert (error["code"], error["message"], error["hint"]) == ("milk", "no milk", "Buy some.")
    assert (error["context"]["n"], error["context"]["line"]) == (1, 2)


@pytest.mark.parametrize(
    ("thrown", "message"),
    [("'text'", "text"), ("{ a: 1 }", "{ a: 1 }"), ("undefined", "undefined"), ("5", "5"),
     ("new RangeError('r')", "RangeError: r"), ("{ get message() { throw 1 } }", "{ message: [Getter] }")],
)  # fmt: skip
def test_anything_can_be_thrown(js: Any, thrown: str, message: str) -> None:
    error = js().error(f"throw {thrown};")
    assert (error["code"], error["message"]) == ("script", message)


def test_what_is_not_a_function_is_named_and_a_near_name_offered(js: Any) -> None:
    head = "import { demo } from 'polyspell'; "
    error = js().error(head + "demo.twoWord();")
    assert error["message"] == "TypeError: demo.twoWord is not a function"
    assert error["hint"] == "Did you mean demo.twoWords?"
    assert "x?.y.z is not" in js().error("const x = { y: {} };\nx?.y.z(1)")["message"]


def test_places_are_told_as_they_were_written_whatever_was_rewritten_before(js: Any) -> None:
    line = "try { null.x } catch (é) { import('./a'); (import.meta.url, null).y }"
    context = js(files={"a.js": ""}).error(line)["context"]
    assert (context["line"], context["column"]) == (1, line.index("(import.m") + 1)


def test_a_function_given_twice_lives_until_it_is_given_back_twice(js: Any) -> None:
    driver = js()
    first, second = driver.value("const f = () => 7; export default [f, f]")
    assert isinstance(first, FunctionRef)
    assert first == second
    driver.context.release([first.id])
    assert driver.call(first).value == 7
    driver.context.release([first.id])
    assert driver.call(first).error["code"] == "not_found"


def test_exports_of_a_program_can_be_had_by_name(js: Any) -> None:
    driver = js()
    driver.value("export const a = [1]; export function f() { return 2 }")
    assert driver.context.get("a") == [1]
    assert driver.call(driver.context.get("f")).value == 2
