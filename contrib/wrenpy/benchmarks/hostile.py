"""How far past its limits a hostile program gets.

    python benchmarks/hostile.py

Each program runs in a VM of its own with a limit of 0.25 seconds, 64 MB and 1 MB of output, and is
stopped by whichever it meets first; the table says which, and how long it ran altogether.
"""

from __future__ import annotations

import time

import wrenpy

LIMITS = wrenpy.Limits(seconds=0.25, memory=64 << 20, output=1 << 20, depth=1_000_000)
BODY = "\n".join(f"    a = (a * 31 + {i}) % 1000003" for i in range(400))

PROGRAMS = {
    "empty loop": "while (true) {}",
    "large body": f"var a = 1\nwhile (true) {{\n{BODY}\n}}",
    "large function": f"var f = Fn.new {{\n    var a = 1\n{BODY}\n}}\nwhile (true) f.call()",
    "recursion": "class A {\n  static f(n) { f(n + 1) + 1 }\n}\nA.f(0)",
    "mutual closures": "var f\nvar g = Fn.new {|n| f.call(n + 1) + 1 }\n"
    "f = Fn.new {|n| g.call(n + 1) + 1 }\nf.call(0)",
    "retrying": "while (true) Fiber.new {\n while (true) {}\n}.try()",
    "failing": "while (true) Fiber.new { Fiber.abort(1) }.try()",
    "fibers": "while (true) Fiber.new { Fiber.yield() }.call()",
    "fiber chain": "class A {\n  static f() { Fiber.new { A.f() }.call() }\n}\nA.f()",
    "yielding": "var f = Fiber.new {\n while (true) Fiber.yield()\n}\nwhile (true) f.call()",
    "range count": "(1..1e15).count",
    "range contains": "(1..1e15).contains(-1)",
    "lazy chain": "(1..1e15).map {|x| x }.where {|x| false }.toList",
    "skip": "(1..1e15).skip(1e14).iterate(null)",
    "find": 'var s = "a" * 1000000\nvar t = "a" * 400000 + "b" + "a" * 400000\n'
    "while (true) s.contains(t)",
    "find twice": 'var s = "ab" * 500000\nwhile (true) s.indexOf("aba" * 30000)',
    "split": 'var s = "a," * 100000\nwhile (true) s.split(",")',
    "replace": 'var s = "a" * 100000\nwhile (true) s.replace("a", "bb")',
    "trim": 'var s = " " * 1000000\nwhile (true) s.trim()',
    "reverse string": 'var s = "é" * 300000\nwhile (true) s[-1..0]',
    "doubling string": 'var s = "x"\nwhile (true) s = s + s',
    "doubling text": 'var s = "x"\nwhile (true) s = "%(s)%(s)"',
    "repeat": 'while (true) "abc" * 1000000',
    "huge repeat": '"abc" * 1000000000',
    "filled": "while (true) List.filled(1000000, 0)",
    "huge filled": "List.filled(1e9, 0)",
    "join": 'var l = List.filled(100000, "abc")\nwhile (true) l.join(",")',
    "insert": "var l = List.filled(1000000, 0)\nwhile (true) l.insert(0, 1)",
    "index of": "var l = List.filled(1000000, 0)\nwhile (true) l.indexOf(1)",
    "sort": "var l = (1..200000).toList\nwhile (true) l.sort {|a, b| a > b }",
    "list growth": "var l = []\nwhile (true) l.add(l)",
    "map growth": "var m = {}\nvar i = 0\nwhile (true) {\n  m[i] = [i]\n  i = i + 1\n}",
    "map churn": "var m = {}\nwhile (true) {\n  for (i in 1..50000) m[i] = i\n"
    "  for (i in 1..50000) m.remove(i)\n}",
    "closures": "var l = []\nwhile (true) l.add(Fn.new { l })",
    "own list": "var l = []\nl.add(l)\nl.toString",
    "printing": 'while (true) System.print("hello")',
    "meta": 'import "meta" for Meta\nvar s = "var f = Fn.new { 1 }\\n" * 190\n'
    "while (true) Meta.compile(s)",
    "collector": "var l = (1..300000).map {|i| [i] }.toList\nwhile (true) System.gc()",
    "near the memory limit": "var l = (1..350000).map {|i| [i] }.toList\nwhile (true) [1, 2, 3]",
}


def run(source: str) -> tuple[str, float, bool]:
    """What stopped it, after how many seconds, and whether the VM still works."""
    vm = wrenpy.VM(limits=LIMITS, write=lambda text: None)
    task = vm.start(source)  # compiling is the host's own doing
    start = time.perf_counter()
    try:
        task.run()
        what = "ended"
    except wrenpy.LimitError as error:
        what = error.kind
    except wrenpy.WrenError as error:
        what = str(error).partition("\n")[0]
    took = time.perf_counter() - start
    works = vm.usable
    if works:
        try:
            vm.interpret("var after = 1", "after")
        except wrenpy.WrenError as error:
            what += f" (then {error})"
    return what, took, works


def main() -> None:
    """Print the table."""
    for name, source in PROGRAMS.items():
        what, took, works = run(source)
        over = f"{(took - 0.25) * 1e3:+7.1f} ms" if what == "time" else ""
        print(
            f"{name:22} {what:10} {took:6.3f} s {over:>11} {'' if works else 'unusable'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
