"""Limits stop every program, whatever it does, and the VM says whether it still works."""

from __future__ import annotations

import signal

import pytest
import wrenpy

LOOPS = {
    "a loop": "while (true) {}",
    "a retried loop": "while (true) Fiber.new {\n while (true) {}\n}.try()",
    "a large body": "var a = 1\nwhile (true) {\n" + "  a = (a * 31 + 1) % 1000003\n" * 300 + "}",
    "closures": "var f\nvar g = Fn.new {|n| n }\nwhile (true) g.call(1)",
    "failing fibers": "while (true) Fiber.new { Fiber.abort(1) }.try()",
    "yielding": "var f = Fiber.new {\n while (true) Fiber.yield()\n}\nwhile (true) f.call()",
    "counting a range": "(1..1e15).count",
    "a lazy chain": "(1..1e15).map {|x| x }.where {|x| false }.toList",
    "skipping": "(1..1e15).skip(1e14).iterate(null)",
    "searching": 'var s = "a" * 300000\nwhile (true) s.contains("a" * 100000 + "b")',
    "splitting": 'var s = "a," * 1000\nwhile (true) s.split(",")',
    "trimming": 'var s = " " * 10000\nwhile (true) s.trim()',
    "joining": 'var l = List.filled(1000, "abc")\nwhile (true) l.join(",")',
    "sorting": "var l = (1..1000).toList\nwhile (true) l.sort {|a, b| a > b }",
    "inserting": "var l = List.filled(1000, 0)\nwhile (true) {\n l.insert(0, 1)\n l.removeAt(0)\n}",
    "compiling": 'import "meta" for Meta\nwhile (true) Meta.compile("1 + 1")',
}


@pytest.mark.parametrize("name", LOOPS)
def test_fuel_ends(name):
    vm = wrenpy.VM(limits=wrenpy.Limits(fuel=300_000))
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret(LOOPS[name])
    assert (caught.value.kind, caught.value.usable) == ("fuel", True)
    assert vm.usage().fuel < 1_000_000
    assert vm.evaluate("1 + 1") == 2


@pytest.mark.parametrize("name", ["a loop", "a retried loop", "a lazy chain", "failing fibers"])
def test_time_ends(name):
    vm = wrenpy.VM(limits=wrenpy.Limits(seconds=0.02))
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret(LOOPS[name])
    assert (caught.value.kind, caught.value.usable) == ("time", True)
    assert vm.evaluate("1 + 1") == 2


@pytest.mark.parametrize(
    "source",
    [
        "var l = []\nwhile (true) l.add(l)",
        "var m = {}\nvar i = 0\nwhile (true) {\n m[i] = [i]\n i = i + 1\n}",
        'var s = "x"\nwhile (true) s = s + s',
        'var s = "x"\nwhile (true) s = "%(s)%(s)"',
        "List.filled(1e8, 0)",
        '"abc" * 1e9',
        "var l = [1]\nwhile (true) l = l + l",
        "var l = []\nwhile (true) l.add(Fn.new { l })",
        "class A {\n static f() { Fiber.new { A.f() }.call() }\n}\nA.f()",
        "var f = Fiber.new {\n var l = []\n while (true) l.add([])\n}\nf.try()",
    ],
)
def test_memory_ends(source):
    vm = wrenpy.VM(limits=wrenpy.Limits(memory=32 << 20))
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret(source)
    assert caught.value.kind == "memory"
    assert caught.value.usable == vm.usable
    if vm.usable:
        assert vm.evaluate("1 + 1") == 2
    else:
        with pytest.raises(wrenpy.UsageError, match="memory"):
            vm.evaluate("1")


def test_garbage_does_not_count_against_memory():
    vm = wrenpy.VM(limits=wrenpy.Limits(memory=16 << 20))
    vm.interpret("for (i in 1..200000) [i, [i], {i: i}]")


@pytest.mark.parametrize(
    "source",
    [
        "class A {\n static f(n) { f(n + 1) + 1 }\n}\nA.f(0)",
        "class A {\n static f(n) { [n].map {|x| A.f(x) }.toList }\n}\nA.f(0)",
        'class A {\n construct new() {}\n toString { "%(this)" }\n}\nSystem.print(A.new())',
        "class A {\n construct new() {}\n +(o) { this + o }\n}\nA.new() + 1",
        "Fiber.new {\n var f\n f = Fn.new { f.call() + 1 }\n f.call()\n}.try()",
        "var l = []\nl.add(l)\nl.toString",
    ],
)
def test_recursion_ends(source):
    vm = wrenpy.VM(limits=wrenpy.Limits(depth=20_000))
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret(source)
    assert (caught.value.kind, caught.value.usable) == ("recursion", True)
    assert vm.evaluate("1 + 1") == 2


def test_recursion_within_the_limit_works_again_and_again():
    vm = wrenpy.VM(limits=wrenpy.Limits(depth=60_000))
    vm.interpret("class A {\n static f(n) { n == 0 ? 0 : f(n - 1) + 1 }\n}")
    for _ in range(3):
        assert vm.evaluate("A.f(50000)") == 50000


def test_output_ends_and_what_was_printed_before_is_written():
    printed = []
    vm = wrenpy.VM(limits=wrenpy.Limits(output=1000), write=printed.append)
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret('while (true) System.print("hello")')
    assert caught.value.kind == "output"
    text = "".join(printed)
    assert 990 <= len(text) <= 1000
    assert text.startswith("hello\nhello\n")


