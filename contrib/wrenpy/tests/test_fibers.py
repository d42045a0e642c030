"""Fibers: calling, yielding, trying, transferring."""

from __future__ import annotations

import pytest
from wrenpy.bridge import choose_lua


def test_values_pass_in_both_directions(output):
    program = """
    var f = Fiber.new {|first|
      System.print(first)
      System.print(Fiber.yield("out 1"))
      System.print(Fiber.yield())
      return "last"
    }
    System.print(f.call("in 1"))
    System.print(f.call("in 2"))
    System.print(f.call())
    System.print(f.isDone)
    """
    assert output(program).splitlines() == [
        "in 1", "out 1", "in 2", "null", "null", "last", "true",
    ]  # fmt: skip


def test_yielding_from_deep_inside_calls_operators_and_loops(output):
    program = """
    class Gen {
      construct new() {}
      +(x) { Fiber.yield(x) }
      iterate(i) {
        Fiber.yield("iterate")
        return i == null ? 1 : false
      }
      iteratorValue(i) { Fiber.yield("value") }
      toString { Fiber.yield("text") }
    }
    var f = Fiber.new {
      var g = Gen.new()
      g + "plus"
      for (x in g) Fiber.yield("body")
      [3, 1].sort {|a, b| Fiber.yield("sort") }
      [1].each {|x| Fiber.yield("each") }
      [1].map {|x| Fiber.yield("map") }.toList
      Fiber.yield("%(g)!")
    }
    while (!f.isDone) System.write("%(f.call(""))  ")
    """
    assert output(program).split() == [
        "plus", "iterate", "value", "body", "iterate", "sort", "each", "map", "text", "!", "null",
    ]  # fmt: skip


def test_try_gives_the_error_and_marks_the_fiber(output):
    program = """
    var f = Fiber.new { 1.nope }
    System.print(f.try())
    System.print([f.error, f.isDone])
    var g = Fiber.new { Fiber.abort([1, 2]) }
    System.print(g.try())
    var h = Fiber.new { Fiber.abort(null) }
    System.print([h.try(), h.isDone, h.error])
    System.print(Fiber.new {|x| x + 1 }.try(2))
    """
    assert output(program).splitlines() == [
        "Num does not implement 'nope'.",
        "[Num does not implement 'nope'., true]",
        "[1, 2]",
        "[null, true, null]",
        "3",
    ]


def test_an_error_passes_through_callers_up_to_the_one_that_tries(output):
    program = """
    var inner = Fiber.new { Fiber.abort("bang") }
    var middle = Fiber.new { inner.call() }
    var outer = Fiber.new { middle.call() }
    System.print(outer.try())
    System.print([inner.error, middle.error, outer.error])
    """
    assert output(program) == "bang\n[bang, bang, bang]\n"


def test_transfer_leaves_no_way_back(output):
    program = """
    var a
    var b
    var main = Fiber.current
    a = Fiber.new {
      System.write("a1 ")
      b.transfer()
      System.write("a2 ")
      main.transfer("done")
    }
    b = Fiber.new {
      System.write("b ")
      a.transfer()
    }
    System.print(a.transfer())
    var c = Fiber.new { Fiber.yield() }
    System.print(Fiber.new { main.transferError("thrown") }.isDone)
    """
    assert output(program) == "a1 b a2 done\nfalse\n"


def test_transferring_an_error_fails_the_target(output):
    program = """
    var target = Fiber.new {
      Fiber.yield()
      System.print("never")
    }
    target.call()
    var tried = Fiber.new { target.transferError("sent") }
    System.print(Fiber.new { tried.call() }.isDone)
    tried.try()
    System.print("unreachable")
    """
    with pytest.raises(Exception, match="sent"):
        output(program)


def test_suspending_ends_the_run(output):
    assert output("System.print(1)\nFiber.suspend()\nSystem.print(2)") == "1\n"
    assert output("System.print(1)\nFiber.yield()\nSystem.print(2)") == "1\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("var f = Fiber.new {}\nf.call()\nf.call()", "Cannot call a finished fiber."),
        ("var f = Fiber.new { 1.x }\nf.try()\nf.call()", "Cannot call an aborted fiber."),
        ("var f\nvar g = Fiber.new { f.call() }\nf = Fiber.new { g.call() }\nf.call()",
         "Fiber has already been called."),
        ("Fiber.current.call()", "Cannot call root fiber."),
        ("var f = Fiber.new {}\nf.call()\nf.transfer()", "Cannot transfer to a finished fiber."),
        ("Fiber.new(1)", "Argument must be a function."),
        ("Fiber.new {|a, b| 1 }", "Function cannot take more than one parameter."),
        ("Fiber.abort(1..2)", "[error object]"),
    ],
)  # fmt: skip
def test_misuse_is_an_error(failure, source, message):
    assert failure(source.replace("var f\nvar g", "var f = null\nvar g")).message == message


def test_a_hundred_thousand_fibers_may_wait_for_each_other(output):
    program = """
    var fibers = []
    for (i in 0...100000) {
      fibers.add(Fiber.new { i == 99999 ? i : fibers[i + 1].call() })
    }
    System.print(fibers[0].call())
    """
    assert output(program) == "99999\n"


def test_recursion_goes_deep(output):
    program = """
    class R {
      static sum(n) { n == 0 ? 0 : n + sum(n - 1) }
    }
    System.print(R.sum(200000))
    """
    assert output(program) == "20000100000\n"


@pytest.mark.skipif(
    not choose_lua().__name__.endswith("luajit21"), reason="plain Lua nests 190 C calls at most"
)
def test_recursion_through_sequences_goes_deep(output):
    program = """
    class R {
      static lists(n) { n == 0 ? 0 : [n].map {|x| R.lists(x - 1) }.toList[0] + 1 }
    }
    System.print(R.lists(20000))
    """
    assert output(program) == "20000\n"


def test_functions_with_many_variables_recurse_deeply_too(output):
    names = [f"v{i}" for i in range(110)]
    lines = "\n".join(f"        var {name} = n" for name in names)
    program = f"""
    class R {{
      static sum(n) {{
        if (n > 0) {{
  {lines}
          return R.small(n, {" + ".join(names[:5])})
        }}
        return 0
      }}
      static small(n, x) {{ sum(n - 1) + 1 }}
    }}
    System.print(R.sum(5000))
    """
    assert output(program) == "5000\n"
