from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from polyspell.errors import NotFoundError, ValidationError
from polyspell.memory import InMemoryStore, Item, Memory
from polyspell.messages import Message, Text, Thinking, ToolCall, ToolResult
from polyspell.testing import MemoryStoreContract


class TestInMemoryStore(MemoryStoreContract):
    def make_store(self) -> InMemoryStore:
        return InMemoryStore()


class SlowStore(InMemoryStore):
    """One that waits, as those on disk do, and can search by itself."""

    async def append(self, items: Sequence[Item]) -> None:
        await asyncio.sleep(0)
        await super().append(items)

    async def items(self) -> list[Item]:
        await asyncio.sleep(0)
        return await super().items()

    async def search(self, query: str, limit: int) -> list[Item]:
        return [i for i in await self.items() if query in i.message.text][:limit]


def test_a_memory_serves_one_event_loop_after_the_other() -> None:
    memory = Memory(SlowStore())

    async def work() -> None:
        await asyncio.gather(*[memory.add(f"{n}") for n in range(20)])

    asyncio.run(work())
    asyncio.run(work())
    assert len(asyncio.run(memory.items())) == 40


async def test_changes_at_the_same_time_are_all_kept() -> None:
    memory = Memory(SlowStore())
    (id_,) = await memory.add("the text")
    await asyncio.gather(
        memory.update(id_, text="another text"),
        memory.update(id_, pinned=True),
        memory.update(id_, metadata={"a": 1}),
    )
    item = await memory.get(id_)
    assert (item.message.text, item.message.pinned, item.metadata) == (
        "another text",
        True,
        {"a": 1},
    )


async def test_changing_a_text_leaves_the_other_parts() -> None:
    memory = Memory()
    call = ToolCall("1", "f")
    said = Message("assistant", [Thinking("hm", "signed"), Text("a"), call, Text("b")])
    (id_,) = await memory.add(said)
    assert (await memory.update(id_, text="c")).message.parts == [
        Thinking("hm", "signed"),
        Text("c"),
        call,
    ]
    (id_,) = await memory.add(Message("assistant", [call]))
    assert (await memory.update(id_, text="c")).message.parts == [Text("c"), call]


async def test_what_is_too_old_is_forgotten_unless_it_is_pinned() -> None:
    store = SlowStore()
    memory = Memory(store, ttl=60)
    old = time.time() - 61
    await store.append([Item("1", Message.user("old"), old)])
    await store.append([Item("2", Message("user", [Text("old but pinned")], pinned=True), old)])
    await memory.add("new and not old")
    assert [m.text for m in await memory.messages()] == ["old but pinned", "new and not old"]
    assert [i.id for i in await memory.search("old")][:1] == ["2"]
    assert len(await memory.search("old")) == 2
    with pytest.raises(NotFoundError, match="too old"):
        await memory.get("1")


async def test_a_model_sees_no_half_of_a_tool_exchange() -> None:
    memory = Memory()
    ids = await memory.add(
        [
            Message.user("u"),
            Message("assistant", [ToolCall("1", "f")]),
            Message("tool", [ToolResult("1", "f", "x")]),
            Message.assistant("a"),
        ]
    )
    await memory.delete(ids[1])
    assert [m.text for m in await memory.messages()] == ["u", "a"]


async def test_a_search_by_words_gives_the_best_first_and_the_newest_of_equals() -> None:
    memory = Memory()
    await memory.add("a red house")
    await memory.add("a red, big house!")
    await memory.add("a green tree")
    await memory.add("my RED big car")
    found = await memory.search("big red house")
    assert [i.message.text for i in found] == ["a red, big house!", "my RED big car", "a red house"]
    assert await memory.search("nothing", limit=1) == []
    assert len(await memory.search("a", limit=2)) == 2


@pytest.mark.parametrize("snapshot", [{}, {"items": 1}, {"items": [{"id": "1"}]}, [], None])
async def test_what_is_no_snapshot_changes_nothing(snapshot: object) -> None:
    memory = Memory()
    await memory.add("kept")
    with pytest.raises(ValidationError, match="Not a snapshot"):
        await memory.restore(snapshot)  # type: ignore[arg-type]
    assert len(await memory.items()) == 1
