"""Trusted scripts: the whole language, in the host's event loop."""

from __future__ import annotations

import asyncio
import io
import linecache
import sys
import traceback
from typing import Any

import pytest
from polyspell import Host
from polyspell.scripting.limits import Limits
from polyspell.scripting.sandbox import Sandbox
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine

TRUSTED = Sandbox.of("trusted")


@pytest.fixture
def driver() -> Any:
    with Driver(PythonEngine(), trusted=True) as driver:
        yield driver


def test_the_whole_language_is_there(driver: Driver) -> None:
    program = """
import abc, contextlib, enum
class Kind(enum.Enum):
    A = 1
class MyError(ValueError):
    pass
def numbers():
    yield from range(3)
@contextlib.asynccontextmanager
async def around():
    yield 5
async with around() as five:
    pass
match five:
    case 5:
        del five
[Kind.A.value, list(numbers())]
"""
    assert driver.value(program) == [1, [0, 1, 2]]


def test_real_tasks_timers_and_threads_work(driver: Driver) -> None:
    program = """
import asyncio
from polyspell import demo
async with asyncio.TaskGroup() as group:
    a = group.create_task(demo.later(1))
    b = group.create_task(asyncio.sleep(0.01, 2))
    c = group.create_task(asyncio.to_thread(lambda: 3))
async with asyncio.timeout(5):
    await asyncio.sleep(0)
[a.result(), b.result(), c.result()]
"""
    assert driver.value(program) == [1, 2, 3]


def test_handles_close_by_async_with_and_streams_by_leaving(driver: Driver) -> None:
    program = """
from polyspell import demo
async with demo.counter() as counter:
    counter.add(1)
async for item in demo.count(3):
    break
[x async for x in demo.count(2)]
"""
    assert driver.value(program) == [1, 2]
    assert driver.port.closed == ["Counter", "Items"]


def test_a_traceback_shows_the_source(driver: Driver) -> None:
    driver.value("def f():\n    raise ValueError('x')  # here", name="spell-with-a-name.py")
    assert linecache.getline("spell-with-a-name.py", 2).endswith("# here")
    program = (
        "import traceback\ntry:\n    f()\nexcept ValueError:\n    r = traceback.format_exc()\nr"
    )
    assert "# here" in driver.value(program)
    driver.close()
    assert linecache.getline("spell-with-a-name.py", 2) == ""


def test_printing_is_divided_between_scripts_and_others(
    driver: Driver, capsys: pytest.CaptureFixture[str]
) -> None:
    print("before")
    driver.value("import sys\nprint('script')\nprint('bad', file=sys.stderr)\nsys.stdout.flush()")
    print("after")
    assert driver.port.printed_to("stdout") == "script\n"
    assert driver.port.printed_to("stderr") == "bad\n"
    assert capsys.readouterr().out == "before\nafter\n"


def test_the_streams_are_given_back_unless_somebody_replaced_them() -> None:
    before = sys.stdout
    with Driver(PythonEngine(), trusted=True):
        assert sys.stdout is not before
        with Driver(PythonEngine(), trusted=True):
            pass
        assert sys.stdout is not before
    assert sys.stdout is before
    with Driver(PythonEngine(), trusted=True):
        mine = sys.stdout = io.StringIO()
    assert sys.stdout is mine
    sys.stdout = before


def test_the_package_is_behind_the_face(driver: Driver) -> None:
    program = """
from polyspell import Host, demo
import polyspell, polyspell.errors
from polyspell.errors import ConfigError
from polyspell.demo import add
[polyspell.demo is demo, issubclass(ConfigError, polyspell.PolyspellError), add(1), Host.__name__]
"""
    assert driver.value(program) == [True, True, 1, "Host"]


