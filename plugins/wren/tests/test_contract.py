"""The contract of scripting engines, in Wren."""

from __future__ import annotations

from typing import ClassVar

from polyspell.testing import EngineContract
from polyspell_wren.engine import WrenEngine

PS = 'import "polyspell" for Demo, Polyspell, Log, Bytes, Integer\n'

SNIPPETS = {
    "answer": "var result = 42",
    "nothing": "var x = 1",
    "text": 'var result = "hällo 🌍"',
    "input": PS + "var result = Polyspell.input",
    "print": 'System.print("one")\nSystem.write("two\\n")',
    "set_global": "var shared = 5",
    "get_global": "var result = shared",
    "double": "var double = Fn.new {|x| x * 2 }",
    "session_1": "var x = 20",
    "session_2": "x + 22",
    "call": PS + 'var result = Demo.add(2, {"b": 3})',
    "wait": PS + 'var result = Demo.later("x")',
    "root": PS + 'Polyspell.sleep(5)\nvar result = "slept"',
    "naming": PS + "var result = Demo.twoWords()",
    "missing_function": PS + "Demo.nonsense()",
    "missing_argument": PS + "Demo.apply()",
    "log": PS + 'Log.info("noted")',
    "record": PS
    + 'var r = Demo.result("hi")\n'
    + 'var result = "%(r.text) %(r.finishReason) %(r.usage.totalTokens)"',
    "record_back": PS + 'var result = Demo.result("hi")',
    "handle": PS + "var c = Demo.counter(5)\nc.add(2)\nvar result = c.value",
    "handle_waits": PS + "var result = Demo.counter(5).addLater(1)",
    "handle_back": PS + "var result = Demo.kind(Demo.counter())",
    "handle_missing": PS + "Demo.counter().nonsense()",
    "handle_closes": PS + "var result = Demo.counter(1).use {|c| c.value }",
    "handle_drop": PS
    + """
var make = Fn.new {
  for (i in 1..100) Demo.counter(i)
}
make.call()
for (i in 1..600000) [[i], [i]]""",
    "stream": PS + "var result = []\nfor (x in Demo.count(3)) result.add(x)",
    "stream_break": PS
    + """
var result
for (x in Demo.count(3)) {
  result = x
  break
}""",
    "callback": PS + "var result = Demo.apply(Fn.new {|x| x + 1 }, 41)",
    "callback_waits": PS + "var result = Demo.apply(Fn.new {|x| Demo.later(x) + 1 }, 41)",
    "callback_nested": PS
    + """
var g = Fn.new {|x| x + 1 }
var result = Demo.apply(Fn.new {|x| Demo.apply(g, x) + 1 }, 40)""",
    "callback_fails": PS
    + """
var fiber = Fiber.new { Demo.apply(Fn.new {|x| Fiber.abort("boom") }, 1) }
var result = fiber.try().message""",
    "callbacks": PS + "var result = Demo.each(Fn.new {|x| Demo.later(x) * 2 }, (0..99).toList)",
    "keep": PS + "Demo.keep(Fn.new {|x| Demo.later(x) * 2 })",
    "all": PS
    + """
var result = Polyspell.all((0..99).map {|i|
  return Fn.new { Demo.later(i, {"seconds": 100 - i}) }
})""",
    "all_pending": PS
    + """
var pending = [1, 2, 3].map {|i| Polyspell.async { Demo.later(i) } }.toList
var result = Polyspell.all(pending)""",
    "all_fails": PS
    + """
var fiber = Fiber.new {
  Polyspell.all([Fn.new { Demo.later(1) }, Fn.new { Demo.failLater("teapot", "no") }])
}
var result = fiber.try().code""",
    "all_empty": PS + "var result = Polyspell.all([])",
    "batch": PS + 'var result = Polyspell.batch { Demo.add(1, {"b": 2}) }',
    "import": 'import "./lib" for Value\nvar result = Value',
    "lib": PS + "Demo.tick()\nvar Value = 7",
    "import_twice": 'import "./lib" for Value\nimport "lib" for Value as Again\n'
    "var result = Value + Again",
    "import_nested": 'import "./nested" for Value\nvar result = Value',
    "nested": 'import "./lib" for Value as Inner\nvar Value = Inner + 1',
    "import_missing": 'import "./absent"',
    "import_broken": 'import "./broken"',
    "broken": '\nFiber.abort("boom")',
    "import_cycle": 'import "./cycle_a" for Name\nvar result = Name',
    "cycle_a": 'var Name = "a"\nimport "./cycle_b" for Name as Other',
    "cycle_b": 'var Name = "b"\nimport "./cycle_a" for Name as Other\nvar Both = Name + Other',
    "throw": """class A { static inner() {
    Fiber.abort("boom")
  }
  static outer() { inner() }
}
A.outer()
""",
    "throw_after_wait": 'import "polyspell" for Demo\nFiber.abort("boom %(Demo.later(1))")',
    "syntax": "var x = 1\nvar = 2",
    "catch_own": 'var result = Fiber.new { Fiber.abort("boom") }.try()',
    "catch_host": PS
    + """
var e = Fiber.new { Demo.fail("teapot", "no coffee", "brew tea") }.try()
var result = [e.code, e.message, e.hint]""",
    "catch_host_later": PS
    + """
var e = Fiber.new { Demo.failLater("teapot", "no coffee", "brew tea") }.try()
var result = [e.code, e.message, e.hint]""",
    "uncaught_host": 'import "polyspell" for Demo\nDemo.forbidden()',
    "rethrow": PS
    + """
var e = Fiber.new { Demo.fail("teapot", "no coffee", "brew tea") }.try()
Fiber.abort(e)""",
    "catch_exhausted": PS + "var result = Fiber.new { Demo.exhaust(Polyspell.input) }.try().code",
    "functions": PS
    + """
var result = {
  "identity": Fn.new {|x| x },
  "echo": Fn.new {|x| Demo.echo(x) },
  "later": Fn.new {|x| Demo.later(x) },
  "kind": Fn.new {|x| Demo.kind(x) },
  "fail": Fn.new {|x| Fiber.abort("boom") }
}""",
    "empties": "var result = [[], {}]",
    "big": PS + 'var result = Integer.new("9007199254740993")',
    "bytes": PS + "var result = Bytes.new([0, 255, 10])",
    "holes": "var result = [1, null, 3]",
    "nan_key": "var result = {Num.nan: 1}",
    "odd_key": "var result = {true: 1}",
    "cycle": "var result = []\nresult.add(result)",
    "deep": "var result = []\nfor (i in 1..100) result = [result]",
    "lone_surrogate": 'var result = "a\\xed\\xa0\\x80"',
    "unsendable": 'var result = {"tools": [1, {"parameters": Fiber.new { 1 }}]}',
    "shared_bomb": "var result = []\nfor (i in 1..60) result = [result, result]",
    "endless": "while (true) {}",
    "endless_caught": "while (true) Fiber.new {\n  while (true) {}\n}.try()",
    "endless_callback": PS + "var result = Demo.apply(Fn.new {|x|\n  while (true) {}\n}, 1)",
    "endless_waiting": PS + "while (true) Demo.later(1)",
    "moment": """
var held = (1..10).map {|i| "x" * 1048576 + i.toString }.toList
held = null
var result = 1""",
    "memory": 'var l = []\nwhile (true) l.add("x" * 1000 + l.count.toString)',
    "memory_caught": """
var l = []
while (true) Fiber.new {
  while (true) l.add("x" * 1000 + l.count.toString)
}.try()""",
    "recursion": "class A {\n  static f() { 1 + f() }\n}\nA.f()",
    "flood": 'while (true) System.print("x")',
    "flood_caught": 'while (true) Fiber.new { System.print("x") }.try()',
    "wait_caught": PS + 'Fiber.new { Demo.later("x") }.try()\nvar result = "swallowed"',
}


class TestWren(EngineContract):
    engine = WrenEngine()
    extension = "wren"
    snippets: ClassVar = SNIPPETS
    lacks: ClassVar = {
        "integral_floats": "Wren has one kind of number: 3.0 is 3",
        "close_on_break": "Wren does not tell a sequence that a loop was left; see `use`",
    }
