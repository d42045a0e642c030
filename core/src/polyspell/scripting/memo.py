"""What pure functions gave, kept for the next call with the same arguments.

A key is the call itself in msgpack: who is called, and the arguments exactly as the script gave
them. 1, 1.0 and true are different, and so are tables whose names come in another order: what is
made of them (JSON, say) may be. Values are kept in msgpack, too: whoever gets one gets his own.

What does not go into plain msgpack is not kept: calls with functions, handles or huge numbers in
them, values that hold such, errors.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec

from polyspell.scripting.types import FLAT
from polyspell.scripting.values import Record

ENTRIES, SIZE = 1_000, 2**20
"""Values that one script's memo keeps, and their bytes with those of their keys."""
MOST = 64 * 2**10
"""Bytes of a key, and of a value, that is kept."""
_OVERHEAD = 300  # bytes of an entry besides its key and value
_RECORD = 1

Make = Callable[[], Any]
Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


class Memo:
    """The memo of a script.

    Args:
        show: makes of a host's value what a script may see of it.
        spawn: starts a task that ends with the script.
        entries: the most values that are kept; the one that was not asked for longest goes first.
        size: the most bytes that they are.
    """

    def __init__(
        self,
        show: Callable[[Any], Any],
        spawn: Spawn,
        entries: int = ENTRIES,
        size: int = SIZE,
    ) -> None:
        self._show, self._spawn = show, spawn
        self._entries, self._size = entries, size
        self._kept: OrderedDict[bytes, tuple[int, bytes]] = OrderedDict()
        self._owned: dict[int, set[bytes]] = {}
        self._running: dict[bytes, asyncio.Task[tuple[Any, bytes | None]]] = {}
        self._forbidden = 0
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def forbid(self) -> None:
        """What is worked out now depends on more than its arguments, on a grant say: do not keep
        it. With functions that wait, others that are under way are not kept either."""
        self._forbidden += 1

    def call(self, owner: int | None, name: str, arguments: list[Any], make: Make) -> Any:
        """The value of a call: the kept one, or else what `make` gives.

        Args:
            owner: the number of the handle that is called, 0 for a module; None keeps nothing.
            name: what is called.
            arguments: as the script gave them.
            make: works the value out.
        """
        key = _key(owner, name, arguments)
        if key is None or owner is None:
            return self._show(make())
        packed = self._find(key)
        if packed is not None:
            return _DECODE(packed)
        before = self._forbidden
        value = self._show(make())
        if self._forbidden == before:
            self._keep(owner, key, value)
        return value

    async def wait(
        self, owner: int | None, name: str, arguments: list[Any], make: Callable[[], Awaitable[Any]]
    ) -> Any:
        """The same for a function that waits. Equal calls at one time work it out once; it goes on
        when the first of them is given up."""
        key = _key(owner, name, arguments)
        if key is None or owner is None:
            return self._show(await make())
        packed = self._find(key)
        if packed is not None:
            return _DECODE(packed)
        work = self._running.get(key)
        if work is not None:
            packed = (await asyncio.shield(work))[1]
            return self._show(await make()) if packed is None else _DECODE(packed)
        work = self._running[key] = self._spawn(self._work(owner, key, make))
        work.add_done_callback(lambda work: self._done(key, work))
        return (await asyncio.shield(work))[0]

    async def _work(
        self, owner: int, key: bytes, make: Callable[[], Awaitable[Any]]
    ) -> tuple[Any, bytes | None]:
        """A value, and it packed if others may have it."""
        before = self._forbidden
        value = self._show(await make())
        return value, self._keep(owner, key, value) if self._forbidden == before else None

    def _done(self, key: bytes, work: asyncio.Task[Any]) -> None:
        del self._running[key]
        if not work.cancelled():
            work.exception()  # it is told to those who wait; there may be none any more

    def drop(self, owner: int) -> None:
        """Forget what a handle gave."""
        for key in self._owned.pop(owner, ()):
            self.size -= _cost(key, self._kept.pop(key)[1])

    def _find(self, key: bytes) -> bytes | None:
        entry = self._kept.get(key)
        if entry is None:
            return None
        self._kept.move_to_end(key)
        return entry[1]

    def _keep(self, owner: int, key: bytes, value: Any) -> bytes | None:
        packed = _packed(value)
        if packed is None or key in self._kept:
            return packed
        self._kept[key] = owner, packed
        self.size += _cost(key, packed)
        if owner:
            self._owned.setdefault(owner, set()).add(key)
        while len(self._kept) > self._entries or self.size > self._size:
            self._forget_oldest()
        return packed

    def _forget_oldest(self) -> None:
        key, (owner, packed) = self._kept.popitem(last=False)
        self.size -= _cost(key, packed)
        if owner:
            owned = self._owned[owner]
            owned.discard(key)
            if not owned:
                del self._owned[owner]


def _cost(key: bytes, packed: bytes) -> int:
    return len(key) + len(packed) + _OVERHEAD


def _own(value: Any) -> msgspec.msgpack.Ext:
    if type(value) is not Record:
        raise NotImplementedError("only plain values are kept")
    return msgspec.msgpack.Ext(_RECORD, _ENCODE([value.type, value.fields]))


def _record(code: int, content: memoryview) -> Record:
    return Record(*_DECODE(content))


_ENCODE = msgspec.msgpack.Encoder(enc_hook=_own).encode
_DECODE = msgspec.msgpack.Decoder(ext_hook=_record).decode
_UNFIT = (TypeError, ValueError, OverflowError, NotImplementedError, RecursionError)


def _key(owner: int | None, name: str, arguments: list[Any]) -> bytes | None:
    try:
        key = _ENCODE((owner, name, arguments))
    except _UNFIT:
        return None
    return key if len(key) <= MOST else None


def _packed(value: Any) -> bytes | None:
    try:
        packed = _ENCODE(value)
    except _UNFIT:
        return None
    return packed if len(packed) <= MOST and _plain(value) else None


def _plain(value: Any) -> bool:
    """Whether a value comes out of msgpack as it went in: a set, say, would be a list."""
    kind = type(value)
    if kind is Record:
        return _plain(value.fields)
    if kind is not dict and kind is not list:
        return kind in FLAT
    items = value if kind is list else value.values()
    return FLAT.issuperset(map(type, items)) or all(map(_plain, items))
