"""Module files: found inside the script's folder, by what was granted, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from polyspell.errors import LimitExceeded, NotFoundError, PermissionDenied, ValidationError
from polyspell.grants import Grants
from polyspell.scripting.limits import Limits
from polyspell.scripting.modules import MAX_NAME, Loader

SECRET = "of somebody else"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A script's folder, with files of somebody else beside it."""
    root = tmp_path / "spell"
    (root / "util").mkdir(parents=True)
    for name in ("main.lua", "util/text.lua", "util/text.js", "util/init.lua", "plain.js"):
        (root / name).write_text(f"-- {name}")
    for outside in ("outside.lua", "spell.lua", "spell.json"):
        (tmp_path / outside).write_text(SECRET)
    (tmp_path / "spell2").mkdir()
    (tmp_path / "spell2" / "x.lua").write_text(SECRET)
    return root


def loader(folder: Path | None, *grants: str, **limits: Any) -> Loader:
    return Loader(folder and str(folder), Grants(grants or ("import",)), Limits(**limits))


@pytest.mark.parametrize(
    ("specifier", "importer", "found"),
    [
        ("util.text", None, "util/text.lua"),
        ("util/text", None, "util/text.lua"),
        ("util/text.js", None, "util/text.js"),
        ("./util/text", "plain.js", "util/text.js"),  # as who asks
        ("./util/text", "main.lua", "util/text.lua"),
        ("./text", "util/init.lua", "util/text.lua"),
        ("../main", "util/text.lua", "main.lua"),
        ("../util/../util/text", "util/text.lua", "util/text.lua"),
        ("util", None, "util/init.lua"),
        ("./", "util/text.lua", "util/init.lua"),
        ("plain", None, "plain.js"),
        ("main", "util/text.lua", "main.lua"),  # from the folder, not from who asks
    ],
)
def test_a_module_is_found(folder: Path, specifier: str, importer: str | None, found: str) -> None:
    assert loader(folder).load(specifier, importer) == {
        "name": found, "file": found, "source": f"-- {found}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("specifier", "importer"),
    [
        ("../outside", "main.lua"),
        ("../outside", None),
        ("./../outside", "main.lua"),
        ("../../outside", "util/text.lua"),
        ("util/../../outside", None),
        ("../spell2/x", "main.lua"),
        ("..", None),
        ("../", "main.lua"),
        ("/etc/passwd", None),
        ("/etc/passwd", "util/text.lua"),
        ("./passwd", "/etc/hosts"),
        ("./outside", "../main.lua"),
        ("../nothing-there", "main.lua"),
    ],
)
def test_what_is_outside_is_refused_whether_it_is_there_or_not(
    folder: Path, specifier: str, importer: str | None
) -> None:
    with pytest.raises(PermissionDenied, match="outside the script's folder") as caught:
        loader(folder, "*").load(specifier, importer)
    assert caught.value.context["grant"] == f"import:{specifier}"


def test_what_is_beside_the_folder_under_its_own_name_is_outside(folder: Path) -> None:
    (folder / "util/init.lua").unlink()
    for specifier, importer in (("", None), ("./", "main.lua"), ("../", "util/text.lua")):
        with pytest.raises(NotFoundError):
            loader(folder).load(specifier, importer)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="links")
def test_links_are_followed_and_asked_about_as_what_they_lead_to(folder: Path) -> None:
    (folder / "alias.lua").symlink_to("util/text.lua")
    (folder / "away.lua").symlink_to("../outside.lua")
    (folder / "up").symlink_to("..")
    (folder / "round.lua").symlink_to("round.lua")
    found = loader(folder, "import:util/*").load("alias")
    assert (found["name"], found["source"]) == ("util/text.lua", "-- util/text.lua")
    with pytest.raises(PermissionDenied, match=r"import:util/text\.lua"):
        loader(folder, "import:alias.lua").load("alias")
    for specifier in ("away", "up/outside", "./up/outside.lua"):
        with pytest.raises(PermissionDenied, match="outside"):
            loader(folder, "*").load(specifier)
    with pytest.raises(NotFoundError):
        loader(folder).load("round")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="links")