def test_modules_of_the_folder_come_before_installed_ones_and_after_the_library() -> None:
    files = {"json.py": "mine = 1", "msgspec.py": "mine = 2"}
    with Driver(PythonEngine(), trusted=True, files=files) as driver:
        assert driver.value("import json, msgspec\n[hasattr(json, 'mine'), msgspec.mine]") == [
            False,
            2,
        ]
    with Driver(PythonEngine(), trusted=True) as driver:
        assert driver.value("import msgspec\nmsgspec.json.encode(1)") == b"1"
        error = driver.error("import absent_everywhere")
        assert "absent_everywhere" in error["message"]


def test_leaving_the_process_is_the_scripts_error_not_the_hosts(driver: Driver) -> None:
    assert "SystemExit" in driver.error("import sys\nsys.exit(3)")["message"]
    assert "KeyboardInterrupt" in driver.error("raise KeyboardInterrupt")["message"]


def test_a_turn_that_swallows_its_end_ends_all_the_same() -> None:
    program = (
        "while 1:\n    try:\n        while 1:\n            pass\n    finally:\n        continue"
    )
    with Driver(PythonEngine(), trusted=True, limits=Limits(wall=30.0, cpu=0.2)) as driver:
        assert driver.error(program)["context"]["limit"] == "cpu"
        assert driver.error("1")["code"] == "limit_exceeded"


def test_no_interruption_comes_late() -> None:
    for _ in range(20):
        with Driver(PythonEngine(), trusted=True, limits=Limits(wall=30.0, cpu=0.02)) as driver:
            driver.error("while True:\n    pass")
        sum(range(20_000))  # where a late one would strike


async def in_host(program: str, **options: Any) -> Any:
    async with Host(plugins=["python", "echo"], config={}) as host:
        return await host.scripts.run(program, "python", sandbox=TRUSTED, **options)


def test_a_script_shares_the_loop_of_its_host() -> None:
    program = "import asyncio\nfrom polyspell import sleep\nawait sleep(0)\n"
    program += "id(asyncio.get_running_loop())"

    async def both() -> bool:
        found = await in_host(program)
        return bool(found.value == id(asyncio.get_running_loop()))

    assert asyncio.run(both())


def test_two_scripts_print_each_to_its_own() -> None:
    program = """
import asyncio
from polyspell import input
for i in range(3):
    print(input, i)
    await asyncio.sleep(0.001)
"""

    async def both() -> list[str]:
        runs = [in_host(program, input=name) for name in ("a", "b")]
        return [result.output for result in await asyncio.gather(*runs)]

    assert asyncio.run(both()) == ["a 0\na 1\na 2\n", "b 0\nb 1\nb 2\n"]


def test_an_error_of_the_script_is_shown_with_its_line() -> None:
    with pytest.raises(Exception, match="ZeroDivisionError") as caught:
        asyncio.run(in_host("x = 1\n1 / 0", name="spell.py"))
    assert "spell.py" in "".join(traceback.format_exception(caught.value))
    assert caught.value.context["line"] == 2  # type: ignore[attr-defined]


def test_who_takes_what_is_printed_may_print_it(capsys: pytest.CaptureFixture[str]) -> None:
    def write(stream: str, text: str) -> None:
        print(text.upper(), end="", file=getattr(sys, stream))

    async def main() -> None:
        async with (
            Host(plugins=["python"]) as host,
            await host.scripts.open("python", sandbox=TRUSTED, write=write) as spell,
        ):
            await spell.run("import sys\nprint('a')\nprint('b', file=sys.stderr)")

    asyncio.run(main())
    assert capsys.readouterr() == ("A\n", "B\n")


def test_the_stream_that_is_divided_stays_what_it_was(driver: Driver) -> None:
    stream = sys.stdout
    seen = driver.value("import sys\n[sys.stdout.isatty(), sys.stdout.encoding]")
    assert seen == [stream.isatty(), stream.encoding]


def test_an_error_has_the_column_of_what_failed(driver: Driver) -> None:
    context = driver.error("def f(x):\n    return 1 + 2 // x\nf(0)")["context"]
    assert (context["line"], context["column"]) == (2, 16)
    assert driver.error("def f(n): return f(n)\nf(0)")["context"]["allowed"] == (
        sys.getrecursionlimit()
    )
