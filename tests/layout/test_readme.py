"""What the README says of the distribution is what it brings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LANGUAGES = {"lua", "quickjs", "python", "wren"}  # which it calls the four languages


def test_the_readme_names_the_plugins_that_are_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    brought = {re.split(r"[\[=]", name)[0].removeprefix("polyspell-")
               for name in project["dependencies"]} - LANGUAGES - {"core"}  # fmt: skip
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"`pip install polyspell` brings(.*?);", text, re.DOTALL)
    assert found is not None
    assert set(re.findall(r"`(\w+)`", found[1])) == brought
