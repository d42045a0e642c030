"""The module `memory`."""

from __future__ import annotations

from typing import Any

from polyspell.errors import NotFoundError, ValidationError
from polyspell.memory import Item, Memory
from polyspell.scripting.api.messages import from_message, to_message
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.types import Table
from polyspell.scripting.values import require_numbers, verify


class MemoryHandle(ApiHandle):
    """What an agent remembers."""

    api_name = "Memory"

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(
        self,
        message: str | Table,
        *,
        metadata: Table | None = None,
        pinned: bool = False,
    ) -> str:
        """Remember a message; gives its id.

        Args:
            message: what a user said, or `{role, text}`.
            metadata: named values that belong to it.
            pinned: never drop it.
        """
        if isinstance(message, dict):
            message = dict(message)
            metadata = message.pop("metadata", metadata)
            pinned = message.pop("pinned", pinned)
            message.setdefault("role", "user")
            said: Any = to_message(message)
        else:
            said = message
        verify(metadata, "metadata")
        return (await self._memory.add(said, metadata=metadata, pinned=pinned))[0]

    async def messages(self, *, limit: int | None = None) -> list[Table]:
        """What a model would see of it: `{role, text, parts}`, oldest first.

        Args:
            limit: how many at most.
        """
        return [from_message(m) for m in await self._memory.messages(limit=limit)]

    async def search(
        self, query: str, *, limit: int = 10, where: Table | None = None
    ) -> list[Table]:
        """What fits a query best: `{id, role, text, metadata, time}`.

        Args:
            query: words.
            limit: how many at most.
            where: metadata that must be equal.
        """
        found = await self._memory.search(query, limit=limit if not where else 1000)
        fitting = [i for i in found if _has(i.metadata, where or {})]
        return [_item(i) for i in fitting[:limit]]

    async def get(self, id: str) -> Table:
        """One message.

        Args:
            id: as `add` gave it.
        """
        return _item(await self._memory.get(id))

    async def update(
        self,
        id: str,
        *,
        text: str | None = None,
        metadata: Table | None = None,
        pinned: bool | None = None,
    ) -> Table:
        """Change a message; gives it.

        Args:
            id: as `add` gave it.
            text: another text.
            metadata: other metadata.
            pinned: whether it is never dropped.
        """
        verify(metadata, "metadata")
        item = await self._memory.update(id, text=text, metadata=metadata, pinned=pinned)
        return _item(item)

    async def delete(self, id: str) -> bool:
        """Forget a message; whether it was there.

        Args:
            id: as `add` gave it.
        """
        return await self._memory.delete(id)

    async def snapshot(self) -> Table:
        """All that is remembered, as plain data."""
        return await self._memory.snapshot()

    async def restore(self, snapshot: Table) -> None:
        """Remember exactly what a snapshot holds.

        Args:
            snapshot: what `snapshot` gave.
        """
        await self._memory.restore(snapshot)

    async def stats(self) -> Table:
        """How much is remembered: `{messages, tokens}`; tokens are estimated."""
        stats = await self._memory.stats()
        return {"messages": stats.messages, "tokens": stats.tokens}

    async def clear(self) -> None:
        """Forget everything."""
        await self._memory.clear()


class MemoryModule(ApiModule):
    """Memory: what agents remember between runs."""

    name = "memory"

    def create(
        self,
        *,
        type: str = "conversation",
        name: str | None = None,
        max_messages: int | None = None,
        max_tokens: int | None = None,
        ttl: float | None = None,
        options: Table | None = None,
    ) -> MemoryHandle:
        """Make a memory; kinds other than "conversation" need the grant `memory:TYPE`.

        Args:
            type: "conversation", or a kind that a plugin brings.
            name: for `open`.
            max_messages: the most messages that a model sees.
            max_tokens: the most tokens that a model sees, estimated.
            ttl: seconds after which a message is forgotten.
            options: the kind's own settings.
        """
        options = options or {}
        verify(options, "options")
        require_numbers(options, "options")
        if type != "conversation":
            self.spell.grants.require(f"memory:{type}")
            known = {"name", "max_messages", "max_tokens", "ttl"}
        else:  # what else there is takes the host's own objects
            known = set(options)
        if taken := known & options.keys():
            raise ValidationError(
                f"options cannot have {min(taken)!r}.", hint="They are a plugin's own settings."
            )
        memory = self.spell.host.memory(
            type,
            name=name,
            max_messages=max_messages,
            max_tokens=max_tokens,
            ttl=ttl,
            **options,
        )
        if name:
            self.spell.memories[name] = memory
        return MemoryHandle(memory)

    def open(self, name: str) -> MemoryHandle:
        """A memory that this script made.

        Args:
            name: of the memory.
        """
        if name not in self.spell.memories:
            raise NotFoundError(f"There is no memory {name!r}.", hint="memory.create makes one.")
        return MemoryHandle(self.spell.memories[name])

    def list_(self) -> list[str]:
        """The names of the memories that this script made."""
        return list(self.spell.memories)


def _has(metadata: dict[str, Any], where: dict[str, Any]) -> bool:
    return all(metadata.get(key) == value for key, value in where.items())


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.id, "role": item.message.role, "text": item.message.text,
        "metadata": item.metadata, "time": item.time, "pinned": item.message.pinned,
    }  # fmt: skip
