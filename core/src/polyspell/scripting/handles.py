"""The objects of the host that a script holds."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Any

from polyspell.aio import GRACE, reap
from polyspell.errors import NotFoundError
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.values import HandleRef

log = logging.getLogger("polyspell.scripting")


class Handles:
    """Handles of one spell by the numbers that its script knows.

    Args:
        name: of the script.
        charge: told how many bytes a handle costs the host before it gets its number; may raise.
        forget: told the number of each that is dropped.
    """

    def __init__(
        self, name: str, charge: Callable[[int], None], forget: Callable[[int], None]
    ) -> None:
        self._name, self._charge, self._forget = name, charge, forget
        self._closing: set[asyncio.Task[Any]] = set()
        self._handles: dict[int, ApiHandle] = {}
        self._numbers: dict[int, int] = {}
        self._used: Counter[int] = Counter()
        self._unused: dict[int, ApiHandle] = {}  # dropped while they are used
        self._next = 1

    def __len__(self) -> int:
        """How many the script holds."""
        return len(self._handles)

    def forget_numbers(self) -> None:
        """Numbers that the script holds from another host stand for nothing here, now or later."""
        self._next = 1 + secrets.randbits(40)

    def reference(self, handle: ApiHandle) -> HandleRef:
        """What a script holds for a handle: the same as long as it holds it."""
        number = self._numbers.get(id(handle))
        if number is None:
            self._charge(handle.weight)
            number, self._next = self._next, self._next + 1
            self._handles[number] = handle
            self._numbers[id(handle)] = number
        return HandleRef(number, handle.api_name)

    def get(self, ref: HandleRef) -> ApiHandle:
        """The object of a handle.

        Raises:
            NotFoundError: the script has dropped it, or made it up.
        """
        found = self._handles.get(ref.id)
        if found is None or found.api_name != ref.type:
            raise NotFoundError(f"There is no such {ref.type}.", hint="Was it closed?")
        return found

    def number(self, owner: ApiHandle | ApiModule) -> int | None:
        """The number of a handle; None where the script holds it no more. That of a module is 0."""
        return self._numbers.get(id(owner)) if isinstance(owner, ApiHandle) else 0

    def use(self, handles: list[ApiHandle]) -> None:
        """A call with these begins: what the script drops of them is not closed before `free`."""
        self._used.update(map(id, handles))

    def free(self, handles: list[ApiHandle]) -> None:
        """The call with these is over."""
        self._used.subtract(map(id, handles))
        for key in {id(handle) for handle in handles if self._used[id(handle)] <= 0}:
            del self._used[key]
            dropped = self._unused.pop(key, None)
            if dropped is not None and key not in self._numbers:  # the script may have it again
                self._close(dropped)

    def drop(self, numbers: list[int]) -> int:
        """The script holds these no more: they are closed. Gives how many there were."""
        found = [self._handles.pop(n) for n in numbers if n in self._handles]
        for handle in found:
            self._forget(self._numbers.pop(id(handle), 0))
            if id(handle) in self._used:
                self._unused[id(handle)] = handle
            else:
                self._close(handle)
        return len(found)

    async def end(self) -> None:
        """Close all that there are, and wait for those that take their time."""
        self._used.clear()  # those who do are gone
        self.drop(list(self._handles))
        while self._unused:
            self._close(self._unused.popitem()[1])
        if self._closing:
            _, late = await asyncio.wait(self._closing, timeout=GRACE)
            await reap(*late)

    def _close(self, handle: Any) -> None:
        if handle.lasts:
            return
        try:
            result = handle.close() if hasattr(handle, "close") else None
        except Exception as error:
            self._failed(error)
            return
        if asyncio.iscoroutine(result):
            task = asyncio.get_running_loop().create_task(result)
            self._closing.add(task)
            task.add_done_callback(self._closed)

    def _closed(self, task: asyncio.Task[Any]) -> None:
        self._closing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        log.warning("A handle of %s could not be closed", self._name, exc_info=error)
