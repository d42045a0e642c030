"""What `polyspell new plugin` writes works at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from polyspell.cli.scaffold import KINDS, write_plugin


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_passes_its_own_tests(kind: str, tmp_path: Path) -> None:
    write_plugin(tmp_path, "new-thing", kind)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "src"), "PYTEST_ADDOPTS": ""}
    run = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout
    assert "passed" in run.stdout


def test_a_new_engine_speaks_inline_and_in_a_worker(tmp_path: Path) -> None:
    write_plugin(tmp_path, "stack", "engine")
    program = """
import asyncio, polyspell_stack
from polyspell import Host, Sandbox

async def main():
    async with Host(plugins=["echo", polyspell_stack], config={}) as host:
        for profile in ("default", "trusted"):
            source = '"echo/echo" "hello" agent.run/2 print 6 7 *'
            result = await host.scripts.run(source, "stack", sandbox=Sandbox.of(profile))
            assert "hello" in result.output and result.value == 42, result

asyncio.run(main())
"""
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    subprocess.run([sys.executable, "-c", program], env=env, timeout=120, check=True)