def test_no_limit_can_be_caught():
    vm = wrenpy.VM(limits=wrenpy.Limits(fuel=100_000))
    program = """
    var caught = false
    var inner = Fiber.new {
      while (true) 1
    }
    var outer = Fiber.new { inner.try() }
    outer.try()
    caught = true
    """
    with pytest.raises(wrenpy.LimitError):
        vm.interpret(program)
    assert vm.variable("main", "caught") is False


def test_a_call_back_draws_on_the_budget_of_its_caller():
    host = wrenpy.Foreign()
    host.function("main", "H", "call(_)")(lambda fn: fn())
    vm = wrenpy.VM(limits=wrenpy.Limits(fuel=100_000), bind=host)
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret(
            "class H {\n foreign static call(f)\n}\nwhile (true) H.call { (1..100).each {|x| x } }"
        )
    assert caught.value.kind == "fuel"
    assert vm.usage().fuel < 200_000


def test_a_large_source_for_meta_is_refused_under_limits():
    source = 'import "meta" for Meta\nvar f = Meta.compile("1\\n" * 10000)'
    reported = []
    vm = wrenpy.VM(limits=wrenpy.Limits(fuel=10_000_000), report=reported.append)
    vm.interpret(source)
    assert vm.variable("main", "f") is None
    assert "4096 bytes" in str(reported[0])


def test_a_program_that_only_calls_the_host_is_looked_after():
    host = wrenpy.Foreign()
    host.function("main", "H", "size(_)")(len)
    vm = wrenpy.VM(limits=wrenpy.Limits(memory=16 << 20), bind=host)
    vm.interpret("class H {\n foreign static size(x)\n}")
    vm.interpret("for (i in 1..60000) H.size([i] * 50)")
    assert vm.usage().peak < 20 << 20
    with pytest.raises(wrenpy.LimitError, match="memory"):
        vm.interpret("var held = []\nwhile (true) {\n held.add([1] * 50)\n H.size([])\n}")
    assert vm.usable


def test_usage_counts_up():
    vm = wrenpy.VM(write=lambda text: None)
    before = vm.usage()
    vm.interpret("for (i in 1..1000) System.print(i)")
    after = vm.usage()
    assert after.output == 3893
    assert after.fuel > before.fuel + 1000
    assert after.seconds > before.seconds
    assert after.memory > 100_000


@pytest.mark.parametrize("limits", [wrenpy.Limits(), wrenpy.Limits(memory=64 << 20)])
def test_the_peak_is_what_was_held_for_a_moment(limits):
    vm = wrenpy.VM(limits=limits)
    vm.interpret("""
      var hold = Fn.new { (1..10).map {|i| "x" * 1048576 + i.toString }.toList.count }
      hold.call()
    """)
    vm.collect()
    usage = vm.usage()
    assert usage.memory < 2 << 20
    assert 10 << 20 <= usage.peak < 40 << 20
    vm.reset_peak()
    vm.interpret("var small = 1")
    assert vm.usage().peak < 2 << 20


def test_an_interrupt_ends_the_run_even_without_limits():
    vm = wrenpy.VM()
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            vm.interpret("Fiber.new {\n while (true) {}\n}.try()")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert vm.evaluate("1 + 1") == 2


class Blob:
    """A host object that tells its size."""

    def __init__(self, size):
        self.wren_size = int(size)


def blobs():
    api = wrenpy.Foreign()
    api.bind("main", "Blob")(Blob)
    return wrenpy.VM(bind=api, limits=wrenpy.Limits(memory=10 << 20))


def test_host_objects_that_tell_their_size_count_as_memory():
    vm = blobs()
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret("""
foreign class Blob {
  construct new(size) {}
}
var held = []
for (i in 1..20) held.add(Blob.new(1e6))""")
    assert (caught.value.kind, caught.value.usable) == ("memory", True)


def test_host_objects_that_were_let_go_do_not_count():
    vm = blobs()
    vm.interpret("""
foreign class Blob {
  construct new(size) {}
}
for (i in 1..200) Blob.new(1e6)""")


def test_a_list_that_memory_has_no_room_for_is_not_begun():
    api = wrenpy.Foreign()
    api.function("main", "Host", "list()")(lambda: [None] * 1_000_000)
    vm = wrenpy.VM(bind=api, limits=wrenpy.Limits(memory=10 << 20))
    with pytest.raises(wrenpy.LimitError) as caught:
        vm.interpret("class Host {\n foreign static list()\n}\nHost.list()")
    assert (caught.value.kind, caught.value.usable) == ("memory", True)


def test_time_is_looked_at_after_a_call_of_the_host_that_took_long():
    calls, leaps = [], [0]

    def clock():  # as a host's may: it leaps, once that counts the calls' own time
        leaps[0] += 10 * (len(calls) > 3)
        return leaps[0]

    api = wrenpy.Foreign()
    api.function("main", "Host", "work()")(lambda: calls.append(1))
    vm = wrenpy.VM(bind=api, limits=wrenpy.Limits(seconds=1), clock=clock)
    with pytest.raises(wrenpy.LimitError):
        vm.interpret("class Host {\n foreign static work()\n}\nwhile (true) Host.work()")
    assert len(calls) < 10
