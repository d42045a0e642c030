from __future__ import annotations

import os
from pathlib import Path

import pytest
from polyspell.errors import ConfigError, PermissionDenied, ToolError
from polyspell.grants import UNRESTRICTED, Grants
from polyspell.paths import lexical, open_file, open_folder, permitted, resolve, resolve_pattern


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder `in`, with a folder `out` beside it and links between the two."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    (inside / "data").mkdir(parents=True)
    outside.mkdir()
    (inside / "data/a.txt").write_text("a")
    (outside / "secret").write_text("s")
    (inside / "data/leak").symlink_to(outside / "secret")
    (inside / "data/away").symlink_to(outside)
    (inside / "alias").symlink_to(inside / "data")
    monkeypatch.chdir(inside)
    return inside


def test_a_path_is_taken_by_its_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert lexical("data/away/../a.txt") == f"{here}/data/a.txt"
    assert lexical("~/notes/./x") == "/home/ada/notes/x"
    assert lexical("//etc//passwd") == "/etc/passwd"


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800"])
def test_what_cannot_be_a_path_is_an_error(path: str) -> None:
    with pytest.raises(ToolError, match="no path"):
        lexical(path)


@pytest.mark.parametrize(
    ("pattern", "resolved"),
    [
        ("./data/**", "{}/data/**"),
        ("data/*.txt", "{}/data/*.txt"),
        ("alias/**", "{}/data/**"),
        ("data/x*/y", "{}/data/x*/y"),
        ("**", "{}/**"),
        ("*", "{}/*"),
        ("data/", "{}/data/"),
        ("data", "{}/data"),
        ("/**", "/**"),
        ("/", "/"),
        ("/nowhere*", "/nowhere*"),
    ],
)
def test_a_pattern_begins_at_the_working_folder_and_follows_links(
    here: Path, pattern: str, resolved: str
) -> None:
    assert resolve_pattern(pattern) == resolved.format(here)


def test_a_grant_of_files_holds_wherever_the_program_goes(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants = Grants(["fs.read:./data/**"]).within(Grants(["fs"]))
    monkeypatch.chdir("/")
    assert grants.allows(f"fs.read:{here}/data/a.txt")
    assert not grants.within(Grants(["*"])).allows("fs.read:data/a.txt")
    assert grants.words == ("fs.read:./data/**",)


@pytest.mark.parametrize(
    ("word", "asked", "allowed"),
    [
        ("fs.read:./data/**", "fs.read:data/../data/a.txt", True),
        ("fs.read:./data/**", "fs.read:./data/../x", False),
        ("fs.read:/data/**", "fs.read:/data/../etc/passwd", False),
        ("fs.read:./data/**", "fs.read:./data", False),
        ("fs.read:./data/**", "fs.read:./data/", True),
        ("fs.read:./data", "fs.read:./data/", False),
        ("fs.read:**", "fs.read:/etc/passwd", False),
        ("fs.read", "fs.read:/etc/passwd", True),
        ("fs", "fs.read:/", True),
        ("process:./tool", "process:tool", False),
        ("process:../x/tool", "process:/x/../x/tool", False),
        ("process:/tools/tool", "process:/tools/./tool", True),
    ],
)
def test_a_grant_covers_paths_by_what_they_mean(
    here: Path, word: str, asked: str, allowed: bool
) -> None:
    assert Grants([word]).allows(asked) is allowed


def test_a_pattern_that_is_no_path_is_refused() -> None:
    with pytest.raises(ConfigError, match="is not a grant"):
        Grants(["fs.read:a\0b"])


def test_a_link_out_of_a_granted_folder_is_refused_by_where_it_leads(here: Path) -> None:
    grants = Grants(["fs.read:data/**"])
    outside = here.parent / "out"
    assert permitted(grants, "fs.read", "alias/a.txt") == f"{here}/data/a.txt"
    with pytest.raises(PermissionDenied) as caught:
        permitted(grants, "fs.read", "data/leak")
    assert caught.value.context == {"grant": f"fs.read:{outside}/secret"}
    with pytest.raises(PermissionDenied) as caught:
        permitted(grants, "fs.read", "data/away", folder=True)
    assert caught.value.context == {"grant": f"fs.read:{outside}/"}


def test_where_a_link_leads_is_not_told_to_who_may_not_see_the_link(here: Path) -> None:
    with pytest.raises(PermissionDenied) as caught:
        permitted(Grants(["fs.read:x/**"]), "fs.read", "data/leak")
    assert caught.value.context == {"grant": f"fs.read:{here}/data/leak"}
    assert permitted(UNRESTRICTED, "fs.read", "data/leak") == str(here.parent / "out/secret")


def test_what_is_opened_is_never_reached_through_a_link(here: Path) -> None:
    real = resolve("data/a.txt")
    with os.fdopen(open_file(real), "rb") as file:
        assert file.read() == b"a"
    (here / "data").rename(here / "was")
    (here / "data").symlink_to(here / "was")
    with pytest.raises(OSError):
        open_file(real)
    (here / "link").symlink_to(here / "was/a.txt")
    with pytest.raises(OSError):
        open_file(f"{here}/link")


def test_what_is_no_regular_file_is_not_opened(here: Path) -> None:
    os.mkfifo(here / "pipe")
    for path, what in [(f"{here}/pipe", "pipe"), (f"{here}/data", "folder"), ("/dev/zero", "dev")]:
        with pytest.raises(ToolError, match=what):
            open_file(path)


def test_missing_folders_are_made_where_asked(here: Path) -> None:
    with open_folder(f"{here}/x/y", create=True, readable=True) as folder:
        assert os.listdir(folder) == []
    with pytest.raises(FileNotFoundError), open_folder(f"{here}/z"):
        pass
