"""The package itself: what importing it costs, and the reference's own suite."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def test_importing_it_loads_no_lua():
    code = "import sys, wrenpy; print([m for m in sys.modules if 'lupa' in m or 'asyncio' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_imports_nothing_of_polyspell():
    for path in (HERE.parent / "src").rglob("*.py"):
        assert "polyspell" not in path.read_text("utf-8")


@pytest.mark.skipif(
    not os.environ.get("WREN_CHECKOUT"), reason="WREN_CHECKOUT names no checkout of wren-lang/wren"
)
@pytest.mark.parametrize("folder", ["core", "language", "meta", "random", "limit", "regression"])
def test_the_reference_suite_passes(folder, capsys):
    spec = importlib.util.spec_from_file_location("conformance", HERE / "conformance.py")
    assert spec
    assert spec.loader
    conformance = importlib.util.module_from_spec(spec)
    sys.modules["conformance"] = conformance
    spec.loader.exec_module(conformance)
    failures = conformance.main([folder])
    assert failures == 0, capsys.readouterr().out


@pytest.mark.parametrize("lua", ["luajit21", "lua54", "lua55"])
def test_any_lua_runs_it(lua):
    pytest.importorskip(f"lupa.{lua}")
    program = """
import wrenpy
vm = wrenpy.VM(limits=wrenpy.Limits(fuel=100_000, memory=64 << 20))
vm.interpret('''
class A {
  construct new(v) { _v = v }
  v { _v / 2 }
}
var f = Fiber.new { Fiber.yield([A.new(3).v, 5 % 3, 1 << 4, "%(2.floor)", 2.pow(60) * 16]) }
var got = f.call()
''')
assert vm.variable("main", "got") == [1.5, 2, 16, "2", 2.0**64], vm.variable("main", "got")
try:
    vm.interpret("while (true) {}")
except wrenpy.LimitError as error:
    print(error.kind)
"""
    environment = {**os.environ, "WRENPY_LUA": lua}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert (done.stdout, done.stderr) == ("fuel\n", "")
