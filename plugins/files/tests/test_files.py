"""What the tools do with files that are granted."""

from __future__ import annotations

import codecs
import json
import os
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import ConfigError, LimitExceeded, ToolError
from polyspell.messages import ToolCall
from polyspell.tools import ToolContext
from polyspell_files import access
from polyspell_files.looking import glob, list_
from polyspell_files.moving import copy, delete, move
from polyspell_files.reading import info, read
from polyspell_files.writing import append, edit, write


@pytest.fixture
def data(house: Path) -> Path:
    return house / "data"


def text(path: Path | str) -> str:
    return Path(path).read_text()


async def test_a_file_is_written_whole_with_its_folders(data: Path, allowed: ToolContext) -> None:
    value = await write.call({"path": "data/x/y/z.txt", "content": "grüße"}, allowed)
    assert value == {"path": f"{data}/x/y/z.txt", "bytes": 7}
    assert (data / "x/y/z.txt").read_text("utf-8") == "grüße"
    assert os.listdir(data / "x/y") == ["z.txt"]


async def test_a_write_that_fails_leaves_the_old_file(
    data: Path, allowed: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(access.os, "fsync", full)
    with pytest.raises(ToolError, match="No space left"):
        await write.call({"path": "data/a.txt", "content": "new"}, allowed)
    assert (data / "a.txt").read_text() == "open"
    assert not [name for name in os.listdir(data) if name.endswith(".part")]


async def test_the_mode_of_a_file_is_kept_but_no_special_bits(
    data: Path, allowed: ToolContext
) -> None:
    (data / "a.txt").chmod(0o4750)
    await write.call({"path": "data/a.txt", "content": "new"}, allowed)
    assert (data / "a.txt").stat().st_mode & 0o7777 == 0o750
    await append.call({"path": "data/log", "content": "x"}, allowed)
    assert (data / "log").stat().st_mode & 0o111 == 0


async def test_new_refuses_what_is_there(data: Path, allowed: ToolContext) -> None:
    with pytest.raises(ToolError, match="there already"):
        await write.call({"path": "data/a.txt", "content": "x", "new": True}, allowed)
    await write.call({"path": "data/b.txt", "content": "x", "new": True}, allowed)
    assert (data / "a.txt").read_text() == "open" and (data / "b.txt").read_text() == "x"


@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
async def test_a_mark_says_the_encoding_and_stays(
    name: str, data: Path, allowed: ToolContext
) -> None:
    mark = {
        "utf-8": codecs.BOM_UTF8,
        "utf-16-le": codecs.BOM_UTF16_LE,
        "utf-16-be": codecs.BOM_UTF16_BE,
        "utf-32-le": codecs.BOM_UTF32_LE,
        "utf-32-be": codecs.BOM_UTF32_BE,
    }[name]
    (data / "a.txt").write_bytes(mark + "añb".encode(name))
    assert await read.call({"path": "data/a.txt"}, allowed) == "añb"
    await edit.call({"path": "data/a.txt", "old": "ñ", "new": "€"}, allowed)
    await append.call({"path": "data/a.txt", "content": "ç"}, allowed)
    assert (data / "a.txt").read_bytes() == mark + "a€bç".encode(name)


async def test_another_encoding_is_named(data: Path, allowed: ToolContext) -> None:
    (data / "a.txt").write_bytes("café".encode("latin-1"))
    with pytest.raises(ToolError, match="not text in utf-8"):
        await read.call({"path": "data/a.txt"}, allowed)
    given = {"path": "data/a.txt", "encoding": "latin-1"}
    assert await read.call(given, allowed) == "café"
    await edit.call({**given, "old": "é", "new": "è"}, allowed)
    assert (data / "a.txt").read_bytes() == "cafè".encode("latin-1")
    with pytest.raises(ToolError, match="has no"):
        await write.call({**given, "content": "€"}, allowed)
    (data / "a.bin").write_bytes(b"\0\1")
    with pytest.raises(ToolError, match="base64"):
        await read.call({"path": "data/a.bin"}, allowed)


async def test_an_edit_must_fit_exactly(data: Path, allowed: ToolContext) -> None:
    (data / "a.txt").write_text("x = 1\nx = 1\n")
    with pytest.raises(ToolError, match=r"2 times, not 1.*around it"):
        await edit.call({"path": "data/a.txt", "old": "x = 1", "new": "y"}, allowed)
    with pytest.raises(ToolError, match=r"0 times.*every space"):
        await edit.call({"path": "data/a.txt", "old": "x=1", "new": "y"}, allowed)
    with pytest.raises(ToolError, match="0 times"):
        await edit.call({"path": "data/a.txt", "old": "", "new": "y", "count": 0}, allowed)
    arguments = {"path": "data/a.txt", "old": "x = 1", "new": "y", "count": 2}
    assert (await edit.call(arguments, allowed))["replaced"] == 2
    assert (data / "a.txt").read_text() == "y\ny\n"


async def test_line_ends_of_another_system_are_kept(data: Path, allowed: ToolContext) -> None:
    (data / "a.txt").write_bytes(b"a\r\nb\r\nc")
    await edit.call({"path": "data/a.txt", "old": "a\nb", "new": "1\n2"}, allowed)
    assert (data / "a.txt").read_bytes() == b"1\r\n2\r\nc"


async def test_a_file_that_changed_meanwhile_is_not_overwritten(data: Path) -> None:
    with pytest.raises(ToolError, match="changed meanwhile"):
        access.write_whole(f"{data}/a.txt", b"mine", was=b"older")
    assert (data / "a.txt").read_text() == "open"


async def test_a_pdf_comes_as_a_part_that_the_model_sees(data: Path, allowed: ToolContext) -> None:
    from polyspell.agents.toolcalls import success

    (data / "a.pdf").write_bytes(b"%PDF-1.7\n...")
    value = await read.call({"path": "data/a.pdf"}, allowed)
    result = success(ToolCall("1", "files_read"), value)
    assert result.media and result.media[0].media_type == "application/pdf"
    assert result.content == "[a.pdf: application/pdf, 12 bytes]"
    assert result.data == {"media_type": "application/pdf", "bytes": 12, "name": "a.pdf"}


async def test_a_long_file_is_read_in_parts(data: Path, host_of: Any) -> None:
    context = host_of({"max_text": 1000})
    (data / "long").write_text("\n".join(map(str, range(2000))))
    with pytest.raises(LimitExceeded, match=r"2,000 lines.*first and lines"):
        await read.call({"path": "data/long"}, context)
    assert (
        await read.call({"path": "data/long", "first": 1999, "lines": 9}, context) == "1998\n1999"
    )
    assert await read.call({"path": "data/long", "first": 9999}, context) == ""


async def test_what_is_deleted_can_be_kept(data: Path, allowed: ToolContext) -> None:
    kept = (await delete.call({"path": "data/a.txt", "trash": True}, allowed))["trash"]
    assert not (data / "a.txt").exists() and text(kept) == "open"
    origin = json.loads(text(Path(kept).parents[1] / "origin.json"))
    assert origin["path"] == f"{data}/a.txt"
    (data / "sub/b").write_text("b")
    with pytest.raises(ToolError, match="recursive"):
        await delete.call({"path": "data/sub", "trash": True}, allowed)
    whole = {"path": "data/sub", "trash": True, "recursive": True}
    kept = (await delete.call(whole, allowed))["trash"]
    assert text(Path(kept) / "b") == "b"


async def test_nothing_is_replaced_unless_told(data: Path, allowed: ToolContext) -> None:
    (data / "b.txt").write_text("b")
    for tool in (copy, move):
        given = {"source": "data/a.txt", "target": "data/b.txt"}
        with pytest.raises(ToolError, match="there already"):
            await tool.call(given, allowed)
        await tool.call({**given, "replace": True}, allowed)
        assert (data / "b.txt").read_text() == "open"
    assert not (data / "a.txt").exists()
    with pytest.raises(ToolError, match="Only files"):
        await move.call({"source": "data/b.txt", "target": "data/sub", "replace": True}, allowed)
    with pytest.raises(ToolError, match="one within the other"):
        await move.call({"source": "data/sub", "target": "data/sub/x"}, allowed)


async def test_a_move_to_another_device_is_a_copy(
    data: Path, allowed: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    from polyspell_files import trees

    def far(*_: Any, **__: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(trees.os, "rename", far)
    (data / "sub/x").write_text("x")
    (data / "sub/x").chmod(0o640)
    await move.call({"source": "data/sub", "target": "data/far"}, allowed)
    await move.call({"source": "data/a.txt", "target": "data/far/a.txt"}, allowed)
    assert sorted(os.listdir(data / "far")) == ["a.txt", "x"]
    assert (data / "far/x").stat().st_mode & 0o777 == 0o640
    assert not (data / "sub").exists() and not (data / "a.txt").exists()


async def test_what_is_missing_is_said_plainly(allowed: ToolContext) -> None:
    for tool, given in [(read, {"path": "data/no"}), (info, {"path": "data/no"}),
                        (list_, {"path": "data/no"}), (delete, {"path": "data/no"})]:  # fmt: skip
        with pytest.raises(ToolError, match=r"data/no: (No|there is no) such file"):
            await tool.call(given, allowed)
    with pytest.raises(ToolError, match="Not a directory"):
        await list_.call({"path": "data/a.txt"}, allowed)


async def test_globs_fit_as_people_expect(data: Path, allowed: ToolContext) -> None:
    for name in ("x.py", "sub/y.py", "sub/deep/z.py", ".hidden"):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_text("")
    for pattern, wanted in {
        "*.py": ["x.py"],
        "**/*.py": ["sub/deep/z.py", "sub/y.py", "x.py"],
        "sub/**": ["sub", "sub/deep", "sub/deep/z.py", "sub/twice", "sub/y.py"],
        "[xy].py": ["x.py"],
        "su?/*.py": ["sub/y.py"],
        ".*": [".hidden"],
    }.items():
        found = await glob.call({"pattern": pattern, "path": "data"}, allowed)
        assert sorted(found["paths"]) == wanted, pattern


async def test_a_misspelt_setting_is_an_error(host_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"\[tools\.files\].*max_files.*It takes max_file"):
        await read.call({"path": "data/a.txt"}, host_of({"max_files": 1}))
