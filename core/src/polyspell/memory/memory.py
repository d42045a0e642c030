"""Memory over a store: a store keeps items, all else is here, once."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from polyspell.aio import LoopLock
from polyspell.errors import NotFoundError, ValidationError
from polyspell.events.span import new_id
from polyspell.memory.items import Item, MemoryStats, MemoryStore
from polyspell.memory.store import InMemoryStore
from polyspell.memory.window import estimate_tokens, whole, window
from polyspell.messages import Message, Text

Summarise = Callable[[list[Message]], Awaitable[str]]


class Memory:
    """What an agent remembers.

    Args:
        store: where it is kept; None in the process.
        max_messages: the most messages that a model gets to see.
        max_tokens: the most tokens (an estimate) that a model gets to see.
        ttl: seconds after which a message that is not pinned is forgotten.
        name: how it is called, for `memory.open` in scripts.
        summarise: makes a text of the messages that no longer fit (see `summarise_with`); the text
            then stands in their place. None drops them from the model's sight.
    """

    def __init__(
        self,
        store: MemoryStore | None = None,
        *,
        max_messages: int | None = None,
        max_tokens: int | None = None,
        ttl: float | None = None,
        name: str | None = None,
        summarise: Summarise | None = None,
    ) -> None:
        self.summarise = summarise
        self.store: MemoryStore = store if store is not None else InMemoryStore()
        self.max_messages = max_messages
        self.max_tokens = max_tokens
        self.ttl = ttl
        self.name = name
        self._lock = LoopLock()

    def fresh(self) -> Memory:
        """An empty one with the same window, kept in the process."""
        return Memory(
            max_messages=self.max_messages,
            max_tokens=self.max_tokens,
            ttl=self.ttl,
            summarise=self.summarise,
        )

    async def add(
        self,
        messages: Message | str | Sequence[Message],
        *,
        metadata: dict[str, Any] | None = None,
        pinned: bool = False,
    ) -> list[str]:
        """Remember messages (a string is a user's message); gives their ids."""
        if isinstance(messages, str):
            messages = Message.user(messages)
        if isinstance(messages, Message):
            messages = [messages]
        if pinned:
            messages = [msgspec.structs.replace(m, pinned=True) for m in messages]
        now = time.time()
        items = [Item(new_id(), message, now, metadata or {}) for message in messages]
        async with self._lock.here():
            await self.store.append(items)
        return [item.id for item in items]

    async def items(self) -> list[Item]:
        """All that is remembered and not too old, oldest first."""
        return self._fresh(await self.store.items())

    def _fresh(self, items: list[Item]) -> list[Item]:
        if self.ttl is None:
            return items
        oldest = time.time() - self.ttl
        return [i for i in items if i.time >= oldest or i.message.pinned]

    async def messages(self, *, limit: int | None = None) -> list[Message]:
        """What a model gets to see: the newest messages within the window, whole turns."""
        limits = [n for n in (limit, self.max_messages) if n is not None]
        most = min(limits) if limits else None
        messages = whole([item.message for item in await self.items()])
        kept = window(messages, most, self.max_tokens)
        if self.summarise is not None and limit is None and len(kept) < len(messages):
            async with self._lock.here():
                await self._sum_up(self.summarise)
            messages = whole([item.message for item in await self.items()])
            kept = window(messages, most, self.max_tokens)
        return kept

    async def _sum_up(self, summarise: Summarise) -> None:
        """Put a summary in the place of what does not fit, the summary before it included."""
        items = await self.items()
        seen = {
            id(m) for m in window([i.message for i in items], self.max_messages, self.max_tokens)
        }
        gone = [i for i in items if id(i.message) not in seen or i.metadata.get("summary")]
        if not any(not i.metadata.get("summary") for i in gone):
            return
        text = await summarise([i.message for i in gone])
        message = Message("user", [Text(f"Summary of what was said before: {text}")], pinned=True)
        new = Item(new_id(), message, time.time(), {"summary": True})
        left = {i.id for i in gone}
        await self.store.replace([new, *(i for i in items if i.id not in left)])

    async def search(self, query: str, *, limit: int = 10) -> list[Item]:
        """The items that fit a query best: the store's own search, or by words in common."""
        search = getattr(self.store, "search", None)
        if search is not None:
            return self._fresh(await search(query, limit))
        wanted = _words(query)
        scored = [(len(wanted & _words(i.message.text)), i) for i in await self.items()]
        best = sorted((s for s in scored if s[0]), key=lambda s: (-s[0], -s[1].time))
        return [item for _, item in best[:limit]]

    async def get(self, id: str) -> Item:
        """One item.

        Raises:
            NotFoundError: there is none of that id.
        """
        for item in await self.items():
            if item.id == id:
                return item
        raise NotFoundError(f"Nothing is remembered as {id!r}.", hint="It may be too old.")

    async def update(
        self,
        id: str,
        *,
        text: str | None = None,
        metadata: dict[str, Any] | None = None,
        pinned: bool | None = None,
    ) -> Item:
        """Change an item's text, metadata or pin; gives the new item.

        Raises:
            NotFoundError: there is none of that id.
        """
        async with self._lock.here():
            item = await self.get(id)
            message = item.message
            if text is not None:
                message = _with_text(message, text)
            if pinned is not None:
                message = msgspec.structs.replace(message, pinned=pinned)
            new = Item(id, message, item.time, item.metadata if metadata is None else metadata)
            items = await self.store.items()
            await self.store.replace([new if i.id == id else i for i in items])
        return new

    async def delete(self, id: str) -> bool:
        """Forget an item; whether it was there."""
        async with self._lock.here():
            items = await self.store.items()
            kept = [i for i in items if i.id != id]
            if len(kept) < len(items):
                await self.store.replace(kept)
        return len(kept) < len(items)

    async def clear(self) -> None:
        """Forget everything."""
        async with self._lock.here():
            await self.store.replace([])

    async def snapshot(self) -> dict[str, Any]:
        """All that is remembered, as JSON data; `restore` takes it."""
        data: dict[str, Any] = msgspec.to_builtins({"version": 1, "items": await self.items()})
        return data

    async def restore(self, snapshot: dict[str, Any]) -> None:
        """Remember exactly what a snapshot holds.

        Raises:
            ValidationError: it is not a snapshot.
        """
        try:
            items = msgspec.convert(snapshot["items"], list[Item])
        except (KeyError, TypeError, msgspec.ValidationError) as error:
            raise ValidationError(f"Not a snapshot of a memory: {error}.") from error
        async with self._lock.here():
            await self.store.replace(items)

    async def stats(self) -> MemoryStats:
        """How much is remembered."""
        items = await self.items()
        tokens = sum(estimate_tokens(i.message) for i in items)
        return MemoryStats(len(items), tokens, items[0].time if items else None)


def _with_text(message: Message, text: str) -> Message:
    """The message with this text where its first was, and its other parts as they are."""
    parts = message.parts
    at = next((i for i, part in enumerate(parts) if isinstance(part, Text)), 0)
    others = [[p for p in half if not isinstance(p, Text)] for half in (parts[:at], parts[at:])]
    return msgspec.structs.replace(message, parts=[*others[0], Text(text), *others[1]])


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
