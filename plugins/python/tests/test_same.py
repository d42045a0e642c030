"""Programs that mean the same sandboxed, where they are rewritten, as in CPython."""

from __future__ import annotations

import pytest
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine

PROGRAMS = {
    "closures": """
def make():
    count = 0
    def more(by=1, *rest, scale: int = 1, **named):
        nonlocal count
        count += by * scale + len(rest) + len(named)
        return count
    return more
f = make(); f(); f(2, 3, scale=2, x=1)
[f(), f(*[1, 2], **{"y": 3})]
""",
    "endings": """
seen = []
def f(x):
    try:
        if x == 0: return "try"
        elif x == 1: raise ValueError("one")
        elif x == 2: raise KeyError("two")
        else: seen.append("else")
    except ValueError as e:
        seen.append(str(e)); return "except"
    except (KeyError, TypeError):
        raise
    else:
        return "none"
    finally:
        seen.append(x)
out = [f(0), f(1), f(3)]
try: f(2)
except KeyError as e: out.append(e.args[0])
[out, seen]
""",
    "loops": """
out = []
for i in range(3):
    for j in range(3):
        if j == 1: continue
        if i == 1: break
        out.append((i, j))
    else:
        out.append("else")
while True:
    if len(out) > 7: break
    out += [0]
else:
    out = None
for k, (a, b) in enumerate([(1, 2), (3, 4)]): out.append([k, a, b])
out
""",
    "texts": '''
x = "é"; y = {"code": x}
long = """first
  second 'quoted' \\\\ {x}
""" + f"""{x!r:>5} {y["code"]} {'nested'}
"""
joined = ("one"
          "two"   # a comment: with {braces}
          f"{len(x)}")
total = 1 + \\
    2
[long, joined, total, b"\\x00", r"\\d"]
''',
    "names": """
code = 1
class Box:
    '''A box.'''
    kind: str = "box"
    size = 2
    def __init__(self, code, hint=None):
        self.code, self.hint = code, hint
    def message(self): return f"{self.code}-{self.hint}-{self.kind}"
    def __eq__(self, other): return self.code == other.code
box = Box(5, hint=[1])
é = box.code; box.hint.append(é)
[é, box.code, box.hint, box.message(), (box).code, box
 .hint, [b.code for b in [box, box]], Box(5) == box, getattr(box, "code")]
""",
    "globals": """
total = 0
items: list[int] = []
def add(n):
    global total, made
    total += n; made = True
    items.append(n)
def deep():
    def deeper():
        global total
        total *= 2
    deeper()
for n in (1, 2): add(n)
deep()
import math as m, json
from math import floor, ceil as up
if (w := total) > 3: big = w
with_lambda = [(lambda n=n: n * total)() for n in range(2)]
[total, made, items, m.floor(1.5), floor(2.5), up(1.1), json.loads("[1]"), w, big, with_lambda, n]
""",
    "functions": """
def twice(f):
    def inner(*a): return f(f(*a))
    return inner
@twice
def plus(x): return x + 1
def fact(n): return 1 if n < 2 else n * fact(n - 1)
async def a(x): return x * 2
async def b(x):
    return [await a(x), *[await a(y) for y in (1, 2)]]
[plus(1), fact(20), fact(30), await b(3), (lambda *, k=1: k)(k=2), sorted([3, 1], key=lambda v: -v)]
""",
    "matching": """
def kind(x):
    match x:
        case None: return "none"
        case int() | float() if x > 10: return "large"
        case [first, *rest]: return [first, rest]
        case {"a": a}: return a
        case str(): return x.upper()
        case _: return "other"
[kind(v) for v in (None, 11, 1, [1, 2, 3], {"a": 5}, "x")]
""",
    "several": """
import asyncio
from polyspell import all, demo
async def slow(x):
    await demo.later(None)
    return x
found = await asyncio.gather(slow(1), slow(2))
once = slow(6)
found += await asyncio.gather(once, once)
found += await all([slow(3), lambda: slow(4), lambda: 5])
async for item in demo.count(2): found.append(item)
found
""",
    "raising": """
out = []
def f():
    try:
        raise ValueError("inner")
    except ValueError as e:
        raise RuntimeError("outer") from e
try:
    f()
except RuntimeError as e: out.append(str(e))
try:
    assert out == [], "assertion"
except AssertionError as e: out.append(str(e))
try: [][1]
except LookupError: out.append("lookup")
out
""",
    "empty": "# nothing but a comment",
    "windows": "x = 1\r\nif x:\r\n    y = '''a\r\nb'''\r\ny",
    "mark": "\ufeffx = 2\nx",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_means_the_same_in_both_modes(name: str) -> None:
    values = []
    for trusted in (False, True):
        with Driver(PythonEngine(), trusted=trusted) as driver:
            values.append(driver.value(PROGRAMS[name]))
    assert values[0] == values[1]
    assert name == "empty" or values[0] is not None
