"""What is Wren's own: what runs together, objects of the host, sessions, errors, reloading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from polyspell.errors import ValidationError
from polyspell.scripting.limits import Limits
from polyspell.scripting.values import HandleRef, Record
from polyspell.testing.port import Driver, error_of, value_of
from polyspell_wren.engine import WrenEngine

HEAD = 'import "polyspell" for Demo, Polyspell, PolyspellError, Bytes, Integer\n'


@pytest.fixture
def driver() -> Iterator[Driver]:
    with Driver(WrenEngine()) as opened:
        yield opened


def value(driver: Driver, program: str) -> Any:
    return driver.value(HEAD + program)


# -- side by side


def test_all_takes_functions_fibers_and_futures(driver: Driver) -> None:
    program = """
var future = Polyspell.async { Demo.later(3) }
var things = [Fn.new { Demo.later(1) }, Fiber.new { Demo.later(2) }, future]
var result = Polyspell.all(things)"""
    assert value(driver, program) == [1, 2, 3]


def test_what_all_gives_never_leaves_the_script(driver: Driver) -> None:
    program = """
class Point {
  construct new(x) { _x = x }
  x { _x }
}
var points = Polyspell.all([Fn.new { Point.new(Demo.later(4)) }])
var result = [points[0].x, points[0] is Point]"""
    assert value(driver, program) == [4, True]


def test_a_future_is_waited_for_as_often_as_one_likes(driver: Driver) -> None:
    program = """
var future = Polyspell.async { Demo.later([1]) }
var early = future.isDone
future.wait().add(2)
var result = [early, future.isDone, future.wait()]"""
    assert value(driver, program) == [False, True, [1, 2]]


def test_the_others_are_ended_when_one_of_all_fails(driver: Driver) -> None:
    program = """
var seen = []
var fiber = Fiber.new {
  Polyspell.all([
    Fn.new { Demo.failLater("teapot", "no") },
    Fn.new {
      Demo.later(1, {"seconds": 5})
      seen.add("late")
    }
  ])
}
fiber.try()
Demo.later(1, {"seconds": 9})
var result = [fiber.error.code, seen]"""
    assert value(driver, program) == ["teapot", []]


def test_a_program_ends_when_all_that_it_started_has(driver: Driver) -> None:
    program = """
var result = []
Polyspell.async { result.add(Demo.later("late", {"seconds": 5})) }
result.add("early")"""
    assert value(driver, program) == ["early", "late"]


def test_an_error_that_nobody_waited_for_is_told(driver: Driver) -> None:
    value(driver, 'Polyspell.async { Fiber.abort("lost") }')
    assert driver.port.printed_to("stderr") == ("An error that nobody waited for: lost (main:2)\n")


def test_an_error_in_what_runs_beside_tells_its_own_line(driver: Driver) -> None:
    program = HEAD + 'var bad = Fn.new {\n  Fiber.abort("boom")\n}\nPolyspell.all([bad])'
    error = driver.error(program)
    assert (error["message"], error["context"]["line"]) == ("boom", 3)
    host = HEAD + "var bad = Fn.new {\n  Demo.forbidden()\n}\nPolyspell.all([bad])"
    assert driver.error(host)["context"]["line"] == 3
    value_ = HEAD + "Polyspell.all([Fn.new { Fiber.abort([1]) }])"
    assert driver.error(value_)["message"] == "The script failed with [1]."


def test_what_waits_for_itself_is_an_error_that_says_so(driver: Driver) -> None:
    program = """
var futures = []
futures.add(Polyspell.async { futures[0].wait() })
futures[0].wait()"""
    error = driver.error(HEAD + program)
    assert "never happens" in error["message"]
    assert error["context"]["line"] == 5
    assert value(driver, "var result = 1") == 1


def test_who_waits_for_what_was_ended_is_told(driver: Driver) -> None:
    program = """
