"""Nothing escapes its grant: tricks with paths, links, races, special files, patterns."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from polyspell.errors import LimitExceeded, PermissionDenied, PolyspellError, ToolError
from polyspell.grants import Grants
from polyspell.tools import ToolContext
from polyspell_files.looking import glob, list_
from polyspell_files.moving import copy, delete, move
from polyspell_files.reading import info, read
from polyspell_files.searching import search
from polyspell_files.writing import append, edit, write

SECRET = "the secret of the house"
OUTSIDE = [
    "secret.txt",
    "/etc/passwd",
    "~/house/secret.txt",
    "./data/../secret.txt",
    "data//..//secret.txt",
    "data/./.././secret.txt",
    "data/sub/../../secret.txt",
    "data/missing/../../secret.txt",
    "data/../data/../secret.txt",
    "data/link",
    "data/absolute",
    "data/chain",
    "data/up/secret.txt",
    "data/up/private/key",
    "data/sub/twice/key",
    "data/top/etc/passwd",
    "data/process/environ",
    "data/process/root/etc/passwd",
    "/proc/self/cwd/secret.txt",
    "/dev/fd/0",
    "database/key",
    "data.txt",
    "data",
    "//etc/passwd",
    "/../../etc/passwd",
    "data/../../house/secret.txt",
]
NOWHERE = [  # within the grant by name, or no path at all: refused for another reason
    "data/a.txt/../../../etc/passwd\0",
    "\0",
    "",
    "data/loop",
    "data/loop/x",
    "data/..%2fsecret.txt",
    "data/%2e%2e/secret.txt",
    "data/..\\secret.txt",
    "data/\u2025/secret.txt",
    "data/．．/secret.txt",
    "data/" + "x" * 5000,
    "data/" + "y/" * 3000,
    "data/\udcff\ud800",
    "data/a.txt/b",
    "data/*",
    "file:///etc/passwd",
    "data/$HOME",
]


def calls(path: str) -> list[tuple[Any, dict[str, Any]]]:
    """Every tool with a path in every place where it takes one."""
    return [
        (read, {"path": path}),
        (write, {"path": path, "content": "x"}),
        (append, {"path": path, "content": "x"}),
        (edit, {"path": path, "old": "s", "new": "x"}),
        (search, {"path": path, "text": "e"}),
        (info, {"path": path}),
        (copy, {"source": path, "target": "data/stolen"}),
        (copy, {"source": "data/a.txt", "target": path, "replace": True}),
        (move, {"source": path, "target": "data/stolen"}),
        (move, {"source": "data/a.txt", "target": path, "replace": True}),
        (delete, {"path": path, "recursive": True}),
    ]


def tree(root: Path) -> dict[str, bytes]:
    """All that is outside of `data`."""
    files = [p for p in root.rglob("*") if p.is_file() and "data" not in p.relative_to(root).parts]
    return {str(p): p.read_bytes() for p in files}


@pytest.mark.parametrize("path", OUTSIDE)
async def test_no_tool_reaches_what_is_not_granted(
    path: str, house: Path, allowed: ToolContext
) -> None:
    before = tree(house)
    for tool, arguments in calls(path):
        own_link = tool in (move, delete) and path in ("data/link", "data/absolute", "data/chain")
        if own_link or (tool is info and path == "data") or (tool is search and path == "data"):
            continue  # a link in a granted folder may go, and a granted folder may be looked at
        with pytest.raises(PermissionDenied) as caught:
            await tool.call(arguments, allowed)
        kind, _, value = caught.value.context["grant"].partition(":")
        assert kind in ("fs.read", "fs.write") and value.startswith("/")
        assert ".." not in value.split("/")
        assert not allowed.grants.allows(caught.value.context["grant"])
    assert tree(house) == before and not (house / "data/stolen").exists()


@pytest.mark.parametrize("path", NOWHERE)
async def test_what_is_no_path_of_a_file_fails_with_an_error_of_ours(
    path: str, house: Path, allowed: ToolContext
) -> None:
    before = tree(house)
    for tool, arguments in calls(path):
        if tool in (write, append) or arguments.get("target") == path or tool is delete:
            continue  # odd names may be written
        if path == "data/loop" and tool in (info, move):
            continue  # a link that leads nowhere is a link
        with pytest.raises(PolyspellError):
            await tool.call(arguments, allowed)
    assert tree(house) == before


@pytest.mark.parametrize("path", ["data/link", "data/dangling", "data/up/secret.txt"])
async def test_nothing_is_written_through_a_link(
    path: str, house: Path, allowed: ToolContext
) -> None:
    for tool in (write, append):
        with pytest.raises(PermissionDenied, match=r"fs\.write:.*house/(secret|private)"):
            await tool.call({"path": path, "content": "x"}, allowed)
    assert (house / "secret.txt").read_text() == SECRET and not (house / "private/new").exists()


async def test_a_link_is_deleted_and_moved_itself(house: Path, allowed: ToolContext) -> None:
    await delete.call({"path": "data/link"}, allowed)
    await delete.call({"path": "data/up", "recursive": True}, allowed)
    await move.call({"source": "data/absolute", "target": "data/sub/absolute"}, allowed)
    assert (house / "secret.txt").read_text() == SECRET and (house / "private/key").exists()
    with pytest.raises(PermissionDenied):
        await read.call({"path": "data/sub/absolute"}, allowed)


async def test_links_within_a_folder_are_neither_followed_nor_copied(
    house: Path, allowed: ToolContext
) -> None:
    found = await search.call({"path": "data", "text": "secret"}, allowed)
    assert found["matches"] == []
    paths = (await glob.call({"path": "data", "pattern": "**/*"}, allowed))["paths"]
    assert "a.txt" in paths and not any("key" in p or "passwd" in p for p in paths)
    await copy.call({"source": "data/sub", "target": "data/copied"}, allowed)
    assert list((house / "data/copied").iterdir()) == []
    await delete.call({"path": "data/sub", "recursive": True}, allowed)
    assert (house / "private/key").exists()


async def test_a_folder_is_moved_only_if_all_in_it_is_granted(house: Path) -> None:
    (house / "data/sub/b.key").write_text(SECRET)
    words = ["fs.read:data/sub", "fs.read:data/**.txt", "fs.write:data/**", "fs.read:data/"]
    context = ToolContext(grants=Grants(words))
    for tool in (move, copy):
        with pytest.raises(PermissionDenied, match=r"fs\.read:.*data/sub/b\.key"):
            await tool.call({"source": "data/sub", "target": "data/new.txt"}, context)
    names = (await glob.call({"path": "data", "pattern": "**"}, context))["paths"]
    assert not any(name.startswith("sub/") for name in names)
    text_only = ToolContext(grants=Grants(["fs.write:data/sub", "fs.write:data/**.txt"]))
    with pytest.raises(PermissionDenied, match=r"b\.key"):
        await delete.call({"path": "data/sub", "recursive": True}, text_only)


async def test_a_write_grant_reads_nothing(house: Path) -> None:
    context = ToolContext(grants=Grants(["fs.write:**", "fs.read:./data/**"]))
    (house / "data/old").write_text("x")
    for tool, arguments in [
        (move, {"source": "secret.txt", "target": "data/s"}),
        (copy, {"source": "secret.txt", "target": "data/s"}),
        (edit, {"path": "secret.txt", "old": "t", "new": "t"}),
    ]:
        with pytest.raises(PermissionDenied, match=r"fs\.read:"):
            await tool.call(arguments, context)


async def test_a_file_with_a_name_outside_is_not_written_in_place(
    house: Path, allowed: ToolContext
) -> None:
    os.link(house / "secret.txt", house / "data/hard")
    with pytest.raises(ToolError, match="several names"):
        await append.call({"path": "data/hard", "content": "x"}, allowed)
    await write.call({"path": "data/hard", "content": "mine"}, allowed)
    assert (house / "secret.txt").read_text() == SECRET


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/tty", "pipe"])
async def test_special_files_are_neither_read_nor_written(path: str, house: Path) -> None:
    os.mkfifo(house / "pipe")
    for tool, arguments in calls(path)[:4]:
        with pytest.raises(ToolError):
            await tool.call(arguments, ToolContext())


async def test_a_folder_that_turns_into_a_link_meanwhile_gives_nothing_away(
    house: Path, allowed: ToolContext
) -> None:
    """A thousand reads and writes while another thread swaps `data/swap` for a link."""
    (house / "data/real").mkdir()
    (house / "data/real/key").write_text("open")
    os.symlink("../private", house / "data/evil")
    swap, stop = house / "data/swap", threading.Event()

    def turn() -> None:
        while not stop.is_set():
            for name in ("real", "evil"):
                try:
                    os.rename(house / "data" / name, swap)
                    os.rename(swap, house / "data" / name)
                except OSError:  # a write has made the folder
                    shutil.rmtree(swap, ignore_errors=True)

    other = threading.Thread(target=turn)
    other.start()
    seen = set()
    try:
        for _ in range(1000):
            try:
                seen.add(read.run(allowed, "data/swap/key"))
                write.run(allowed, "data/swap/key", "open")
            except PolyspellError as error:
                seen.add(type(error).__name__)
    finally:
        stop.set()
        other.join()
    assert seen <= {"open", "ToolError", "PermissionDenied"} and len(seen) > 1
    assert (house / "private/key").read_text() == SECRET


@pytest.mark.parametrize(
    "name",
    [
        "zlib_codec",
        "bz2",
        "rot13",
        "idna",
        "punycode",
        "utf-7",
        "unicode_escape",
        "x" * 999,
        "a\0b",
    ],
)
async def test_what_is_no_encoding_of_text_is_refused(
    name: str, house: Path, allowed: ToolContext
) -> None:
    for tool, arguments in calls("data/a.txt")[:4]:
        with pytest.raises(ToolError, match="encoding"):
            await tool.call({**arguments, "encoding": name}, allowed)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(.*)*x", "(?:a{1,900}){1,900}b"])
async def test_an_expression_without_end_is_stopped(
    pattern: str, house: Path, host_of: Any
) -> None:
    (house / "data/long.txt").write_text("a" * 5000 + "!")
    context = host_of({"seconds": 0.3})
    try:
        await search.call({"text": pattern, "path": "data", "regex": True}, context)
    except LimitExceeded as error:
        assert error.context["limit"] == "seconds"


@pytest.mark.parametrize("pattern", ["../*", "/etc/*", "a/../../*", "**/..", "x" * 2000])
async def test_patterns_do_not_lead_out(pattern: str, allowed: ToolContext) -> None:
    with pytest.raises(ToolError, match="no pattern"):
        await glob.call({"pattern": pattern, "path": "data"}, allowed)


async def test_a_pattern_of_many_stars_is_quick(house: Path, allowed: ToolContext) -> None:
    deep = house / "data" / "/".join(["a" * 50] * 30)
    deep.mkdir(parents=True)
    for pattern in ("**/a/" * 30 + "b", "/".join(["*a*a*a*a*a*a*b"] * 20), "**/" * 100 + "x"):
        assert (await glob.call({"pattern": pattern, "path": "data"}, allowed))["paths"] == []


@pytest.mark.parametrize(
    ("settings", "tool", "arguments", "limit"),
    [
        ({"max_file": 3}, read, {"path": "data/a.txt"}, "max_file"),
        ({"max_text": 3}, read, {"path": "data/a.txt"}, "max_text"),
        ({"max_file": 3}, write, {"path": "data/b", "content": "long"}, "max_file"),
        ({"max_file": 5}, append, {"path": "data/a.txt", "content": "long"}, "max_file"),
        ({"max_file": 5}, edit, {"path": "data/a.txt", "old": "o", "new": "long"}, "max_file"),
        ({"max_entries": 5}, glob, {"path": "data", "pattern": "**"}, "max_entries"),
        ({"max_tree": 3}, copy, {"source": "data/big", "target": "data/n"}, "max_tree"),
    ],
)
async def test_each_limit_holds_and_is_named(
    settings: dict[str, Any], tool: Any, arguments: Any, limit: str, house: Path, host_of: Any
) -> None:
    (house / "data/big").mkdir()
    (house / "data/big/x").write_text("long")
    with pytest.raises(LimitExceeded) as caught:
        await tool.call(arguments, host_of(settings))
    assert caught.value.context == {"limit": limit, "allowed": settings[limit]}
    assert (house / "data/a.txt").read_text() == "open" and not (house / "data/n").exists()


async def test_a_file_of_endless_size_costs_no_memory(house: Path, allowed: ToolContext) -> None:
    with (house / "data/sparse").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(LimitExceeded):
        await read.call({"path": "data/sparse"}, allowed)
    found = await search.call({"text": "x", "path": "data"}, allowed)
    assert found["files"] == 1


async def test_folders_without_end_are_left(house: Path, allowed: ToolContext) -> None:
    (house / "data" / "/".join(["d"] * 120)).mkdir(parents=True)
    with pytest.raises(LimitExceeded, match="within folders"):
        await glob.call({"path": "data", "pattern": "**"}, allowed)


async def test_listing_needs_a_grant_for_the_names(house: Path) -> None:
    context = ToolContext(grants=Grants(["fs.read:./data/a.txt"]))
    with pytest.raises(PermissionDenied) as caught:
        await list_.call({"path": "data"}, context)
    assert caught.value.context["grant"] == f"fs.read:{house}/data/"
    one = ToolContext(grants=Grants([caught.value.context["grant"]]))
    assert (await list_.call({"path": "data"}, one))["entries"]
    with pytest.raises(PermissionDenied):
        await read.call({"path": "data/a.txt"}, one)


async def test_odd_names_and_times_are_told_all_the_same(house: Path, allowed: ToolContext) -> None:
    odd = house / "data/sub" / os.fsdecode(b"\xff\n;name")
    odd.write_text("needle")
    os.utime(odd, (0, 2**36))
    for tool, arguments in [
        (list_, {"path": "data/sub"}),
        (glob, {"path": "data/sub", "pattern": "*"}),
        (search, {"path": "data/sub", "text": "needle"}),
    ]:
        value = await tool.call(arguments, allowed)
        assert "?\\n;name" in msgspec.json.encode(value).decode()


@pytest.mark.skipif(not os.path.exists("/proc/kmsg"), reason="needs Linux")
async def test_a_file_that_would_wait_for_ever_does_not(house: Path) -> None:
    os.mkfifo(house / "data/pipe")
    for path in ("/proc/kmsg", "/proc/self/mem", "data/pipe"):
        with contextlib.suppress(ToolError):
            await read.call({"path": path, "encoding": "base64"}, ToolContext())
