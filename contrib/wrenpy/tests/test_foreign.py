"""Foreign classes and methods in Python."""

from __future__ import annotations

import pytest
import wrenpy

api = wrenpy.Foreign()


@api.bind("geo", "Point")
class PyPoint:
    def __init__(self, x, y):
        self.x, self.y = x, y

    @wrenpy.method("x")
    def get_x(self):
        return self.x

    @wrenpy.method("x = (_)")
    def set_x(self, value):
        self.x = value
        return value

    @wrenpy.method("+(_)")
    @wrenpy.method("plus(_)")
    def add(self, other):
        return PyPoint(self.x + other.x, self.y + other.y)

    @wrenpy.method("[_]")
    def item(self, index):
        return (self.x, self.y)[index]

    @wrenpy.method("me")
    def me(self):
        return self

    @wrenpy.method("fail(_)")
    def fail(self, kind):
        if kind == "abort":
            raise wrenpy.Abort([1, 2])
        if kind == "silent":
            raise KeyError
        raise ValueError("no " + kind)

    @staticmethod
    @wrenpy.static("origin()")
    def origin():
        return PyPoint(0, 0)


@api.function("geo", "Tools", "apply(_,_)")
def apply(fn, value):
    return fn(value)


@api.function("geo", "Tools", "set(_)")
def make_set(value):
    return {value}


@api.function("geo", "Tools", "describe()", static=False)
def describe(tools):
    return type(tools).__name__


SOURCE = """
foreign class Point {
  construct new(x, y) {}
  construct double(x) { this.x = x * 2 }
  foreign x
  foreign x=(v)
  foreign +(other)
  foreign plus(other)
  foreign [i]
  foreign me
  foreign fail(kind)
  foreign static origin()
  sum { this[0] + this[1] }
}
class Tools {
  construct new() {}
  foreign static apply(f, x)
  foreign static set(v)
  foreign describe()
}
"""


@pytest.fixture
def vm():
    machine = wrenpy.VM(bind=api, import_module={"geo": SOURCE}.get)
    machine.interpret('import "geo" for Point, Tools')
    return machine


def test_wren_makes_and_uses_python_objects(vm):
    assert vm.evaluate("Point.new(1, 2).x") == 1
    assert vm.evaluate("(Point.new(1, 2) + Point.new(3, 4)).sum") == 10
    assert vm.evaluate("Point.new(1, 2).plus(Point.origin())[1]") == 2
    vm.interpret("var p = Point.new(1, 2)\np.x = 5")
    assert vm.evaluate("[p.x, p is Point, p.type.name, p.toString]") == [
        5, True, "Point", "instance of Point",
    ]  # fmt: skip


def test_a_python_object_is_itself_on_both_sides(vm):
    made = vm.evaluate("Point.new(1, 2)")
    assert isinstance(made, PyPoint)
    same = vm.evaluate("Fn.new {|a| [a, a.me == a, Object.same(a, a.me)] }")
    back, *rest = same(made)
    assert back is made
    assert rest == [True, True]


def test_a_constructors_body_runs_on_the_new_object():
    class Lenient:
        def find_class(self, module, name):
            return lambda *args: PyPoint(args[0], 0)

        def find_method(self, module, name, static, signature):
            return api.find_method("geo", name, static, signature)

    vm = wrenpy.VM(bind=Lenient())
    vm.interpret(SOURCE)
    assert vm.evaluate("Point.double(21).x") == 42


def test_exceptions_abort_the_fiber_with_their_text(vm):
    assert vm.evaluate('Fiber.new { Point.origin().fail("luck") }.try()') == "no luck"
    assert vm.evaluate('Fiber.new { Point.origin().fail("abort") }.try()') == [1, 2]
    assert vm.evaluate('Fiber.new { Point.origin().fail("silent") }.try()') == "KeyError"
    with pytest.raises(wrenpy.RuntimeError, match="no way") as caught:
        vm.interpret('Point.origin().fail("way")')
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(wrenpy.RuntimeError):
        vm.interpret("Point.new(1)")


def test_a_result_that_cannot_cross_is_the_calls_error(vm):
    assert "set" in vm.evaluate("Fiber.new { Tools.set(1) }.try()")


def test_a_foreign_method_may_call_back_into_wren(vm):
    assert vm.evaluate("Tools.apply(Fn.new {|x| x * 2 }, 21)") == 42
    assert vm.evaluate("Tools.apply(Fn.new {|x| Tools.apply(Fn.new {|y| y + x }, 1) }, 2)") == 3
    assert vm.evaluate("Fiber.new { Tools.apply(Fn.new {|x| x.nope }, 1) }.try()") == (
        "Num does not implement 'nope'."
    )


def test_an_instance_method_of_a_wren_class_gets_a_handle(vm):
    assert vm.evaluate("Tools.new().describe()") == "Instance"


def test_what_is_not_bound_is_an_error_that_says_so():
    vm = wrenpy.VM()
    with pytest.raises(wrenpy.RuntimeError) as caught:
        vm.interpret("class A {\n foreign static b(x)\n}")
    assert caught.value.message == (
        "Could not find foreign method 'b(_)' for class A in module 'main'."
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class A {\n construct new() { _a = 1 }\n}\nforeign class B is A {}",
         "Foreign class 'B' may not inherit from a class with fields."),
        ("foreign class A {}\nclass B is A {}",
         "Class 'B' cannot inherit from foreign class 'A'."),
    ],
)  # fmt: skip
def test_foreign_classes_inherit_within_limits(failure, source, message):
    assert failure(source).message == message


def test_a_misspelt_signature_fails_at_the_decorator():
    with pytest.raises(ValueError, match="signature"):
        wrenpy.method("foo(x)")


def test_an_exception_of_the_output_reaches_the_host():
    def broken(text):
        raise OSError("closed")

    vm = wrenpy.VM(write=broken)
    with pytest.raises(OSError, match="closed"):
        vm.interpret('System.print("x")')


def test_code_cannot_run_while_the_vm_prints():
    problems = []

    def nosy(text):
        try:
            vm.interpret("1")
        except wrenpy.UsageError as error:
            problems.append(error)

    vm = wrenpy.VM(write=nosy)
    vm.interpret('System.print("x")')
    assert problems


def test_output_comes_before_a_foreign_call_and_in_order():
    events = []
    host = wrenpy.Foreign()
    host.function("main", "H", "note(_)")(events.append)
    vm = wrenpy.VM(write=events.append, bind=host)
    vm.interpret(
        "class H {\n foreign static note(x)\n}\nSystem.print(1)\nH.note(2)\nSystem.print(3)"
    )
    assert events == ["1\n", 2, "3\n"]
