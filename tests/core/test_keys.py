from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polyspell.config import Keys
from polyspell.errors import AuthError, ConfigError


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    for name in ("OPENAI_API_KEY", "MY_KEY", "SOME_THING_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Keys(tmp_path / "config" / "keys.toml")


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_key_is_kept_in_a_file_that_only_its_owner_reads(keys: Keys, mask: int) -> None:
    before = os.umask(mask)
    try:
        keys.set("openai", "sk-1")
        keys.set("other", "sk-2")
    finally:
        os.umask(before)
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.path.parent.stat().st_mode) & 0o077 == 0
    assert [file.name for file in keys.path.parent.iterdir()] == ["keys.toml"]
    assert (keys.get("openai"), keys.get("other"), keys.get("third")) == ("sk-1", "sk-2", None)


def test_a_file_that_others_could_read_is_closed_at_the_next_change(keys: Keys) -> None:
    keys.set("openai", "sk-1")
    keys.path.chmod(0o644)
    keys.set("openai", "sk-2")
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600


def test_the_environment_wins_unless_it_is_empty(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.set("openai", "from file")
    monkeypatch.setenv("OPENAI_API_KEY", " from environment\n")
    assert keys.get("openai") == "from environment"
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    assert keys.get("openai") == "from file"


def test_a_plugin_may_name_the_variable(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.variables["mine"] = "MY_KEY"
    assert keys.variable("mine") == "MY_KEY"
    assert keys.variable("some-thing") == "SOME_THING_API_KEY"
    keys.set("stored", "x")
    monkeypatch.setenv("MY_KEY", "y")
    assert keys.names() == {"stored": "file", "mine": "environment"}


def test_a_missing_key_names_the_variable_to_set(keys: Keys) -> None:
    with pytest.raises(AuthError, match="Set OPENAI_API_KEY or run `polyspell keys set openai`"):
        keys.require("openai")
    keys.set("openai", "x")
    assert keys.require("openai") == "x"


def test_a_key_can_be_removed_once(keys: Keys) -> None:
    keys.set("openai", "x")
    assert (keys.remove("openai"), keys.remove("openai"), keys.get("openai")) == (
        True, False, None,
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"openai", b"\xff\xfe", b'openai = "x', b"\x00"])
def test_a_damaged_file_is_named_and_not_overwritten(keys: Keys, data: bytes) -> None:
    keys.path.parent.mkdir()
    keys.path.write_bytes(data)
    for use in (lambda: keys.get("openai"), lambda: keys.set("a", "b"), keys.names):
        with pytest.raises(ConfigError, match=r"keys\.toml is damaged.*Correct or delete"):
            use()
    assert keys.path.read_bytes() == data


@pytest.mark.parametrize("key", ["", "  ", "two\nlines", "half \ud83d", "bell\x07", "del\x7f"])
def test_what_can_be_no_key_is_refused(keys: Keys, key: str) -> None:
    with pytest.raises(ConfigError, match="no key for 'openai'"):
        keys.set("openai", key)
    assert not keys.path.exists()


PRINTABLE = st.text(min_size=1).filter(lambda t: t.strip() == t and t.isprintable())


@given(st.dictionaries(PRINTABLE, PRINTABLE, min_size=1, max_size=4))
def test_every_key_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, stored: dict[str, str]
) -> None:
    keys = Keys(tmp_path_factory.mktemp("keys") / "keys.toml")
    for name, key in stored.items():
        keys.set(name, key)
    assert Keys(keys.path)._stored() == stored
