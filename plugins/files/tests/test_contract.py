"""Every tool keeps the contract of tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from polyspell.grants import Grants
from polyspell.testing import ToolContract
from polyspell.tools import Tool, ToolContext, ToolOutput
from polyspell_files import polyspell_tools
from polyspell_files.looking import glob, list_
from polyspell_files.moving import copy, delete, move
from polyspell_files.reading import info, read
from polyspell_files.searching import search
from polyspell_files.writing import append, edit, write

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a few files."""
    (tmp_path / "data/sub").mkdir(parents=True)
    (tmp_path / "data/a.txt").write_text("one\ntwo\nthree\n")
    (tmp_path / "data/sub/b.txt").write_text("two more\n")
    (tmp_path / "data/dot.png").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def granted() -> ToolContext:
    return ToolContext(grants=Grants(["fs.read:data/**", "fs.write:data/**"]))


class Contract(ToolContract):
    context = granted
    refused = ({"path": 1}, {"path": "data/a.txt", "limit": "many", "first": "x", "count": []})


def is_picture(value: ToolOutput) -> bool:
    assert value.media is not None
    return value.media[0].data == PNG and value.media[0].media_type == "image/png"


class TestRead(Contract):
    tool = read
    examples = (
        ({"path": "data/a.txt"}, "one\ntwo\nthree\n"),
        ({"path": "data/a.txt", "first": 2, "lines": 1}, "two"),
        ({"path": "data/a.txt", "first": 3}, "three\n"),
        ({"path": "data/a.txt", "encoding": "base64"}, "b25lCnR3bwp0aHJlZQo="),
        ({"path": "data/dot.png"}, is_picture),
    )


class TestWrite(Contract):
    tool = write
    examples = (
        ({"path": "data/new/x.txt", "content": "hé"}, lambda v: v["bytes"] == 3),
        (
            {"path": "data/a.txt", "content": "aGk=", "encoding": "base64"},
            lambda v: v["bytes"] == 2,
        ),
    )


class TestAppend(Contract):
    tool = append
    examples = (({"path": "data/a.txt", "content": "four"}, lambda v: v["bytes"] == 4),)


class TestEdit(Contract):
    tool = edit
    examples = (({"path": "data/a.txt", "old": "two\n", "new": ""}, lambda v: v["replaced"] == 1),)


class TestList(Contract):
    tool = list_
    examples = (
        (
            {"path": "data"},
            lambda v: [e["name"] for e in v["entries"]] == ["a.txt", "dot.png", "sub"],
        ),
        ({"path": "data", "limit": 1}, lambda v: v["more"] == 2),
    )


class TestGlob(Contract):
    tool = glob
    examples = (
        ({"path": "data", "pattern": "**/*.txt"}, {"paths": ["a.txt", "sub/b.txt"], "more": False}),
        ({"path": "data", "pattern": "*", "limit": 1}, {"paths": ["a.txt"], "more": True}),
    )


class TestSearch(Contract):
    tool = search
    examples = (
        (
            {"path": "data", "text": "^TWO$", "regex": True, "ignore_case": True},
            {
                "matches": [{"path": "a.txt", "line": 2, "text": "two"}],
                "files": 2,
                "more": False,
            },
        ),
        ({"path": "data", "text": "two", "limit": 1}, lambda v: v["more"]),
        ({"path": "data/sub/b.txt", "text": "two"}, lambda v: v["matches"][0]["path"] == "b.txt"),
    )


class TestInfo(Contract):
    tool = info
    examples = (
        ({"path": "data/a.txt"}, lambda v: (v["type"], v["size"]) == ("file", 14)),
        ({"path": "data"}, lambda v: v["type"] == "folder"),
    )


class TestCopy(Contract):
    tool = copy
    examples = (
        ({"source": "data/a.txt", "target": "data/c.txt"}, lambda v: v["files"] == 1),
        ({"source": "data/sub", "target": "data/x/sub"}, lambda v: v["files"] == 1),
    )


class TestMove(Contract):
    tool = move
    examples = (
        ({"source": "data/a.txt", "target": "data/c.txt"}, lambda v: v["path"].endswith("c.txt")),
        ({"source": "data/sub", "target": "data/x/sub"}, lambda v: v["path"].endswith("x/sub")),
    )


class TestDelete(Contract):
    tool = delete
    examples = (
        ({"path": "data/a.txt"}, lambda v: v["trash"] is None),
        ({"path": "data/sub", "recursive": True}, lambda v: v["trash"] is None),
    )


def test_each_tool_is_listed_by_its_own_name() -> None:
    from polyspell.registry import load_object

    tools: list[tuple[str, Any]] = [(i.name, load_object(i.load)) for i in polyspell_tools()]
    assert len(tools) == 11
    for name, tool in tools:
        assert isinstance(tool, Tool) and tool.name == name and tool.tags == ("files",)
