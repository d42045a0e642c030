"""What a sandboxed script can and cannot say, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell.scripting.values import FunctionRef
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine
from polyspell_python.language import NATIVE_MODULES
from polyspell_python.names import bound
from polyspell_python.source import parse

LACKING = {
    "def f():\n    yield 1": (2, "yield"),
    "x = 1\nclass A(ValueError):\n    pass": (2, "Base classes"),
    "class A:\n    @property\n    def x(self):\n        return 1": (1, "Decorated methods"),
    "d = {}\ndel d['x']": (2, "del"),
    "async def f(a):\n    async with a:\n        pass": (2, "async with"),
    "async def f(a):\n    return [x async for x in a]": (2, "Asynchronous comprehensions"),
    "from os import *": (1, "import *"),
    "try:\n    pass\nexcept* ValueError:\n    pass": (1, "except*"),
    "x = 1\nimport a.b": (2, "dotted import"),
    "class A:\n    if 1:\n        x = 1": (1, "not a method"),
}


@pytest.fixture
def driver() -> Any:
    with Driver(PythonEngine()) as driver:
        yield driver


@pytest.mark.parametrize("text", LACKING)
def test_what_monty_lacks_is_told_with_its_line_before_anything_runs(
    driver: Driver, text: str
) -> None:
    line, what = LACKING[text]
    error = driver.error("print('ran')\n" + text)
    assert error["code"] == "script_syntax"
    assert error["context"]["line"] == line + 1
    assert what in error["message"]
    assert driver.port.printed == []


@pytest.mark.parametrize("text", ["(" * 250 + "1" + ")" * 250, "x = " + "-" * 50_000 + "1", "\0"])
def test_source_that_no_parser_takes_is_a_syntax_error(driver: Driver, text: str) -> None:
    assert driver.error(text)["code"] == "script_syntax"


def test_a_script_that_is_too_long_is_refused(driver: Driver) -> None:
    assert driver.error("x = 1\n" * 200_000)["code"] == "script_syntax"


def test_the_modules_that_monty_brings_are_known(driver: Driver) -> None:
    for name in sorted(NATIVE_MODULES - {"__future__"}):
        assert driver.value(f"import {name}\n1") == 1
    assert driver.error("import enum")["code"] == "not_found"
    assert driver.port.imports == [("enum", "main")]


def test_async_for_goes_on_in_the_right_way(driver: Driver) -> None:
    program = """
from polyspell import demo
seen = []
async def gather(to):
    async for a in demo.count(to):
        if a == 2:
            continue
        async for b in demo.count(a):
            if b == 2:
                break
            seen.append([a, b])
        else:
            seen.append("all")
    else:
        seen.append("end")
