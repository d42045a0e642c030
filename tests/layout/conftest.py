"""What the layout tests look at: `member` is each member of the workspace, `plugin` each that is a
plugin, `library` each that stands alone. A folder that comes is tested from then on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def members() -> list[Path]:
    found = [ROOT / "core", *ROOT.glob("plugins/*"), *ROOT.glob("contrib/*")]
    return sorted(folder for folder in found if (folder / "pyproject.toml").exists())


def is_plugin(folder: Path) -> bool:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    return "polyspell" in project.get("entry-points", {})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = {
        "member": members(),
        "plugin": [folder for folder in members() if is_plugin(folder)],
        "library": [f for f in members() if f.parent.name == "contrib" and not is_plugin(f)],
    }
    for name, folders in chosen.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, folders, ids=[folder.name for folder in folders])


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
