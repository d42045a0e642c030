"""The store that comes with the core: a list."""

from __future__ import annotations

from collections.abc import Sequence

from polyspell.memory.items import Item


class InMemoryStore:
    """Keeps items in the process; they end with it."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    async def append(self, items: Sequence[Item]) -> None:
        """Add items at the end."""
        self._items.extend(items)

    async def items(self) -> list[Item]:
        """All items in order."""
        return list(self._items)

    async def replace(self, items: Sequence[Item]) -> None:
        """Let these be all items."""
        self._items = list(items)