def test_a_folder_that_is_a_link_itself_has_its_files(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert loader(link).load("../main", "util/text.lua")["file"] == "main.lua"


def test_importing_is_granted_file_by_file(folder: Path) -> None:
    asked: list[tuple[str, bool]] = []
    own = Loader(
        str(folder), Grants(["import:util/*"], lambda *ask: asked.append(ask)), Limits()
    )  # fmt: skip
    assert own.load("util.text")["file"] == "util/text.lua"
    with pytest.raises(PermissionDenied, match=r"import:main\.lua"):
        own.load("main")
    assert asked == [("import:util/text.lua", True), ("import:main.lua", False)]


@pytest.mark.parametrize("name", ["nothing", "./nothing", "util.nothing", "util/text/x", "x" * 300])
def test_what_is_not_there_is_told_with_where_it_must_be(folder: Path, name: str) -> None:
    with pytest.raises(NotFoundError, match="There is no module") as caught:
        loader(folder).load(name)
    assert caught.value.hint == "It must be a file below spell/."


def test_a_script_without_a_folder_imports_nothing(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="has no folder") as caught:
        loader(None, "*").load("main")
    assert caught.value.hint.startswith("A text imports `polyspell` alone")


@pytest.mark.parametrize("specifier", ["main\0.lua", "m" * (MAX_NAME + 1)])
def test_what_cannot_be_a_name_is_none(folder: Path, specifier: str) -> None:
    with pytest.raises(NotFoundError, match="cannot be the name"):
        loader(folder).load(specifier)
    with pytest.raises(NotFoundError, match="cannot be the name"):
        loader(folder).load("main", "util\0")


def test_a_folder_and_a_pipe_are_no_modules(folder: Path) -> None:
    (folder / "dir.lua").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.lua")
    for name in ("dir", "pipe", "dir.lua", "pipe.lua"):
        with pytest.raises(NotFoundError):
            loader(folder).load(name)


def test_a_module_is_text_and_its_mark_is_no_part_of_it(folder: Path) -> None:
    (folder / "marked.lua").write_bytes("\ufeffreturn 'é'".encode())
    assert loader(folder).load("marked")["source"] == "return 'é'"
    (folder / "data.lua").write_bytes(b"\xff\xfe")
    with pytest.raises(ValidationError, match=r"data\.lua is not UTF-8"):
        loader(folder).load("data")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_module_that_may_not_be_read_is_told_so(folder: Path) -> None:
    (folder / "main.lua").chmod(0)
    with pytest.raises(NotFoundError, match="cannot be read"):
        loader(folder).load("main")


def test_a_module_is_no_larger_than_its_limit(folder: Path) -> None:
    (folder / "big.lua").write_text("é" * 50)
    assert len(loader(folder, source=100).load("big")["source"]) == 50
    assert loader(folder, source=None).load("big")
    with pytest.raises(
        LimitExceeded, match=r"big\.lua has 100 bytes of source; .* is 99"
    ) as caught:
        loader(folder, source=99).load("big")
    assert caught.value.context == {"limit": "source", "allowed": 99, "size": 100}


pieces = some.sampled_from(
    ["..", ".", "", "/", "main", "util", "outside", "spell2", "x", "\0", "é"]
)


@given(
    some.lists(pieces, max_size=8).map("/".join) | some.text(max_size=20),
    some.none() | some.lists(pieces, max_size=4).map("/".join),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_no_name_leads_outside(folder: Path, specifier: str, importer: str | None) -> None:
    try:
        found = loader(folder, "*").load(specifier, importer)
    except (NotFoundError, PermissionDenied):
        return
    assert found["source"] == f"-- {found['file']}"
    assert (folder / found["file"]).resolve().is_relative_to(folder.resolve())
