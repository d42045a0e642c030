"""A store in a file: a JSON object a line, appended; rewritten whole when something is changed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from polyspell.errors import ValidationError
from polyspell.memory.items import Item

R = TypeVar("R")
_decoder = msgspec.json.Decoder(Item)


class FileStore:
    """Keeps items in a file. What `append` was given is on the disk when it returns.

    Args:
        path: the file; its folder is made when it is needed, readable by its owner only.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    async def append(self, items: Sequence[Item]) -> None:
        """Add items at the end."""
        data = b"".join(msgspec.json.encode(item) + b"\n" for item in items)
        await _in_thread(lambda: self._append(data))

    async def items(self) -> list[Item]:
        """All items in order.

        Raises:
            ValidationError: a line is damaged; names it. A last line that was cut off while it was
                written is left out.
        """
        return await _in_thread(self._items)

    async def replace(self, items: Sequence[Item]) -> None:
        """Let these be all items, all or nothing."""
        data = b"".join(msgspec.json.encode(item) + b"\n" for item in items)
        await _in_thread(lambda: self._replace(data))

    def _append(self, data: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            size = file.tell()
            if size:  # half a line of a writer that was stopped must not spoil the next
                last = os.pread(file.fileno(), 1, size - 1) if hasattr(os, "pread") else b"\n"
                data = data if last == b"\n" else b"\n" + data
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _items(self) -> list[Item]:
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        found = []
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                found.append(_decoder.decode(line))
            except msgspec.DecodeError as error:
                if not line.rstrip().endswith(b"}"):  # cut off while it was written
                    continue
                raise ValidationError(
                    f"{self.path}, line {number}, is damaged: {error}.",
                    hint="Correct or delete that line.",
                ) from error
        return found

    def _replace(self, data: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)


async def _in_thread(work: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(None, work)
