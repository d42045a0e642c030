"""One name for each plugin, one version for all: folder = entry point = distribution = module."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any


def pyproject(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))


def test_folder_entry_point_distribution_and_module_have_one_name(plugin: Path) -> None:
    project, name = pyproject(plugin)["project"], plugin.name
    assert project["name"] == f"polyspell-{name}"
    assert project["entry-points"]["polyspell"] == {name: f"polyspell_{name}"}
    assert (plugin / "src" / f"polyspell_{name}" / "__init__.py").exists()


def test_every_folder_of_plugins_is_a_plugin(root: Path) -> None:
    for folder in (root / "plugins").iterdir():
        if any(folder.rglob("*.py")):
            assert "polyspell" in pyproject(folder)["project"]["entry-points"], folder.name


def test_a_member_has_types_a_readme_and_tests(member: Path) -> None:
    assert list((member / "src").glob("*/py.typed")), "no py.typed"
    assert (member / "README.md").exists()
    if member.name != "core":  # its tests are in tests/core
        assert list((member / "tests").glob("test_*.py"))


def test_all_members_have_the_version_of_the_workspace(member: Path, root: Path) -> None:
    assert pyproject(member)["project"]["version"] == pyproject(root)["project"]["version"]


def test_the_default_plugins_are_members_at_the_same_version(root: Path) -> None:
    whole = pyproject(root)
    version = whole["project"]["version"]
    wanted = dict(re.split(r"(?:\[.*\])?==", line) for line in whole["project"]["dependencies"])
    sources = set(whole["tool"]["uv"]["sources"])
    assert wanted == dict.fromkeys(sources & wanted.keys(), version)
    libraries = {folder.name for folder in root.glob("contrib/*")}  # what plugins stand on
    assert sources - wanted.keys() <= libraries
    for name in wanted.keys() - {"polyspell-core"}:
        assert (root / "plugins" / name.removeprefix("polyspell-")).is_dir(), name
