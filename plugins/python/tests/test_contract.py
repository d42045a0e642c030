"""The engine contract, sandboxed and trusted: one set of programs for both."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from polyspell.testing.engine_contract import EngineContract
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine

_USE = "from polyspell import demo\n"

SNIPPETS = {
    "answer": "6 * 7",
    "nothing": "x = 1",
    "text": "'hällo 🌍'",
    "input": "from polyspell import input\ninput",
    "print": "print('one')\nprint('two')",
    "set_global": "shared = 5",
    "get_global": "shared",
    "double": "def double(x):\n    return x * 2",
    "session_1": "x = 20",
    "session_2": "x + 22",
    "call": _USE + "demo.add(2, b=3)",
    "wait": _USE + "await demo.later('x')",
    "root": "from polyspell import sleep\nawait sleep(5)\n'slept'",
    "naming": _USE + "demo.two_words()",
    "missing_function": _USE + "demo.nonsense()",
    "missing_argument": _USE + "await demo.apply()",
    "log": "from polyspell import log\nlog.info('noted')",
    "record": _USE + "r = demo.result('hi')\n"
    "f'{r.text} {r.finish_reason} {r.usage.total_tokens}'",
    "record_back": _USE + "demo.result('hi')",
    "handle": _USE + "c = demo.counter(5)\nc.add(2)\nc.value",
    "handle_waits": _USE + "await demo.counter(5).add_later(1)",
    "handle_back": _USE + "demo.kind(demo.counter())",
    "handle_missing": _USE + "demo.counter().nonsense()",
    "handle_drop": _USE + "def f():\n    for i in range(100):\n        demo.counter()\nf()",
    "handle_closes": _USE + "with demo.counter() as c:\n    x = c.add(1)\nx",
    "stream": _USE + "found = []\nasync for item in demo.count(3):\n    found.append(item)\nfound",
    "stream_break": _USE + "async for item in demo.count(3):\n    break\nitem",
    "callback": _USE + "await demo.apply(lambda x: x + 1, 41)",
    "callback_waits": _USE
    + "async def f(x):\n    return await demo.later(x) + 1\nawait demo.apply(f, 41)",
    "callback_nested": _USE + "async def f(x):\n"
    "    return await demo.apply(lambda y: y + 1, x) + 1\nawait demo.apply(f, 40)",
    "callback_fails": _USE + "def f(x):\n    raise ValueError('boom')\n"
    "try:\n    await demo.apply(f, 1)\n    r = ''\nexcept RuntimeError as e:\n    r = str(e)\nr",
    "callbacks": _USE + "async def f(x):\n    return await demo.later(x) * 2\n"
    "await demo.each(f, list(range(100)))",
    "keep": _USE + "async def f(x):\n    return await demo.later(x) * 2\ndemo.keep(f)",
    "all": "from polyspell import all, demo\n"
    "def task(i):\n    return lambda: demo.later(i, seconds=100 - i)\n"
    "await all([task(i) for i in range(100)])",
    "all_pending": "from polyspell import all, demo\nawait all([demo.later(i) for i in (1, 2, 3)])",
    "all_fails": "from polyspell import all, demo\n"
    "try:\n    await all([demo.later(1), demo.fail_later('teapot', 'no')])\n    r = ''\n"
    "except RuntimeError as e:\n    r = e.code\nr",
    "all_empty": "from polyspell import all\nawait all([])",
    "batch": "from polyspell import batch, demo\nawait batch(lambda: demo.add(1, b=2))",
    "import": "import lib\nlib.value",
    "lib": "from polyspell import demo\nvalue = 7\ndemo.tick()",
    "import_twice": "import lib\nfrom lib import value as other\nlib.value + other",
    "import_nested": "from nested import value\nvalue",
    "nested": "import lib\nvalue = lib.value + 1",
    "import_missing": "import absent",
    "import_broken": "import broken",
    "broken": "x = 1\nraise ValueError('boom')",
    "import_cycle": "import cycle_a\ncycle_a.name",
    "cycle_a": "name = 'a'\nimport cycle_b",
    "cycle_b": "import cycle_a\nname = 'b'",
    "throw": "def inner():\n    raise ValueError('boom')\ndef outer():\n    inner()\nouter()",
    "throw_after_wait": "from polyspell import demo; await demo.later(1)\nraise ValueError('boom')",
    "syntax": "x = 1\ny = = 2",
    "catch_own": "try:\n    raise ValueError('boom')\nexcept ValueError as e:\n    r = str(e)\nr",
    "catch_host": _USE + "try:\n    demo.fail('teapot', 'no coffee', 'brew tea')\n    r = []\n"
    "except RuntimeError as e:\n    r = [e.code, e.message, e.hint]\nr",
    "catch_host_later": _USE
    + "try:\n    await demo.fail_later('teapot', 'no coffee', 'brew tea')\n    r = []\n"
    "except RuntimeError as e:\n    r = [e.code, e.message, e.hint]\nr",
    "uncaught_host": _USE + "demo.forbidden()",
    "rethrow": _USE + "try:\n    demo.fail('teapot', 'no coffee', 'brew tea')\n"
    "except RuntimeError as e:\n    raise e",
    "catch_exhausted": "from polyspell import demo, input\n"
    "try:\n    demo.exhaust(input)\n    r = ''\nexcept BaseException as e:\n    r = e.code\nr",
    "functions": _USE + "def identity(x):\n    return x\ndef echo(x):\n    return demo.echo(x)\n"
    "async def later(x):\n    return await demo.later(x)\ndef kind(x):\n    return demo.kind(x)\n"
    "def fail(x):\n    raise ValueError('boom')\n"
    "dict(identity=identity, echo=echo, later=later, kind=kind, fail=fail)",
    "empties": "[[], {}]",
    "big": "9007199254740993",
    "bytes": "b'\\x00\\xff\\x0a'",
    "holes": "[1, None, 3]",
    "nan_key": "{float('nan'): 1}",
    "odd_key": "{(1, 2): 1}",
    "cycle": "a = []\na.append(a)\na",
    "deep": "a = 1\nfor i in range(100):\n    a = [a]\na",
    "lone_surrogate": "'\\ud800'",
    "unsendable": "{'tools': [1, {'parameters': range(3)}]}",
    "shared_bomb": "a = [1]\nfor i in range(60):\n    a = [a, a]\na",
    "endless": "while True:\n    pass",
    "endless_caught": "while True:\n    try:\n        while True:\n            pass\n"
    "    except BaseException:\n        pass",
    "endless_callback": _USE + "def f(x):\n    while True:\n        pass\nawait demo.apply(f, 1)",
    "endless_waiting": _USE + "while True:\n    await demo.later(1)",
    "moment": "a = ['x' * 2**20 + str(i) for i in range(10)]\na = None\n1",
    "memory": "a = ['x']\nwhile True:\n    a = a + a",
    "memory_caught": "a = ['x']\nwhile True:\n    try:\n        while True:\n"
    "            a = a + a\n    except BaseException:\n        pass",
    "recursion": "def f(x):\n    return f(x + 1) + 1\nf(0)",
    "flood": "while True:\n    print('x' * 100)",
    "flood_caught": "while True:\n    try:\n        while True:\n            print('x' * 100)\n"
    "    except BaseException:\n        pass",
    "wait_caught": _USE + "try:\n    r = await demo.later('x')\n"
    "except BaseException:\n    r = 'swallowed'\nr",
}  # fmt: skip


class TestMonty(EngineContract):
    engine = PythonEngine()
    extension = "py"
    snippets: ClassVar[dict[str, str]] = {k: v for k, v in SNIPPETS.items() if k != "handle_drop"}
    lacks: ClassVar[dict[str, str]] = {
        "handle_drop": "Monty tells nobody of what it frees; handles are closed with the script",
    }
    if sys.platform != "linux":
        lacks["memory_peak"] = "the system tells nobody of another process's memory"


class TestCPython(EngineContract):
    engine = PythonEngine()
    extension = "py"
    snippets = SNIPPETS
    lacks: ClassVar[dict[str, str]] = {
        "memory_limit": "a trusted script shares the host's memory",
        "memory_peak": "a trusted script shares the host's memory; of its process the system tells",
    }

    def open(self, **options: Any) -> Driver:
        return Driver(self.engine, trusted=True, **options)
