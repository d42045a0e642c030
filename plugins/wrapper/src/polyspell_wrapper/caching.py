"""A tool whose answers are kept for the same arguments."""

from __future__ import annotations

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from polyspell.tools import Tool, ToolContext, ToolOutput

from polyspell_wrapper.wrapped import Wrapped


def cached(
    tool: Tool,
    *,
    ttl: float | None = None,
    size: int = 256,
    vary: Callable[[ToolContext], Any] | None = None,
) -> Cached:
    """A tool that is asked once for the same arguments.

    Callers with other grants have answers of their own: what one may read is not told to another.
    Failures are not kept.

    Args:
        tool: the tool; its answer must depend on the arguments (and on what `vary` gives) alone.
        ttl: seconds for which an answer is kept; None for as long as there is room.
        size: how many answers are kept; those not used for the longest time go first.
        vary: gives what else the answer depends on, such as the user in `context.context`.
    """
    return Cached(tool, ttl, size, vary)


class Cached(Wrapped):
    """See `cached`. `hits` and `misses` count."""

    def __init__(
        self, inner: Tool, ttl: float | None, size: int, vary: Callable[[ToolContext], Any] | None
    ) -> None:
        super().__init__(inner)
        self._ttl, self._size, self._vary = ttl, size, vary
        self._kept: OrderedDict[bytes, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = self.misses = 0

    async def invoke(self, checked: dict[str, Any], context: ToolContext) -> Any:
        """The answer that was kept, or the tool's."""
        key = self._key(checked, context)
        with self._lock:
            at, value = self._kept.get(key, (0.0, None))
            fresh = key in self._kept and (self._ttl is None or time.monotonic() - at < self._ttl)
            if fresh:
                self.hits += 1
                self._kept.move_to_end(key)
                return copy.deepcopy(value)
            self.misses += 1
        value = await self.inner.invoke(checked, context)
        if not (isinstance(value, ToolOutput) and value.error):
            with self._lock:
                self._kept[key] = (time.monotonic(), copy.deepcopy(value))
                self._kept.move_to_end(key)
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget all answers."""
        with self._lock:
            self._kept.clear()

    def _key(self, checked: dict[str, Any], context: ToolContext) -> bytes:
        vary = self._vary(context) if self._vary is not None else None
        told = (checked, context.grants.key(), vary)
        return msgspec.json.encode(told, order="deterministic", enc_hook=repr)
