"""The value table of the README, by round trips."""

from __future__ import annotations

import gc
import math
import weakref

import pytest
import wrenpy


@pytest.fixture(scope="module")
def vm():
    machine = wrenpy.VM()
    machine.interpret(
        """
        var same = Fn.new {|x| x }
        var typeName = Fn.new {|x| x.type.name }
        var text = Fn.new {|x| x.toString }
        class Thing {
          construct new(v) { _v = v }
          v { _v }
          v=(x) { _v = x }
          +(o) { Thing.new(_v + o.v) }
          [i] { [_v, i] }
          [i]=(x) { _v = [i, x] }
          static make(v) { Thing.new(v) }
        }
        """
    )
    return machine


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        (None, "Null"), (True, "Bool"), (False, "Bool"), (0, "Num"), (-7, "Num"), (2**53, "Num"),
        (1.5, "Num"), (1e300, "Num"), (math.inf, "Num"), ("", "String"), ("héé😀\0", "String"),
        (b"\xff\xfe", "String"), ([], "List"), ([1, [None, "x"], True], "List"),
        (list(range(1000)), "List"), ({}, "Map"), ({"a": 1, 2: None, None: [1]}, "Map"),
        ({str(i): i for i in range(500)}, "Map"), (wrenpy.Range(1, 2.5, False), "Range"),
        ([None] * 250, "List"),
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_went(vm, value, type_name):
    back = vm.variable("main", "same")(value)
    assert back == value
    assert type(back) is type(value)
    assert vm.variable("main", "typeName")(value) == type_name


def test_what_is_changed_on_the_way_is_what_the_table_says(vm):
    same = vm.variable("main", "same")
    assert same((1, 2)) == [1, 2]
    assert type(same(3.0)) is int
    assert same(b"plain") == "plain"
    assert math.isnan(same(math.nan))
    assert same(2.0**60) == 2.0**60


@pytest.mark.parametrize(
    "value",
    [2**53 + 1, -(2**60), {1, 2}, object(), 1j, "\ud800", {(1, 2): 3}, int, ..., [[object()]]],
    ids=lambda value: type(value).__name__,
)
def test_what_wren_cannot_hold_is_an_error(vm, value):
    with pytest.raises(wrenpy.ConversionError):
        vm.variable("main", "same")(value)


def test_what_contains_itself_is_an_error(vm):
    loop: list = []
    loop.append(loop)
    with pytest.raises(wrenpy.ConversionError):
        vm.variable("main", "same")(loop)
    with pytest.raises(wrenpy.ConversionError):
        vm.evaluate("Fn.new {\n var l = []\n l.add(l)\n return l\n}.call()")


def test_keys_that_python_takes_for_one_are_an_error(vm):
    with pytest.raises(wrenpy.ConversionError, match="one in Python"):
        vm.evaluate("{1: 1, true: 2}")


def test_objects_are_handles_that_keep_their_identity(vm):
    thing = vm.call(vm.variable("main", "Thing"), "make(_)", 5)
    assert isinstance(thing, wrenpy.Instance)
    assert thing.class_name == "Thing"
    assert thing.call("v") == 5
    assert thing.call("v=(_)", 6) == 6
    assert thing.call("+(_)", thing).call("v") == 12
    assert thing.call("[_]", 1) == [6, 1]
    assert thing.call("[_]=(_)", 1, 2) == [1, 2]
    assert thing.call("v") == [1, 2]
    assert vm.variable("main", "same")(thing).call("==(_)", thing) is True
    assert isinstance(vm.variable("main", "Thing"), wrenpy.Class)
    assert isinstance(vm.evaluate("Fiber.new { 1 }"), wrenpy.Fiber)
    assert vm.evaluate("Fiber.new { 1 }").call("call()") == 1


def test_a_wren_function_is_called_like_pythons(vm):
    add = vm.evaluate("Fn.new {|a, b| a + b }")
    assert isinstance(add, wrenpy.Fn)
    assert (add(1, 2), add.arity) == (3, 2)
    with pytest.raises(wrenpy.RuntimeError, match="expects more arguments"):
        add(1)


def test_a_released_handle_is_gone(vm):
    add = vm.evaluate("Fn.new {|a, b| a + b }")
    add.release()
    add.release()
    assert add.released
    with pytest.raises(wrenpy.UsageError, match="released"):
        add(1, 2)
    with pytest.raises(wrenpy.UsageError):
        vm.variable("main", "same")(add)


def test_releasing_frees_what_was_held():
    machine = wrenpy.VM()
    held = machine.evaluate(
        "Fn.new {\n var l = List.filled(1000000, 1)\n return Fn.new { l }\n}.call()"
    )
    machine.bridge.gc(b"collect")
    before = machine.usage().memory
    held.release()
    machine.bridge.gc(b"collect")
    machine.bridge.gc(b"collect")
    assert machine.usage().memory < before - 4_000_000


def test_a_handle_of_another_vm_is_refused(vm):
    other = wrenpy.VM().evaluate("Fn.new { 1 }")
    with pytest.raises(wrenpy.ConversionError, match="another VM"):
        vm.variable("main", "same")(other)


class Odd:
    __signature__ = "none"

    def __call__(self):
        return 1


def test_python_callables_become_functions(vm):
    call = vm.evaluate("Fn.new {|f| [f.call(1, 2), f.arity, f.call(1, 2, 3)] }")
    assert call(lambda a, b: a - b) == [-1, 2, -1]
    assert call(wrenpy.function(lambda *args: len(args), 2)) == [2, 2, 2]
    with pytest.raises(wrenpy.RuntimeError, match="expects more arguments"):
        vm.evaluate("Fn.new {|f| f.call(1) }")(lambda a, b: 0)
    with pytest.raises(wrenpy.ConversionError, match="arity"):
        call(Odd())


@pytest.mark.parametrize("signature", ["", "1", "a b(", "foo(_", "foo(x)", "[]", "foo(_)_"])
def test_a_wrong_signature_is_a_value_error(vm, signature):
    with pytest.raises(ValueError, match="signature"):
        vm.call(vm.variable("main", "Thing"), signature)


def test_a_signature_has_to_fit_its_arguments(vm):
    with pytest.raises(ValueError, match="does not take 2"):
        vm.call(vm.variable("main", "Thing"), "make(_)", 1, 2)


def test_values_can_be_receivers(vm):
    assert vm.call("abc", "[_]", 1) == "b"
    assert vm.call([1, 2], "+(_)", [3]) == [1, 2, 3]
    assert vm.call(None, "toString") == "null"
    assert vm.call(3, "pow(_)", 2) == 9


def test_an_unknown_variable_or_module_is_named(vm):
    with pytest.raises(wrenpy.UsageError, match="'nope' in module 'main'"):
        vm.variable("main", "nope")
    with pytest.raises(wrenpy.UsageError, match="module 'nowhere'"):
        vm.variable("nowhere", "x")
    assert vm.has_variable("main", "same")
    assert not vm.has_variable("main", "nope")
    assert vm.has_module("main")
    assert not vm.has_module("nowhere")


def test_a_python_callable_lives_as_long_as_wren_holds_it(vm):
    class Call:
        def __call__(self):
            return 1

    call = Call()
    alive = weakref.ref(call)
    assert vm.evaluate("Fn.new {|f| f.call() }")(wrenpy.function(call, 0)) == 1
    del call
    for _ in range(3):
        vm.bridge.gc(b"collect")
        gc.collect()
    assert alive() is None
