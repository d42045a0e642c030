"""The contract of memory stores: subclass it and make stores."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from polyspell.errors import NotFoundError
from polyspell.memory import Item, Memory, MemoryStore
from polyspell.messages import Media, Message, Text, ToolCall, ToolResult


class MemoryStoreContract:
    """What every memory store is held to. `make_store` gives an empty one each time; `reopen` gives
    a second view of the same data where the store outlives the process, None where it does not."""

    def make_store(self) -> MemoryStore:
        """An empty store."""
        raise NotImplementedError

    def reopen(self, store: MemoryStore) -> MemoryStore | None:
        """The same data, opened again."""
        return None

    def test_what_is_appended_comes_back_in_order(self) -> None:
        """Every kind of part, unchanged."""
        messages = [
            Message.user("søk 🔍", Media("image/png", b"\0\xff", name="x.png")),
            Message.assistant(ToolCall("1", "find", '{"q": "x"}')),
            Message("tool", [ToolResult("1", "find", "[1]", [1])]),
            Message("assistant", [Text("done")], pinned=True, metadata={"a": [None, 1.5]}),
        ]

        async def work() -> list[Item]:
            memory = Memory(self.make_store())
            await memory.add(messages[:2])
            await memory.add(messages[2:])
            return await memory.items()

        items = asyncio.run(work())
        assert [item.message for item in items] == messages
        assert len({item.id for item in items}) == 4

    def test_replacing_is_all_or_nothing(self) -> None:
        """After it exactly the new items are there."""

        async def work() -> list[Item]:
            store = self.make_store()
            await store.append([_item("a"), _item("b"), _item("c")])
            await store.replace([_item("c"), _item("a")])
            return await store.items()

        assert [item.id for item in asyncio.run(work())] == ["c", "a"]

    def test_items_can_be_found_changed_and_deleted(self) -> None:
        """Through Memory, as users do."""

        async def work() -> Any:
            memory = Memory(self.make_store())
            first = (await memory.add("the cat sat"))[0]
            second = (await memory.add("dogs bark"))[0]
            found = await memory.search("cat")
            await memory.update(second, text="dogs sleep", metadata={"seen": True})
            assert await memory.delete(first)
            assert not await memory.delete(first)
            with pytest.raises(NotFoundError):
                await memory.get(first)
            return found, await memory.items()

        found, items = asyncio.run(work())
        assert found[0].message.text == "the cat sat"
        assert [(i.message.text, i.metadata) for i in items] == [("dogs sleep", {"seen": True})]

    def test_concurrent_additions_are_all_kept(self) -> None:
        """Nothing is lost where many write at once."""

        async def work() -> list[Item]:
            memory = Memory(self.make_store())
            await asyncio.gather(*[memory.add(f"message {n}") for n in range(50)])
            return await memory.items()

        assert {i.message.text for i in asyncio.run(work())} == {f"message {n}" for n in range(50)}

    def test_a_snapshot_restores_everything(self) -> None:
        """Into another store."""

        async def work() -> tuple[list[Item], list[Item]]:
            memory, other = Memory(self.make_store()), Memory(self.make_store())
            await memory.add(["a", "b"][0])
            await memory.add(Message.user("x", Media("image/png", b"\x01")))
            await other.restore(await memory.snapshot())
            return await memory.items(), await other.items()

        first, second = asyncio.run(work())
        assert first == second

    def test_what_was_appended_outlives_the_store(self) -> None:
        """Where it is made to."""

        async def work() -> list[Item] | None:
            store = self.make_store()
            await store.append([_item("a")])
            again = self.reopen(store)
            return None if again is None else await again.items()

        items = asyncio.run(work())
        assert items is None or [item.id for item in items] == ["a"]


def _item(name: str) -> Item:
    return Item(name, Message.user(name), 1.0)
