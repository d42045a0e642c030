"""What a host of strangers' programs needs: places, sessions, late answers, memory."""

from __future__ import annotations

import gc
import math
import weakref

import pytest
import wrenpy


def test_a_limit_says_where_it_was_met():
    vm = wrenpy.VM(limits=wrenpy.Limits(fuel=10_000))
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret("var spin = Fn.new {\n while (true) {}\n}\nspin.call()", "loops")
    assert [(f.module, f.line) for f in caught.value.frames] == [("loops", 2), ("loops", 4)]


def test_a_source_may_have_a_name_of_its_own_in_errors():
    vm = wrenpy.VM()
    with pytest.raises(wrenpy.RuntimeError) as caught:
        vm.start("\nnull.foo", "main", name="deep/spell.wren").run()
    assert caught.value.frames[0].module == "deep/spell.wren"
    with pytest.raises(wrenpy.CompileError, match=r"\[typed line 1\]"):
        vm.start("var = 1", "main", name="typed")


def test_an_entry_gives_its_last_expression_and_may_define_again():
    vm = wrenpy.VM()
    assert vm.start("var x = 20\nx + 1", kind="entry").run() == 21
    vm.start("var f = Fn.new { x }", kind="entry").run()
    assert vm.start("var x = 5\nx", kind="entry").run() == 5
    assert vm.start("var F = f\nclass A {\n static b { F }\n}", kind="entry").run() is None
    assert vm.start("A.b.call()", kind="entry").run() == 5
    vm.start('import "random" for Random', kind="entry").run()
    vm.start('var Random = 1\nimport "random" for Random as x\nclass A {}', kind="entry").run()
    assert vm.start("[Random, x.name, A.name]", kind="entry").run() == [1, "Random", "A"]
    with pytest.raises(wrenpy.CompileError, match="already defined"):
        vm.start("var y = 1\nvar y = 2", kind="entry")
    with pytest.raises(wrenpy.CompileError, match="already defined"):
        vm.start("var x = 1")
    vm.start("var x = 7", kind="again").run()
    assert vm.variable("main", "x") == 7


def test_a_function_may_find_that_its_answer_comes_later():
    host = wrenpy.Foreign()
    host.function("main", "Host", "ask(_)")(lambda x: wrenpy.Deferred(("later", x)) if x else 0)
    vm = wrenpy.VM(bind=host)
    source = "class Host {\n foreign static ask(x)\n}\nvar a = [Host.ask(0), Host.ask(1)]"
    task = vm.start(source)
    request = task.advance()
    assert request.target == ("later", 1)
    request.answer(2)
    assert task.advance() is None
    assert vm.variable("main", "a") == [0, 2]


def test_a_failing_import_aborts_with_what_the_host_raised():
    def load(name):
        raise wrenpy.Abort({"code": "teapot"})

    vm = wrenpy.VM(import_module=load)
    assert vm.evaluate('Fiber.new {\n import "x"\n}.try()["code"]') == "teapot"


def test_handles_of_one_object_are_equal():
    vm = wrenpy.VM()
    vm.interpret("var f = Fn.new { 1 }\nvar g = f\nvar h = Fn.new { 1 }")
    f, g, h = (vm.variable("main", name) for name in "fgh")
    assert f == g
    assert f != h
    assert len({f, g, h}) == 2
    assert f != 1


def test_the_clock_may_be_the_hosts_own():
    times = iter(range(1_000_000))
    vm = wrenpy.VM(limits=wrenpy.Limits(seconds=20), clock=lambda: float(next(times)))
    with pytest.raises(wrenpy.LimitError, match="time"):
        vm.interpret("while (true) {}")


def test_minus_zero_stays_one():
    assert math.copysign(1, wrenpy.VM().evaluate("-0")) == -1


def test_a_value_larger_than_the_memory_is_a_limit_and_ends_no_process():
    vm = wrenpy.VM(limits=wrenpy.Limits(memory=4 << 20))
    vm.interpret("var f = Fn.new {|x| x.count }")
    with pytest.raises(wrenpy.LimitError, match="memory"):
        vm.variable("main", "f")("x" * (64 << 20))


@pytest.mark.parametrize("grow", ["l = [l, l]", 'l = {"a": l, "b": l}', "l = [s, s, s, l]"])
def test_a_value_that_shares_its_parts_is_counted_as_often_as_it_stands_there(grow):
    vm = wrenpy.VM(limits=wrenpy.Limits(memory=8 << 20))
    vm.interpret(f'var s = "x" * 1000000\nvar l = null\nfor (i in 1..60) {grow}')
    with pytest.raises(wrenpy.LimitError, match="memory"):
        vm.variable("main", "l")


def test_an_error_that_cannot_cross_is_still_an_error():
    vm = wrenpy.VM()
    with pytest.raises(wrenpy.RuntimeError, match="error object"):
        vm.interpret("var l = []\nl.add(l)\nFiber.abort(l)")


def test_a_task_that_waits_says_where():
    host = wrenpy.Foreign()
    host.function("main", "Host", "ask()")(lambda: wrenpy.Deferred(None))
    vm = wrenpy.VM(bind=host)
    task = vm.start("class Host {\n foreign static ask()\n}\n\nHost.ask()")
    task.advance()
    assert [frame.line for frame in task.frames()] == [5]
    task.cancel()
    assert task.frames() == []


def test_what_the_host_sets_is_defined_for_later_sources():
    vm = wrenpy.VM()
    vm.set_variable("main", "x", [1])
    assert vm.evaluate("x + [2]") == [1, 2]
    vm.set_variable("main", "x", 2)
    vm.start("var f = Fn.new { x }", kind="again").run()
    vm.set_variable("main", "x", 3)
    assert vm.variable("main", "f")() == 3
    assert vm.variables("main") == ["x", "f"]


def test_a_held_value_stays_the_same_object():
    vm = wrenpy.VM()
    held = vm.hold([1])
    vm.interpret("var add = Fn.new {|l| l.add(2) }\nvar give = Fn.new {|l| l }")
    vm.variable("main", "add")(held)
    assert vm.variable("main", "give")(held) == [1, 2]


def test_python_objects_go_when_wren_lets_go_of_them():
    host = wrenpy.Foreign()

    @host.bind("main")
    class Thing:
        pass

    vm = wrenpy.VM(bind=host)
    vm.interpret("foreign class Thing {\n construct new() {}\n}\nvar t = Thing.new()")
    gone = weakref.ref(vm.variable("main", "t"))
    vm.collect()
    assert gone() is not None
    vm.set_variable("main", "t", None)
    vm.collect()
    assert gone() is None


def test_a_closed_vm_runs_nothing_and_leaves_nothing_behind():
    vm = wrenpy.VM(write=lambda text: None, limits=wrenpy.Limits(memory=1 << 20))
    vm.interpret("var f = Fn.new { 1 }")
    gone = weakref.ref(vm)
    vm.close()
    vm.close()
    with pytest.raises(wrenpy.UsageError, match="closed"):
        vm.interpret("1")
    del vm
    gc.collect()
    assert gone() is None