var inner
var fiber = Fiber.new {
  Polyspell.all([
    Fn.new { Demo.failLater("teapot", "no") },
    Fn.new { (inner = Polyspell.async { Demo.later(1) }).wait() }
  ])
}
fiber.try()
var result = inner.wait()"""
    assert value(driver, program) == 1  # a future lives on when who waited for it does not
    waits = value(driver, "var future\nvar result = Fn.new { future.wait() }")
    start = driver.start(HEAD + "future = Polyspell.async { Demo.later(1) }\nDemo.later(2)")
    waiting = driver.start_call(waits)
    driver.context.cancel(start)
    assert "was ended" in error_of(driver.finish(waiting))["message"]


def test_thousands_are_ended_at_once(driver: Driver) -> None:
    program = """
var things = (1..5000).map {|i| Fn.new { Demo.later(i, {"seconds": 9}) } }.toList
things.add(Fn.new { Demo.failLater("teapot", "no") })
var result = Fiber.new { Polyspell.all(things) }.try().code"""
    assert value(driver, program) == "teapot"


def test_fibers_of_the_scripts_own_may_wait(driver: Driver) -> None:
    program = """
var words = Fiber.new {
  Fiber.yield(Demo.later("a"))
  Fiber.yield(Demo.later("b"))
}
var result = [words.call(), words.call()]"""
    assert value(driver, program) == ["a", "b"]


# -- objects of the host


def test_records_have_getters_and_names(driver: Driver) -> None:
    program = """
var r = Demo.result("hi")
var result = [r["finish_reason"], r["finishReason"], "%(r)", r.usage == r.usage]"""
    text = "Result {text: hi, finishReason: stop, usage: Usage, output: null}"
    assert value(driver, program) == ["stop", "stop", text, True]
    error = driver.error(HEAD + 'Demo.result("hi")["nonsense"]')
    assert (error["code"], "finishReason" in error["hint"]) == ("invalid", True)


def test_kinds_that_the_api_does_not_declare_have_fields_too(driver: Driver) -> None:
    identity, keys = value(
        driver, 'var result = [Fn.new {|x| x }, Fn.new {|x| [x.keys, x["a_b"]]}]'
    )
    stranger = Record("Stranger", {"a_b": 1})
    assert value_of(driver.call(identity, stranger)) == stranger
    assert value_of(driver.call(keys, stranger)) == [["aB"], 1]


def test_the_same_handle_is_the_same_object(driver: Driver) -> None:
    same = value(driver, "var result = Fn.new {|a, b| a == b }")
    one, other = HandleRef(7, "Counter"), HandleRef(8, "Counter")
    assert value_of(driver.call(same, one, HandleRef(7, "Counter"))) is True
    assert value_of(driver.call(same, one, other)) is False


def test_use_closes_whatever_happens(driver: Driver) -> None:
    fiber = 'Fiber.new {\n Demo.counter(1).use {|c| Fiber.abort("boom") }\n}.try()'
    assert value(driver, f"var result = {fiber}") == "boom"
    assert driver.port.closed == ["Counter"]


def test_a_stream_is_a_sequence(driver: Driver) -> None:
    program = "var result = Demo.count(4).where {|n| n % 2 == 0 }.map {|n| n * 10 }.toList"
    assert value(driver, program) == [20, 40]


def test_functions_get_as_many_arguments_as_they_take(driver: Driver) -> None:
    one, two = value(driver, "var result = [Fn.new {|a| a }, Fn.new {|a, b| [a, b] }]")
    assert value_of(driver.call(one, 1, 2)) == 1
    assert value_of(driver.call(two, 1)) == [1, None]


def test_bytes_are_a_sequence_of_numbers(driver: Driver) -> None:
    program = """
var b = Bytes.new([104, 105, 255])
var result = [b.count, b[0], b[-1], b.toList, b == Bytes.new("hi\\xff"), b != "hi",
  b.map {|n| n }.toList, Bytes.new("hé").text, Bytes.new(b) == b]"""
    assert value(driver, program) == [
        3, 104, 255, [104, 105, 255], True, True, [104, 105, 255], "hé", True,
    ]  # fmt: skip
    for wrong in ("Bytes.new([256])", "Bytes.new(1)", "Bytes.new([1])[1]"):
        assert driver.error(HEAD + wrong)["code"] == "invalid"


def test_integers_are_exact_at_any_size(driver: Driver) -> None:
    program = """
