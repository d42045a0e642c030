"""What is remembered, and the protocol of the stores that keep it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from polyspell.messages import Message


class Item(msgspec.Struct, omit_defaults=True):
    """A remembered message. `time` is in seconds since 1970."""

    id: str
    message: Message
    time: float
    metadata: dict[str, Any] = {}


class MemoryStats(msgspec.Struct):
    """How much is remembered; `tokens` is an estimate (see `estimate_tokens`)."""

    messages: int
    tokens: int
    oldest: float | None = None


@runtime_checkable
class MemoryStore(Protocol):
    """Where items are kept. A store may also have `async def search(query, limit) ->
    list[Item]` (better than the word search of Memory) and `async def aclose()`."""

    async def append(self, items: Sequence[Item]) -> None:
        """Add items at the end; durable when it returns."""
        ...

    async def items(self) -> list[Item]:
        """All items in order."""
        ...

    async def replace(self, items: Sequence[Item]) -> None:
        """Let these be all items, all or nothing."""
        ...
