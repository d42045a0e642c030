"""Conversations in files: kept, listed, branched, searched, and not lost to a writer's end."""

from __future__ import annotations

from pathlib import Path

import pytest
from polyspell.errors import NotFoundError, ValidationError
from polyspell.memory import Conversations, FileStore, Item, Memory
from polyspell.messages import Message
from polyspell.testing import MemoryStoreContract


class TestFileStore(MemoryStoreContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self._folder, self._count = tmp_path, 0

    def make_store(self) -> FileStore:
        self._count += 1
        return FileStore(self._folder / f"{self._count}.jsonl")

    def reopen(self, store: FileStore) -> FileStore:  # type: ignore[override]
        return FileStore(store.path)


async def test_conversations_are_listed_branched_and_searched(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "c")
    assert await kept.all() == []
    memory = kept.open("first")
    await memory.add([Message.user("Tell me of cats."), Message.assistant("They purr.")])
    branch = await kept.branch("first", at=1, to="second")
    await branch.add("And of dogs?")
    assert [(i.id, i.title, i.messages) for i in await kept.all()] == [
        ("second", "Tell me of cats.", 2),
        ("first", "Tell me of cats.", 2),
    ]
    assert await kept.latest() == "second"
    assert (await kept.search("dogs"))[0]["id"] == "second"
    kept.delete("second")
    with pytest.raises(NotFoundError):
        await kept.existing("second")


@pytest.mark.parametrize("id", ["../x", "/x", "", "a/b", ".x"])
def test_an_id_cannot_leave_the_folder(tmp_path: Path, id: str) -> None:
    with pytest.raises(ValidationError):
        Conversations(tmp_path).open(id) if id else Conversations(tmp_path)._file(id)


async def test_a_line_cut_off_while_it_was_written_is_left_out_and_spoils_nothing(
    tmp_path: Path,
) -> None:
    store = FileStore(tmp_path / "x.jsonl")
    await store.append([Item("a", Message.user("one"), 1.0)])
    with store.path.open("ab") as file:
        file.write(b'{"id":"b","message":{"ro')
    assert [i.id for i in await store.items()] == ["a"]
    await store.append([Item("c", Message.user("three"), 2.0)])
    assert [i.id for i in await store.items()] == ["a", "c"]


async def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(ValidationError, match="line 1"):
        await Memory(FileStore(tmp_path / "x.jsonl")).items()


async def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "new/x.jsonl")
    await store.append([Item("a", Message.user("one"), 1.0)])
    assert store.path.stat().st_mode & 0o777 == 0o600
    await store.replace([])
    assert store.path.stat().st_mode & 0o777 == 0o600
