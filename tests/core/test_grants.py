from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.errors import ConfigError, PermissionDenied
from polyspell.grants import UNRESTRICTED, Grants


@pytest.mark.parametrize(
    ("word", "asked", "allowed"),
    [
        ("tool:math", "tool:math", True),
        ("tool:math", "tool:maths", False),
        ("tool:math", "provider:math", False),
        ("provider:local/*", "provider:local/default", True),
        ("provider:local/*", "provider:local/a/b", False),
        ("provider:local/**", "provider:local/a/b", True),
        ("fs:./data/**", "fs.read:./data/a/b.txt", True),
        ("fs.read:./data/**", "fs.write:./data/a", False),
        ("fs.read:./data/**", "fs:./data/a", False),
        ("net", "net:api.example.com", True),
        ("net:*.example.com", "net:api.example.com", True),
        ("net:*.example.com", "net:example.com", False),
        ("net:api.example.com", "net:apixexample.com", False),
        ("*", "anything:at/all", True),
        ("tool:a*", "tool:a\nb", True),
    ],
)
def test_a_grant_covers_what_its_pattern_says(word: str, asked: str, allowed: bool) -> None:
    assert Grants([word]).allows(asked) is allowed


def test_no_grants_allow_nothing_and_the_absence_of_grants_everything() -> None:
    assert not Grants([]).allows("tool:math")
    assert UNRESTRICTED.allows("tool:math")


@pytest.mark.parametrize("word", ["", "Tool:x", "1:x", ":x", "to ol:x"])
def test_what_is_no_grant_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match="kind:pattern"):
        Grants([word])


def test_a_denial_names_the_grant_and_is_audited() -> None:
    seen: list[tuple[str, bool]] = []
    grants = Grants(["tool:math"], lambda word, allowed: seen.append((word, allowed)))
    grants.require("tool:math")
    with pytest.raises(PermissionDenied, match=r"--grant 'net:example\.com'") as caught:
        grants.require("net:example.com")
    assert caught.value.context == {"grant": "net:example.com"}
    assert seen == [("tool:math", True), ("net:example.com", False)]


WORDS = st.sampled_from(
    ["*", "tool", "tool:*", "tool:**", "tool:a", "fs", "fs:*", "fs.read:*", "fs.read:**", "fs:a/*"]
)
ASKED = st.sampled_from(["tool:a", "tool:a/b", "tool", "fs:a", "fs.read:a/b", "fs.write:a", "net"])


@given(st.lists(st.none() | st.lists(WORDS, max_size=3), min_size=1, max_size=4), ASKED)
def test_grants_within_others_allow_what_all_of_them_allow(
    sets: list[list[str] | None], asked: str
) -> None:
    each = [UNRESTRICTED if words is None else Grants(words) for words in sets]
    both = each[0]
    for outer in each[1:]:
        both = both.within(outer)
    assert both.allows(asked) is all(grants.allows(asked) for grants in each)
