"""A folder to work in, programs in it, and runs that may start them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polyspell.grants import Grants
from polyspell.tools import ToolContext


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with programs of every trick in it."""
    root = tmp_path / "house"
    (root / "bin").mkdir(parents=True)
    for name in ("tool", "evil", "-c", "git status", "bin/tool"):
        (root / name).write_text('#!/bin/sh\necho ran $0 "$@"\n')
        (root / name).chmod(0o755)
    os.symlink("/bin/sh", root / "innocent")
    os.symlink(tmp_path, root / "away")
    monkeypatch.chdir(root)
    monkeypatch.setenv("MY_API_KEY", "the key of the house")
    return root


@pytest.fixture
def run_with(house: Path) -> Callable[..., ToolContext]:
    """Makes runs with grants, besides that to work here."""
    return lambda *words: ToolContext(grants=Grants([f"fs.read:{house}/", *words]))


@pytest.fixture
def host_of(house: Path, make_polyspell_host: Callable[..., Any]) -> Callable[..., ToolContext]:
    """Makes runs that may do everything, on a host with settings of `[tools.process]`."""

    def make(**settings: Any) -> ToolContext:
        host = make_polyspell_host(plugins=[], config={"tools": {"process": settings}})
        return ToolContext(host=host)

    return make
