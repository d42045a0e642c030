"""Types are checked before a sandboxed script runs, on request."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import ScriptError
from polyspell.scripting.engine import Source
from polyspell.scripting.sandbox import Sandbox
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine


def checked(text: str, files: dict[str, str] | None = None, **options: Any) -> Driver:
    """A program that was run with its types checked, as task 1."""
    driver = Driver(PythonEngine(), files=files, **options)
    driver.context.run(1, Source(text, name="main.py", file="main.py", types=True))
    driver.finish(1)
    driver.close()
    return driver


def error_of(text: str, **options: Any) -> dict[str, Any]:
    error = checked(text, **options).port.outcomes[1].error
    assert error is not None
    assert error["code"] == "script_types", error
    return error


def test_a_program_with_sound_types_runs() -> None:
    text = "from polyspell import demo\nx: int = demo.add(1, b=2)\nprint(x)\nx"
    driver = checked(text)
    assert driver.port.outcomes[1].value == 3
    assert driver.port.printed_to() == "3\n"


def test_a_wrong_argument_of_the_api_is_told_with_its_line_and_nothing_runs() -> None:
    driver = checked("print(1)\nfrom polyspell import demo\ndemo.add('x')")
    error = driver.port.outcomes[1].error
    assert error is not None
    assert (error["code"], error["context"]["line"]) == ("script_types", 3)
    assert "int" in error["message"]
    assert driver.port.printed == []


def test_records_properties_and_streams_have_types() -> None:
    use = "from polyspell import demo\n"
    assert "nonsense" in error_of(use + "demo.result('x').nonsense")["message"]
    assert error_of(use + "x: str = demo.counter().value")["context"]["line"] == 2
    text = use + "async def f():\n    async for item in demo.count(3):\n        item.nonsense"
    assert error_of(text)["context"]["line"] == 4


def test_all_problems_are_in_the_context() -> None:
    context = error_of("x: int = 'a'\ny: str = 1")["context"]
    assert [problem["line"] for problem in context["problems"]] == [1, 2]
    assert context["source"] == "x: int = 'a'"


def test_modules_of_the_folder_are_known_by_their_source() -> None:
    files = {"lib.py": "def half(x: int) -> float:\n    return x / 2\n"}
    assert error_of("import lib\nlib.half('x')", files=files)["context"]["line"] == 2
    assert checked("import lib\nlib.half(3)", files=files).port.outcomes[1].value == 1.5


def test_await_and_async_for_may_stand_at_the_top() -> None:
    text = (
        "from polyspell import demo\nasync for x in demo.count(2):\n    pass\nawait demo.later(x)"
    )
    assert checked(text).port.outcomes[1].value == 2


def test_a_trusted_script_is_told_that_its_types_are_not_checked() -> None:
    assert "sandboxed" in error_of("1", trusted=True)["message"]


ROW = ", ".join(f"({j}, str({j}), {{{j}: [{j}]}})" for j in range(20))
ROWS = "\n".join(f"x{i} = [{ROW}]" for i in range(1500))


async def test_a_check_that_takes_too_long_ends_with_its_script() -> None:
    async with Host(plugins=["python"], config={}) as host:
        sandbox = Sandbox.of("untrusted", limits="wall=0.3s,source=2MiB")
        before = children()
        with pytest.raises(ScriptError) as caught:
            await host.scripts.run(Source(ROWS, types=True), "python", sandbox=sandbox)
        assert caught.value.context["limit"] == "wall"
        assert children() <= before  # an idle one may have been taken


def children() -> set[str]:
    """The processes that this one started, where the system tells."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == str(os.getpid()):
                found.add(stat.parent.name)
    return found
