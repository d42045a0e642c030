"""Imports are free: importing the core or the entry module of a plugin loads no engine, no SDK, no
HTTP client, and no library of the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LIGHT = {"polyspell", "pluggy", "msgspec", "typing_extensions"}
HEAVY_IN_STDLIB = {"http.client", "multiprocessing", "sqlite3", "unittest", "tkinter"}
PROBE = """
import importlib, json, sys
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(module: str) -> set[str]:
    """The names of the modules that a fresh interpreter loads for `import module`."""
    run = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, module],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def heavy(modules: set[str]) -> set[str]:
    """Those of `modules` that are neither light nor of the standard library, by their first name,
    and the heavy ones of the standard library."""
    tops = {name.split(".")[0] for name in modules}
    return (tops - LIGHT - sys.stdlib_module_names) | (modules & HEAVY_IN_STDLIB)


def test_a_library_or_a_heavy_module_counts_as_heavy() -> None:
    assert heavy({"polyspell.host", "json", "lupa.lua54", "http.client", "http"}) == {
        "lupa",
        "http.client",
    }


def test_importing_polyspell_loads_no_plugin_and_nothing_heavy() -> None:
    assert heavy(loaded_by("polyspell")) == set()


def test_importing_a_plugin_loads_nothing_heavy(plugin: Path) -> None:
    name = f"polyspell_{plugin.name}"
    assert heavy(loaded_by(name)) == {name}
