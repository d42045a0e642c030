"""A working folder with something to protect beside it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polyspell.grants import Grants
from polyspell.tools import ToolContext

SECRET = "the secret of the house"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`data` is granted; `secret.txt`, `private/` and `database/` beside it are not, and links in
    `data` lead to them."""
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "house"
    for folder in ("data/sub", "private", "database"):
        (root / folder).mkdir(parents=True)
    (root / "secret.txt").write_text(SECRET)
    for folder in ("private", "database"):
        (root / folder / "key").write_text(SECRET)
    (root / "data/a.txt").write_text("open")
    for name, leads in {
        "link": "../secret.txt",
        "absolute": root / "secret.txt",
        "chain": "link",
        "up": "..",
        "top": "/",
        "sub/twice": "../up/private",
        "loop": "loop",
        "dangling": "../private/new",
        "process": "/proc/self",
    }.items():
        os.symlink(leads, root / "data" / name)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def allowed(house: Path) -> ToolContext:
    """A run that may read and write below `data`."""
    return ToolContext(grants=Grants(["fs.read:./data/**", "fs.write:./data/**"]))


@pytest.fixture
def host_of(allowed: ToolContext, make_polyspell_host: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a run like `allowed` on a host with settings of `[tools.files]`."""

    def make(settings: dict[str, Any]) -> ToolContext:
        host = make_polyspell_host(plugins=[], config={"tools": {"files": settings}})
        return ToolContext(host=host, grants=allowed.grants)

    return make
