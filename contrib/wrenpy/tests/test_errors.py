"""Stack traces, error values, and what an error says."""

from __future__ import annotations

import pytest
import wrenpy


def frames(source):
    with pytest.raises(wrenpy.RuntimeError) as caught:
        wrenpy.VM().interpret(source)
    return [(frame.line, frame.function) for frame in caught.value.frames]


def test_a_trace_names_methods_blocks_and_the_script():
    program = """class A {
  construct new(x) {
    _x = x
    fail(x, 1)
  }
  fail(a, b) {
    [1].each {|x|
      a.nope
    }
  }
  static go { A.new(2) }
}
var f = Fn.new {
  A.go
}

f.call()"""
    assert frames(program) == [
        (8, "each(_) block argument"),
        (7, "fail(_,_)"),
        (4, "init new(_)"),
        (11, "go"),
        (14, "new(_) block argument"),
        (17, "(script)"),
    ]


def test_an_error_on_a_later_line_of_an_expression_is_on_that_line():
    assert frames("var a = [\n  1,\n  2.nope,\n  3\n]") == [(3, "(script)")]
    assert frames("var x = 1 +\n  null.foo") == [(2, "(script)")]
    assert frames("var s = [1]\ns\n  .map {|x| x }\n  .nope") == [(4, "(script)")]
    assert frames('var s = "a\nb"\n1.nope') == [(3, "(script)")]


def test_a_trace_of_a_fiber_is_that_fibers_own():
    program = "var f = Fiber.new {\n  Fiber.yield()\n  1.nope\n}\nf.call()\nf.call()"
    assert frames(program) == [(3, "new(_) block argument")]


def test_a_trace_spans_modules():
    vm = wrenpy.VM(import_module=lambda name: "var F = Fn.new {|x|\n  x.nope\n}")
    with pytest.raises(wrenpy.RuntimeError) as caught:
        vm.interpret('import "lib" for F\nF.call(1)', "app")
    assert [str(frame) for frame in caught.value.frames] == [
        "[lib line 2] in new(_) block argument",
        "[app line 2] in (script)",
    ]
    assert str(caught.value).startswith("Num does not implement 'nope'.\n[lib line 2]")


def test_a_deep_trace_is_cut():
    assert (
        len(frames("class A {\n static f(n) { n == 0 ? 1.nope : f(n - 1) + 1 }\n}\nA.f(5000)"))
        <= 200
    )


def test_the_value_of_an_abort_reaches_the_host():
    with pytest.raises(wrenpy.RuntimeError) as caught:
        wrenpy.VM().interpret('Fiber.abort({"code": 3})')
    assert caught.value.value == {"code": 3}
    assert caught.value.message == "[error object]"


def test_a_vm_goes_on_after_errors():
    vm = wrenpy.VM()
    for source in ("1.nope", "var a = ", "Fiber.abort(1)"):
        with pytest.raises(wrenpy.WrenError):
            vm.interpret(source)
    assert vm.evaluate("1 + 1") == 2


def test_a_failed_compile_leaves_no_variables_behind():
    vm = wrenpy.VM()
    with pytest.raises(wrenpy.CompileError):
        vm.interpret("var a = 1\nvar = 2")
    vm.interpret("var a = 3")
    assert vm.variable("main", "a") == 3


def test_errors_are_one_tree_and_carry_hints():
    for error in (
        wrenpy.CompileError([]),
        wrenpy.RuntimeError("m", "m", []),
        wrenpy.LimitError("fuel", usable=True),
        wrenpy.ConversionError("x"),
        wrenpy.UsageError("What.", "Do this."),
    ):
        assert isinstance(error, wrenpy.WrenError)
        assert error.hint
