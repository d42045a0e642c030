"""Fibers that wait: asynchronous foreign methods, and tasks driven by hand."""

from __future__ import annotations

import asyncio

import pytest
import wrenpy

SOURCE = """
class Host {
  foreign static slow(x)
  foreign static ask(x)
  foreign static all(fns)
}
var twice = Fn.new {|x| Host.slow(x) + Host.slow(x) }
var asking = Fn.new {|x|
  var first = Host.ask(x)
  var second = Host.ask(first)
  return [first, second]
}
"""


def machine(**options):
    host = wrenpy.Foreign()
    events = []

    @host.function("main", "Host", "slow(_)")
    async def slow(x):
        events.append(("start", x))
        await asyncio.sleep(0)
        events.append(("end", x))
        if x == "bad":
            raise ValueError("bad thing")
        return x

    @host.function("main", "Host", "all(_)")
    async def gather(fns):
        return await asyncio.gather(*[vm.call_async(fn, "call()") for fn in fns])

    host.methods["main", "Host", True, "ask(_)"] = wrenpy.Deferred("ask")
    vm = wrenpy.VM(bind=host, **options)
    vm.interpret(SOURCE)
    vm.events = events
    return vm


def test_an_async_method_suspends_its_caller():
    vm = machine()
    assert asyncio.run(vm.call_async(vm.variable("main", "twice"), "call(_)", 4)) == 8
    asyncio.run(vm.interpret_async('var got = Host.slow("x")'))
    assert vm.variable("main", "got") == "x"


def test_an_async_failure_can_be_tried_in_wren():
    vm = machine()
    source = 'var error = Fiber.new { Host.slow("bad") }.try()'
    asyncio.run(vm.interpret_async(source))
    assert vm.variable("main", "error") == "bad thing"
    with pytest.raises(wrenpy.RuntimeError, match="bad thing") as caught:
        asyncio.run(vm.interpret_async('Host.slow("bad")'))
    assert isinstance(caught.value.__cause__, ValueError)


def test_many_calls_are_under_way_at_once():
    vm = machine()
    vm.interpret(
        'var all = Fn.new { Host.all(["a", "b"].map {|x| Fn.new { Host.slow(x) } }.toList) }'
    )
    assert asyncio.run(vm.call_async(vm.variable("main", "all"), "call()")) == ["a", "b"]
    assert vm.events == [("start", "a"), ("start", "b"), ("end", "a"), ("end", "b")]


def test_a_synchronous_call_of_what_waits_is_refused():
    vm = machine()
    with pytest.raises(wrenpy.UsageError, match="waits for"):
        vm.call(vm.variable("main", "twice"), "call(_)", 1)
    assert vm.requests == {}


def test_a_task_is_driven_step_by_step():
    vm = machine()
    task = vm.start_call(vm.variable("main", "asking"), "call(_)", "q")
    request = task.advance()
    assert (request.target, request.args, request.awaitable) == ("ask", ("q",), None)
    assert vm.requests == {request.id: request}
    with pytest.raises(wrenpy.UsageError, match="waits for"):
        task.advance()
    vm.requests[request.id].answer(["a", 1])
    second = task.advance()
    assert second.args == (["a", 1],)
    second.answer()
    assert task.advance() is None
    assert task.result() == [["a", 1], None]
    with pytest.raises(wrenpy.UsageError, match="waits no more"):
        request.answer(1)
    assert vm.requests == {}


def test_tasks_interleave_in_any_order():
    vm = machine()
    asking = vm.variable("main", "asking")
    tasks = [vm.start_call(asking, "call(_)", i) for i in range(50)]
    first = [task.advance() for task in tasks]
    assert len(vm.requests) == 50
    for request in reversed(first):
        request.answer(request.args[0] + 100)
    for task in tasks[::2] + tasks[1::2]:
        task.advance().answer("end")
        assert task.advance() is None
    assert [task.result() for task in tasks] == [[i + 100, "end"] for i in range(50)]


def test_wren_functions_run_while_a_task_waits():
    vm = machine()
    task = vm.start_call(vm.variable("main", "asking"), "call(_)", 1)
    task.advance()
    assert vm.evaluate("1 + 1") == 2
    task.request.answer(2)
    task.advance().answer(3)
    task.advance()
    assert task.result() == [2, 3]


def test_a_failed_answer_is_a_runtime_error():
    vm = machine()
    for error in ("gone", OSError("gone")):
        task = vm.start_call(vm.variable("main", "asking"), "call(_)", 1)
        task.advance().fail(error)
        assert task.advance() is None
        with pytest.raises(wrenpy.RuntimeError, match="gone"):
            task.result()


def test_an_answer_that_cannot_cross_leaves_the_request_waiting():
    vm = machine()
    task = vm.start_call(vm.variable("main", "asking"), "call(_)", 1)
    request = task.advance()
    with pytest.raises(wrenpy.ConversionError):
        request.answer({1, 2})
    request.answer(5)
    assert task.advance().args == (5,)


def test_a_cancelled_task_never_runs_again():
    vm = machine()
    task = vm.start_call(vm.variable("main", "asking"), "call(_)", 1)
    request = task.advance()
    task.cancel()
    assert vm.requests == {}
    with pytest.raises(wrenpy.UsageError):
        request.answer(1)
    with pytest.raises(wrenpy.UsageError, match="no result"):
        task.result()


def test_an_unfinished_task_has_no_result():
    vm = machine()
    task = vm.start("var z = 1")
    with pytest.raises(wrenpy.UsageError, match="not finished"):
        task.result()
    task.advance()
    assert task.result() is None


def test_a_fiber_inside_a_task_may_wait_and_still_yield():
    vm = machine()
    vm.interpret(
        """
        var gen = Fiber.new {
          Fiber.yield(Host.ask("in fiber"))
          Fiber.yield(Host.ask("again"))
        }
        var drive = Fn.new { [gen.call(), gen.call()] }
        """
    )
    task = vm.start_call(vm.variable("main", "drive"), "call()")
    task.advance().answer(1)
    request = task.advance()
    assert request.args == ("again",)
    request.answer(2)
    task.advance()
    assert task.result() == [1, 2]


def test_cancelling_the_awaiting_task_drops_the_wren_task():
    vm = machine()

    async def scenario():
        host_task = asyncio.create_task(vm.call_async(vm.variable("main", "twice"), "call(_)", 1))
        await asyncio.sleep(0)
        host_task.cancel()
        await asyncio.gather(host_task, return_exceptions=True)

    asyncio.run(scenario())
    assert vm.tasks == set()


def test_each_task_has_its_own_budget():
    vm = machine(limits=wrenpy.Limits(fuel=20_000))
    busy = "var total = 0\nfor (i in 1..5000) total = total + i"
    for index in range(5):
        vm.interpret(busy, f"m{index}")
    spent = vm.usage().fuel
    assert spent > 20_000
    task = vm.start("while (true) {}", "m", limits=wrenpy.Limits(fuel=1000))
    task.advance()
    with pytest.raises(wrenpy.LimitError, match="fuel"):
        task.result()
    assert vm.usage().fuel == pytest.approx(spent + 1000, abs=100)
