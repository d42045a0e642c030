"""What no file may hold: addresses of package registries, paths of one machine, locks."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

LOCKS = re.compile(r"(^|/)(.+\.lock|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml)$")
# Spelt so that this file does not match itself.
ADDRESSES = re.compile(
    r"\b(pypi\.(org|io)|pythonhosted\.org|npmjs\.(org|com)|crates\.io|(deb|security)\.debian\.org)\b"
)
MACHINE_PATHS = re.compile(r"(?<![\w.\-])/(work|farm|opt/pypi|opt/wheels)(/|\b)")


@pytest.fixture(scope="module")
def files(root: Path) -> list[Path]:
    """The files that are tracked, or would be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if run.returncode:
        pytest.skip("not a git checkout")
    return [root / name for name in run.stdout.split("\0") if name and (root / name).is_file()]


def lines_with(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Each line of a text file in `files` that holds the pattern, as "file:line: text"."""
    hits = []
    for file in files:
        data = file.read_bytes()
        if b"\0" not in data:
            lines = data.decode("utf-8", "replace").splitlines()
            hits += [
                f"{file}:{n}: {text}" for n, text in enumerate(lines, 1) if pattern.search(text)
            ]
    return hits


def test_no_file_names_a_registry_of_packages(files: list[Path]) -> None:
    assert lines_with(ADDRESSES, files) == []


def test_no_file_names_a_path_of_one_machine(files: list[Path]) -> None:
    assert lines_with(MACHINE_PATHS, files) == []


def test_no_lock_file_is_part_of_the_project(files: list[Path], root: Path) -> None:
    assert [name for file in files if LOCKS.search(name := str(file.relative_to(root)))] == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (ADDRESSES, "https://" + "pypi" + ".org/simple"),
        (MACHINE_PATHS, "cd /" + "work/main"),
        (LOCKS, "plugins/x/uv.lock"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
    assert not pattern.search("a framework/work/flow at example.org, and a padlock")