var big = Integer.new("123456789012345678901234567890")
var result = [big.toString, big.toNum > 1e29, big == Integer.new(big.toString), big == 1, big,
  Integer.new(-5)]"""
    big = 123456789012345678901234567890
    assert value(driver, program) == [str(big), True, True, False, big, -5]
    for wrong in ('Integer.new("1.5")', "Integer.new(1.5)", 'Integer.new("9" * 5000)'):
        assert driver.error(HEAD + wrong)["code"] == "invalid"


def test_zero_keeps_its_sign(driver: Driver) -> None:
    assert str(value(driver, "var result = -0")) == "-0.0"
    sign = value(driver, "var result = Fn.new {|x| 1 / x }")
    assert value_of(driver.call(sign, -0.0)) == float("-inf")


def test_constants_are_read_once_and_kept() -> None:
    with Driver(WrenEngine(), values={"input": {"a": [1]}, "args": ["x"]}) as driver:
        program = 'Polyspell.input["a"].add(2)\nvar result = [Polyspell.input, Polyspell.args]'
        assert value(driver, program) == [{"a": [1, 2]}, ["x"]]


# -- errors


def test_a_script_makes_errors_with_codes(driver: Driver) -> None:
    error = driver.error(
        HEAD + 'Fiber.abort(PolyspellError.new("no tea", {"code": "teapot", "hint": "brew"}))'
    )
    assert (error["code"], error["message"], error["hint"]) == ("teapot", "no tea", "brew")
    assert error["context"]["line"] == 2
    assert value(driver, 'var result = "%(PolyspellError.new("x"))"') == "x"
    assert driver.error(HEAD + 'PolyspellError.new("x", {"colour": 1})')["code"] == "invalid"


def test_the_host_hears_what_a_script_failed_with(driver: Driver) -> None:
    said = {
        'Fiber.abort({"message": "mapped"})': "mapped",
        "Fiber.abort(1..2)": "The script failed with a Range.",
        "class A {\n  construct new() {}\n}\nFiber.abort(A.new())": "an instance of A",
        "null.foo": "Null does not implement 'foo'.",
    }
    for program, message in said.items():
        assert message in driver.error(program)["message"]


def test_a_syntax_error_lists_all_that_is_wrong(driver: Driver) -> None:
    error = driver.error("var = 1\nvar x = \nclass {}", name="spell.wren")
    assert error["code"] == "script_syntax"
    assert "more)" in error["message"]
    assert error["context"]["errors"][0]["line"] == 1
    assert error["context"]["source"] == "var = 1"


def test_a_syntax_error_in_a_module_names_the_module() -> None:
    with Driver(WrenEngine(), files={"lib.wren": "var x = 1\nvar = 2"}) as driver:
        error = driver.error('import "./lib"')
        assert error["code"] == "script_syntax"
        assert (error["context"]["file"], error["context"]["line"]) == ("lib.wren", 2)


def test_an_import_that_fails_can_be_caught(driver: Driver) -> None:
    program = 'var result = Fiber.new {\n  import "./absent"\n}.try()'
    assert value(driver, program + ".code") == "not_found"


def test_code_for_meta_that_does_not_compile_is_told(driver: Driver) -> None:
    program = 'import "meta" for Meta\nvar result = Meta.compile("1 +")'
    assert driver.value(program) is None
    assert "Error at end of file" in driver.port.printed_to("stderr")


def test_a_name_that_a_module_lacks_is_named(driver: Driver) -> None:
    assert "'Nonsense'" in driver.error('import "polyspell" for Nonsense')["message"]


# -- sessions and reloading


def test_entries_of_a_session_may_define_again(driver: Driver) -> None:
    entries = {
        'var f = Fn.new { "one" }': None,
        "f.call()": "one",
        'var f = Fn.new { "two" }\nf.call()': "two",
        "class A {\n  static b { 1 }\n}": None,
        "A.b + 1": 2,
        'System.print("shown")': "shown",
        "if (true) 5": None,
    }
    for entry, expected in entries.items():
        assert driver.value(entry, interactive=True) == expected


def test_an_unfinished_entry_says_so(driver: Driver) -> None:
    error = error_of(driver.run("var f = Fn.new {", interactive=True))
    assert "end of file" in error["message"]


def test_a_program_run_again_replaces_what_it_defines(driver: Driver) -> None:
    program = "class A {\n  static b { %d }\n}\nvar result = A.b\nvar kept = kept_"
    driver.context.set("kept_", "kept")
    assert driver.value(program % 1) == 1
    assert driver.value(program % 2) == 2
    assert driver.context.get("kept") == "kept"
    assert driver.value("var x = 1") is None


def test_a_module_that_has_changed_is_loaded_anew() -> None:
    with Driver(WrenEngine(), files={"lib.wren": "var Value = 1"}) as driver:
        program = 'import "./lib" for Value\nvar result = Value'
        assert driver.value(program) == 1
        driver.port.files["lib.wren"] = "var Value = 2\nvar Broken = Fn.new { null.foo }"
        assert driver.value(program) == 2
        error = driver.error('import "./lib" for Broken\nBroken.call()')
        assert error["context"]["file"] == "lib.wren"


def test_a_first_line_for_the_shell_is_skipped(driver: Driver) -> None:
    assert driver.value("#!/usr/bin/env polyspell\nvar result = 1") == 1
    error = driver.error("#!/usr/bin/env polyspell\nnull.foo")
    assert error["context"]["line"] == 2


def test_a_global_has_a_name_that_wren_can_read(driver: Driver) -> None:
    for name in ("a-b", "", "class", "_x"):
        with pytest.raises(ValidationError, match="name"):
            driver.context.set(name, 1)


def test_a_context_may_be_closed_by_what_it_calls(driver: Driver) -> None:
    driver.port.output = lambda stream, text: driver.context.close()  # type: ignore[method-assign]
    driver.start('System.print("x")')
    driver.context.close()
    assert driver.port.outcomes == {}


# -- limits


def test_a_limit_ends_everything_in_the_context() -> None:
    with Driver(WrenEngine(), limits=Limits(wall=30.0, cpu=0.1)) as driver:
        waiting = driver.start(HEAD + "Demo.later(1)")
        assert driver.run("while (true) {}").fatal
        assert error_of(driver.finish(waiting))["context"]["limit"] == "cpu"
        again = driver.run("var result = 1")
        assert again.fatal
        assert error_of(again)["context"]["line"] == 1


def test_the_depth_of_calls_is_limited() -> None:
    with Driver(WrenEngine(), limits=Limits(wall=30.0, cpu=10.0, depth=5000)) as driver:
        error = driver.error("class A {\n  static f() { 1 + f() }\n}\nA.f()")
        assert (error["context"]["limit"], error["context"]["line"]) == ("depth", 2)


def test_a_large_value_of_the_host_ends_no_process() -> None:
    with Driver(WrenEngine(), limits=Limits(memory=8 * 2**20)) as driver:
        size = value(driver, "var result = Fn.new {|x| x.count }")
        error = error_of(driver.call(size, "x" * 2**26))
        assert error["context"]["limit"] == "memory"


def test_jobs_without_end_meet_the_time_limit() -> None:
    with Driver(WrenEngine(), limits=Limits(wall=30.0, cpu=0.1)) as driver:
        program = "Polyspell.all((1..1e6).map {|i| Fn.new { i } })"
        assert driver.error(HEAD + program)["context"]["limit"] == "cpu"


# -- sources


def test_a_program_of_blank_lines_is_looked_through_once(driver: Driver) -> None:
    assert driver.value("\n" * 250_000 + "var result = 1") == 1


def test_a_result_may_be_indented_below_blank_lines(driver: Driver) -> None:
    assert driver.value("// nothing\n\n\n  var result = 2") == 2
