"""The pieces of tool calls."""

from __future__ import annotations

from typing import Any

import msgspec
from polyspell.messages import ToolCallDelta
from polyspell.providers.extras import rest

_KNOWN = frozenset({"index", "id", "type", "function"})


class Calls:
    """Tells parallel calls apart. A server should number them, and name each once; some leave the
    number out, give one number to several calls, or repeat the id with each piece."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._seen: list[tuple[int | None, str | None]] = []  # the server's index and the id

    @property
    def any(self) -> bool:
        """Whether a call has begun."""
        return bool(self._seen)

    def delta(self, call: dict[str, Any]) -> ToolCallDelta:
        """A piece as a delta, under our own number."""
        function = call.get("function") or {}
        arguments = function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            arguments = msgspec.json.encode(arguments).decode()
        id, name = call.get("id") or None, function.get("name") or None
        number = self._number(call.get("index"), id, name)
        extra = rest(call, _KNOWN)
        if extra:
            extra["provider"] = self._provider  # no other may be told
        return ToolCallDelta(number, id, name, arguments or "", extra or None)

    def _number(self, index: int | None, id: str | None, name: str | None) -> int:
        whole = index is None and id is None and name is not None
        for number in range(len(self._seen) - 1, -1, -1):
            place, known = self._seen[number]
            same_id = id in (None, known) or (known is None and index is not None)
            if index in (None, place) and same_id and not whole:
                self._seen[number] = (place, known or id)
                return number
        self._seen.append((index, id))
        return len(self._seen) - 1
