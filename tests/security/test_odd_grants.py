"""Grants against names that scripts make up to get past them, or to keep the host busy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.errors import PermissionDenied
from polyspell.grants import Grants, pattern_matches
from polyspell.paths import permitted


def by_expression(pattern: str, value: str) -> bool:
    """What a pattern means, as a regular expression: right, and slow for some."""
    meaning = {"**": ".*", "*": "[^/]*"}
    pieces = [meaning.get(p) or re.escape(p) for p in re.split(r"(\*\*|\*)", pattern)]
    return re.fullmatch("".join(pieces), value, re.DOTALL) is not None


@given(st.text("ab/*.", max_size=8), st.text("ab/.\n", max_size=10))
def test_patterns_mean_what_they_say(pattern: str, value: str) -> None:
    assert pattern_matches(pattern, value) == by_expression(pattern, value)


@pytest.mark.parametrize("size", [2_000, 4_000_000])
def test_no_name_keeps_a_pattern_busy(size: int) -> None:
    grants = Grants(["tool:data_*_v*_v*_v*", "provider:**/a*a*a*b"])
    assert not grants.allows("tool:data_" + "_v" * size + "/")
    assert not grants.allows("provider:/" + "a" * size)


def test_a_long_name_is_covered_like_a_short_one() -> None:
    grants = Grants(["tool:data_*", "event:a.**"])
    assert grants.allows("tool:data_" + "x" * 1000)
    assert not grants.allows("tool:data_" + "x" * 1000 + "/y")
    assert not grants.allows("tool:other" + "x" * 1000)
    assert Grants(["tool"]).allows("tool:" + "x" * 1_000_000)  # everything is everything


@pytest.mark.parametrize(
    "word",
    [
        "provider:local/../openai/gpt-5",
        "provider:LOCAL/default",
        "provider: local/default",
        "provider:local\0/default",
        "provider:loc\u0430l/default",  # a Cyrillic letter
        "provider:local/a/b",
        "provider.register:local/default",
        "tool:math/../shell",
        "tool:math\u200b",
        "tool:math.",
        "tool:",
        "env:",
        "env:HOME=x",
        "env:home",
        "*",
        "",
        ":",
        "tools:math",
        "tool.math",
    ],
)
def test_names_that_only_look_like_what_was_granted(word: str) -> None:
    assert not Grants(["provider:local/*", "tool:math", "env:HOME"]).allows(word)


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("event:tool.**", "event.emit:tool.call.completed"),
        ("event:**", "event.emit:agent.text"),
        ("prompt:greet", "prompt.save:greet"),
        ("prompt:*", "prompt.save:greet"),
        ("provider:*", "provider.register:openai"),
        ("provider:**", "provider.register:openai"),
        ("process:*", "process.env:LD_PRELOAD"),
    ],
)
def test_who_may_use_something_may_not_change_it(granted: str, asked: str) -> None:
    assert not Grants([granted]).allows(asked)
    assert Grants([granted.partition(":")[0]]).allows(asked)  # the kind alone is all of it


@pytest.mark.parametrize(
    "path",
    [
        "{root}/data/../secret",
        "{root}/data/./../data/../secret",
        "{root}/data//../secret",
        "{root}/data/link",
        "{root}/data/folder/secret",
        "{root}/DATA/open",
        "{root}/data/../../{name}/secret",
        "/proc/self/root{root}/secret",
        "/proc/self/cwd/../../../..{root}/secret",
        "/dev/fd/../..{root}/secret",
        "{root}/database",
        "{root}/data\u2024\u2024/secret",
    ],
)
def test_paths_that_lead_out_of_what_was_granted(path: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "data").mkdir(parents=True)
    for name in ("secret", "database"):
        (root / name).write_text("x")
    (root / "data" / "link").symlink_to(root / "secret")
    (root / "data" / "folder").symlink_to(root)
    grants = Grants([f"fs.read:{root}/data/**"])
    with pytest.raises(PermissionDenied):
        permitted(grants, "fs.read", path.format(root=root, name=root.name))
