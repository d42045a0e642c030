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
