from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from polyspell.config import Config, user_dir
from polyspell.errors import ConfigError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a working folder of the test's own."""
    for name in ("POLYSPELL_MODEL", "POLYSPELL_PLUGINS", "POLYSPELL_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path / "home"))
    work = tmp_path / "project" / "deep" / "down"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_without_files_there_is_nothing(home: Path) -> None:
    config = Config()
    assert (config.files, config.values, config.model) == ([], {}, None)
    assert config.table("plugins") == {}
    assert config.options("openai") == {}


def test_the_nearest_file_wins_over_the_user_s_and_tables_are_merged(home: Path) -> None:
    user = write(
        home / "home/config/polyspell.toml",
        'model = "a/b"\n[providers.openai]\nbase_url = "user"\ntimeout = 3\n'
        '[sandbox]\ngrants = ["tool:*"]\nlimits = {wall = "1s", memory = "1MiB"}\n',
    )
    write(home / "polyspell.toml", 'model = "far/away"')
    near = write(
        home / "project/polyspell.toml",
        '[providers.openai]\nbase_url = "project"\n[providers.local]\nx = 1\n'
        '[sandbox]\ngrants = ["net"]\nlimits = {wall = "9s"}\n',
    )
    config = Config()
    assert config.files == [user, near]
    assert config.model == "a/b"
    assert config.options("openai") == {"base_url": "project", "timeout": 3}
    assert config.options("local") == {"x": 1}
    assert config.table("sandbox") == {
        "grants": ["net"],  # a list is replaced, not added to
        "limits": {"wall": "9s", "memory": "1MiB"},
    }


def test_the_environment_names_another_file_and_the_model(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "project/polyspell.toml", 'model = "not/read"')
    other = write(home / "other.toml", 'model = "other/file"')
    monkeypatch.setenv("POLYSPELL_CONFIG", str(other))
    assert (Config().files, Config().model) == ([other], "other/file")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("POLYSPELL_CONFIG", "~/other.toml")
    assert Config().model == "other/file"
    monkeypatch.setenv("POLYSPELL_MODEL", "from/environment")
    assert Config().model == "from/environment"
    monkeypatch.setenv("POLYSPELL_CONFIG", str(home / "missing.toml"))
    with pytest.raises(ConfigError, match=r"missing\.toml cannot be read.*POLYSPELL_CONFIG"):
        Config()


def test_the_working_folder_may_be_the_user_s_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(home / "home/config/polyspell.toml", 'model = "a/b"')
    monkeypatch.chdir(file.parent)
    assert Config().files == [file]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model =", "is not TOML"),
        ("\x00", "is not TOML"),
        ("modle = 'a/b'", "unknown setting 'modle'.*Known are model, plugins"),
        ("[plugin]\ndisable = ['a']", "unknown setting 'plugin'"),
        ("model = 3", "model must be a text"),
        ("plugins = ['a']", r"plugins must be a table, \[plugins\]"),
        ("[plugins]\ndisabled = ['a']", "unknown setting plugins.disabled"),
        ("[plugins]\nenable = 'lua'", "plugins.enable must be a list of names"),
        ("[plugins]\ndisable = [1]", "plugins.disable must be a list of names"),
        ("[providers]\nopenai = 'x'", r"providers.openai must be a table, \[providers.openai\]"),
    ],
)
def test_an_error_names_the_file_and_the_key(home: Path, text: str, message: str) -> None:
    file = write(home / "project/polyspell.toml", text)
    with pytest.raises(ConfigError, match=f"{file}.*{message}"):
        Config()


def test_a_file_that_is_no_text_is_named(home: Path) -> None:
    file = home / "project/polyspell.toml"
    file.write_bytes(b'model = "\xff"')
    with pytest.raises(ConfigError, match=f"{file} is not TOML"):
        Config()


def test_what_a_program_gives_replaces_the_files_and_is_held_to_the_same(home: Path) -> None:
    write(home / "project/polyspell.toml", 'model = "not/read"')
    given: dict[str, Any] = {"providers": {"openai": {"a": 1}}}
    config = Config(given)
    config.options("openai")["b"] = 2
    assert (config.model, config.options("openai")) == (None, {"a": 1})
    with pytest.raises(ConfigError, match="the configuration given to Host: unknown setting 'x'"):
        Config({"x": 1})


def test_a_path_replaces_the_files_too(home: Path) -> None:
    assert Config(path=write(home / "x.toml", 'model = "a/b"')).model == "a/b"


def test_the_home_overrides_every_folder_of_the_user(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {kind: user_dir(kind) for kind in ("config", "data", "cache")} == {
        kind: home / "home" / kind for kind in ("config", "data", "cache")
    }
    assert Config({}).config_dir == home / "home" / "config"
    monkeypatch.delenv("POLYSPELL_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "xdg"))
    assert Config({}).data_dir.name == "polyspell"
