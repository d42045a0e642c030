"""Conversations that are kept: saved, listed, resumed, branched, searched."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import msgspec

from polyspell.errors import NotFoundError, ValidationError
from polyspell.events.span import new_id
from polyspell.memory.files import FileStore
from polyspell.memory.memory import Memory

_ID = re.compile(r"[A-Za-z0-9][\w.-]*")


class ConversationInfo(msgspec.Struct):
    """A kept conversation. `title` is what was said first; `time` is of the last change, in
    seconds since 1970."""

    id: str
    title: str
    messages: int
    time: float


class Conversations:
    """Conversations in a folder, a file each.

    Args:
        folder: where; made when it is needed.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def open(self, id: str | None = None, **window: Any) -> Memory:
        """A conversation to go on with, as a memory; a new one without an id.

        Args:
            id: of the conversation; one that is not there begins with it.
            window: `max_messages` and the like, see Memory.

        Raises:
            ValidationError: the id cannot be one.
        """
        id = id or f"{time.strftime('%Y%m%d-%H%M%S')}-{new_id()[-4:]}"
        return Memory(FileStore(self._file(id)), name=id, **window)

    async def existing(self, id: str) -> Memory:
        """A conversation that is there.

        Raises:
            NotFoundError: there is none of that id.
        """
        self._existing(id)
        return self.open(id)

    async def all(self) -> list[ConversationInfo]:
        """All conversations, the last changed first."""
        found = []
        for file in self._folder.glob("*.jsonl"):
            found.append(await self._info(file))
        return sorted(found, key=lambda info: -info.time)

    async def latest(self) -> str:
        """The id of the conversation that was changed last.

        Raises:
            NotFoundError: there is none.
        """
        known = await self.all()
        if not known:
            raise NotFoundError("No conversation is kept.", hint="polyspell chat keeps them.")
        return known[0].id

    async def branch(self, id: str, *, at: int | None = None, to: str | None = None) -> Memory:
        """A new conversation that begins like another one.

        Args:
            id: of the other.
            at: how many of its messages; None for all.
            to: the new one's id.

        Raises:
            NotFoundError: there is no such conversation.
        """
        items = await self._existing(id).items()
        memory = self.open(to)
        await memory.store.append(items if at is None else items[:at])
        return memory

    async def search(self, query: str, *, limit: int = 10) -> list[dict[str, Any]]:
        """The messages that fit words best, over all conversations: `{id, role, text, score}`."""
        words = set(re.findall(r"\w+", query.lower()))
        found = []
        for file in self._folder.glob("*.jsonl"):
            for item in await FileStore(file).items():
                text = item.message.text
                score = len(words & set(re.findall(r"\w+", text.lower())))
                if score:
                    role = item.message.role
                    found.append((score, {"id": file.stem, "role": role, "text": text}))
        best = sorted(found, key=lambda f: -f[0])[:limit]
        return [{**about, "score": score} for score, about in best]

    def delete(self, id: str) -> None:
        """Delete a conversation.

        Raises:
            NotFoundError: there is none of that id.
        """
        self._existing(id).path.unlink()

    async def _info(self, file: Path) -> ConversationInfo:
        items = await FileStore(file).items()
        said = [i.message.text for i in items if i.message.role == "user" and i.message.text]
        title = " ".join(said[0].split())[:60] if said else ""
        return ConversationInfo(file.stem, title, len(items), items[-1].time if items else 0.0)

    def _existing(self, id: str) -> FileStore:
        file = self._file(id)
        if not file.exists():
            raise NotFoundError(f"No conversation {id!r}.", hint="List them first.")
        return FileStore(file)

    def _file(self, id: str) -> Path:
        if not _ID.fullmatch(id):
            raise ValidationError(
                f"{id!r} cannot be the id of a conversation.",
                hint="Use letters, digits, dots, - and _.",
            )
        return self._folder / f"{id}.jsonl"