await gather(3)
seen
"""
    assert driver.value(program) == [[1, 1], "all", [3, 1], "end"]
    assert driver.port.closed == ["Items"]


def test_async_for_takes_only_streams(driver: Driver) -> None:
    error = driver.error("async for x in [1]:\n    pass")
    assert "needs a stream, not list" in error["message"]


def test_globals_of_a_program_are_its_own_and_its_modules_have_theirs() -> None:
    files = {"lib.py": "count = 0\ndef more():\n    global count\n    count += 1\n    return count"}
    with Driver(PythonEngine(), files=files) as driver:
        program = (
            "import lib as other\nx: int = other.more()\ny: str\n[x, other.count, other.more()]"
        )
        assert driver.value(program) == [1, 1, 2]
        assert driver.value("from lib import more, count\n[count, more()]") == [2, 3]
        assert "no attribute 'absent'" in driver.error("import lib\nlib.absent")["message"]
        assert "cannot import name" in driver.error("from lib import absent")["message"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("await f()\nx: int = await f()\ny += 1", "x y"),
        ("for i, (j, *k) in a:\n    with b as c:\n        if (d := i): e[0] = 1", "c d i j k"),
        ("import a.b, c as d\nfrom e.f import g, h as i", "a d g i"),
        ("try:\n    x = 1\nexcept E as error:\n    pass", "error x"),
        ("def f(a=(b := 1)):\n    c = 1\nasync def g(): d = 2\nclass H:\n    e = 3", "H b f g"),
        ("x = [y for y in z if (w := y)]\nf = lambda a=(b := 1): (c := a)", "b f w x"),
        ("match a:\n    case [b, *c, {'d': d, **e}, F() as g]:\n        pass", "b c d e g"),
        ("x = " + "-" * 150 + "(y := 1)", "x y"),
    ],
)  # fmt: skip
def test_the_names_that_a_script_binds_at_its_top_are_found(text: str, names: str) -> None:
    assert " ".join(bound(parse(text, "script"))) == names


def test_parts_of_a_package_are_imported_by_dots_and_beside_each_other() -> None:
    files = {
        "pkg/one.py": "from .two import x\nfrom . import two\ny = two.x + 1",
        "two.py": "x = 1",
    }
    with Driver(PythonEngine(), files=files) as driver:
        assert driver.error("import pkg.one as one\none.y")["code"] == "not_found"
        assert ("pkg.one", "main") in driver.port.imports


def test_a_module_cannot_wait_at_its_top() -> None:
    files = {"lib.py": "from polyspell import demo\nx = await demo.later(1)"}
    with Driver(PythonEngine(), files=files) as driver:
        error = driver.error("import lib")
        assert (error["code"], error["context"]["line"]) == ("script_syntax", 2)
        assert error["context"]["file"] == "lib.py"


def test_errors_pass_several_frames_and_files() -> None:
    files = {"lib.py": "def inner(x):\n    if x:\n        return [][0]\n"}
    program = "import lib\ndef outer():\n    for i in range(2):\n        lib.inner(i)\nouter()"
    with Driver(PythonEngine(), files=files) as driver:
        context = driver.error(program)["context"]
    places = [(f["function"], f["file"], f["line"]) for f in context["frames"]]
    assert places == [("inner", "lib.py", 3), ("outer", "main", 4), ("<module>", "main", 5)]
    assert (context["line"], context["column"]) == (3, 9)


@pytest.mark.parametrize(
    ("line", "through"),
    [
        ("import polyspell as ps", "ps.all([fine(), outer(0)])"),
        ("import asyncio", "asyncio.gather(fine(), outer(0))"),
        ("import asyncio as aio", "aio.gather(fine(), aio.gather(outer(0)))"),
        ("from asyncio import gather as g", "g(outer(0), outer(0))"),
    ],
)
def test_an_error_in_what_is_gathered_has_the_frames_that_it_passed(
    driver: Driver, line: str, through: str
) -> None:
    program = (
        f"{line}\nasync def inner(n):\n    return 1 / n\n"
        "async def outer(n):\n    x = await inner(n)\n    return x\n"
        f"async def fine():\n    return 1\nawait {through}"
    )
    frames = driver.error(program)["context"]["frames"]
    places = [(frame["function"], frame["line"]) for frame in frames]
    assert places == [("inner", 3), ("outer", 5), ("<module>", 9)]


def test_what_was_gathered_and_failed_lends_its_frames_to_no_other_error(driver: Driver) -> None:
    program = (
        "import asyncio\nasync def f():\n    return 1 / 0\n"
        "try:\n    await asyncio.gather(f(), f())\nexcept ZeroDivisionError:\n    pass\n1 / 0"
    )
    frames = driver.error(program)["context"]["frames"]
    assert [frame["line"] for frame in frames] == [8]


def test_an_error_that_was_caught_leaves_no_trace_in_the_next(driver: Driver) -> None:
    program = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass\n\n[][0]"
    context = driver.error(program)["context"]
    assert [frame["line"] for frame in context["frames"]] == [6]


def test_classes_tuples_and_sets_are_told_apart_on_their_way_out(driver: Driver) -> None:
    assert driver.value("(1, (2, 3), [4])") == [1, [2, 3], [4]]
    for text, word in {
        "{1, 2}": "set", "frozenset()": "frozenset", "range(3)": "range", "iter([1])": "iterator",
        "class A:\n    pass\nA()": "A", "int": "type", "from polyspell import demo\ndemo": "demo",
        "from polyspell import demo\ndemo.later(1)": "coroutine",
    }.items():  # fmt: skip
        error = driver.error(text)
        assert error["code"] == "invalid"
        assert word in error["message"]


def test_the_library_reaches_no_system(driver: Driver) -> None:
    for text in (
        "open('x')",
        "import os\nos.environ",
        "from pathlib import Path\nPath('x').exists()",
    ):
        error = driver.error(text)
        assert error["code"] == "permission_denied"
        assert error["context"]["line"] >= 1


def test_sleeping_goes_through_the_host(driver: Driver) -> None:
    program = "import asyncio\nawait asyncio.gather(asyncio.sleep(50), asyncio.sleep(60))\n1"
    assert driver.value(program) == 1
    assert [call.name for call in driver.port.calls] == ["sleep", "sleep"]
    assert "await polyspell.sleep" in driver.error("import time\ntime.sleep(1)")["message"]


def test_random_and_clock_are_there(driver: Driver) -> None:
    program = "import random, time, datetime\n[random.random() < 1, time.time() > 10**9]"
    assert driver.value(program) == [True, True]


def test_many_callbacks_one_after_the_other_take_no_more_room(driver: Driver) -> None:
    driver.value("def f(x):\n    return x\nfrom polyspell import demo\ndemo.keep(f)")
    function = driver.port.kept[0]
    assert isinstance(function, FunctionRef)
    assert [driver.call(function, i).value for i in range(500)] == list(range(500))


def test_details_of_an_error_are_there_for_errors_of_the_host_only(driver: Driver) -> None:
    program = "try:\n    1 / 0\nexcept Exception as e:\n    r = e.code\nr"
    assert "no attribute 'code'" in driver.error(program)["message"]
    program = "class A:\n    code = 5\nA().code"
    assert driver.value(program) == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise ValueError(3)", "ValueError: 3"),
        ("x = None\nraise KeyError(x)", "KeyError: 'None'"),
        ("raise ValueError('a', 1)", "ValueError: ('a', 1)"),
        ("x = ['a']\nraise ValueError(*x)", "ValueError: a"),
        ("raise RuntimeError(ValueError('inner'))", "RuntimeError: inner"),
        ("raise ValueError(message='x')", "TypeError: an exception takes no keyword arguments"),
        ("raise ValueError()", "ValueError"),
        ("raise ValueError", "ValueError"),
        ("x = 'b'\nraise ValueError(f'a{x}')", "ValueError: ab"),
    ],
)
def test_an_exception_is_made_of_whatever_it_is_given(
    driver: Driver, text: str, message: str
) -> None:
    error = driver.error(text)
    assert (error["message"], error["context"]["line"]) == (message, text.count("\n") + 1)
    program = f"try:\n    {text.replace(chr(10), '; ')}\nexcept Exception as e:\n    x = e\nstr(x)"
    assert driver.value(program) in message


def test_a_name_of_an_exception_that_means_something_else_does_so(driver: Driver) -> None:
    assert driver.value("def ValueError(x, y): return x + y\nValueError(3, 4)") == 7


def test_an_exception_that_cannot_be_made_is_told(driver: Driver) -> None:
    assert "takes one text" in driver.error("[ValueError][0](3)")["message"]


def test_a_module_of_the_library_that_is_not_there_is_told(driver: Driver) -> None:
    error = driver.error("import socket")
    assert "trusted script" in error["hint"] and error["context"]["line"] == 1


def test_the_depth_that_is_told_is_the_one_that_holds(driver: Driver) -> None:
    error = driver.error("def f(n): return f(n + 1)\nf(0)")
    assert error["context"]["limit"] == "depth" and error["context"]["allowed"] == 1000
