"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = """
from polyspell import Agent
from polyspell.testing import mock_model

async def test_messages(polyspell_host, polyspell_snapshot):
    model = mock_model(polyspell_host, [{"tool": "nothing", "arguments": {}}, "REPLY"])
    result = await Agent(model.name, host=polyspell_host).run("hi")
    polyspell_snapshot(result.messages)

def test_cassette(polyspell_host, polyspell_cassette):
    with polyspell_cassette(polyspell_host) as cassette:
        assert cassette.path.name == "test_x-test_cassette.json"
        assert cassette.recording
"""
SCENARIOS = """
name: good
given: {replies: [hello]}
when: hi
then: {text: hello, snapshot: true}
---
name: bad
given: {replies: [hello]}
when: hi
then: {text: bye}
"""


def pytest_in(folder: Path, *args: str, **env: str) -> str:
    import os

    clean = {k: v for k, v in os.environ.items() if k != "CI" and not k.startswith("PYTEST")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-o", "polyspell_async=true", "-p", "no:cacheprovider",
         "-q", *args],
        cwd=folder, env=clean | {"POLYSPELL_HOME": str(folder / "home")} | env,
        text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return run.stdout


def test_snapshots_cassettes_and_scenarios(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(TESTS)
    (tmp_path / "x.scenario.yaml").write_text(SCENARIOS)
    first = pytest_in(tmp_path)
    assert "1 failed, 3 passed" in first
    assert 'Expected "hello" to contain "bye".' in first
    assert "Traceback" not in first
    assert (tmp_path / "snapshots" / "x.scenario.yaml.json").exists()
    assert "REPLY" in (tmp_path / "snapshots" / "test_x.py.json").read_text()
    (tmp_path / "test_x.py").write_text(TESTS.replace("REPLY", "CHANGED"))
    changed = pytest_in(tmp_path, "test_x.py", "-k", "messages")
    assert 'is "CHANGED", not "REPLY"' in changed
    assert "1 passed" in pytest_in(tmp_path, "test_x.py", "-k", "messages", "--polyspell-update")
    replayed = pytest_in(tmp_path, "test_x.py", CI="1")
    assert "cannot be read" in replayed  # there is no cassette, and nothing is recorded
    assert "1 failed, 1 passed" in replayed
