"""What a script gave to the host with a call, held until the call is over."""

from __future__ import annotations

import contextlib
from typing import Any

from polyspell.errors import NotFoundError
from polyspell.scripting.declare import ApiHandle
from polyspell.scripting.types import FLAT, Resolve
from polyspell.scripting.values import FunctionRef, HandleRef, Record


class Held:
    """What references in arguments stand for, looked up when the call comes: when it runs, the
    script may have dropped its handles. It is a `Resolve`, for these arguments and what a hook
    makes of them, once or several times: a function is given back to the script once.

    Args:
        arguments: as the script gave them.
        look_up: finds what a reference stands for, now.
        owner: what is called.
    """

    def __init__(self, arguments: list[Any], look_up: Resolve, owner: Any = None) -> None:
        self._look_up = look_up
        self._found: dict[int, tuple[Any, Any]] = {}
        self._hold(arguments)
        used = [owner, *(found for _, found in self._found.values())]
        self.handles = [each for each in used if isinstance(each, ApiHandle)]

    def _hold(self, value: Any) -> None:
        kind = type(value)
        if kind is Record:
            self._hold(value.fields)
        elif kind is list or kind is dict:
            items = value if kind is list else value.values()
            if not FLAT.issuperset(map(type, items)):
                for item in items:
                    self._hold(item)
        elif kind is HandleRef or kind is FunctionRef:
            with contextlib.suppress(NotFoundError):  # told where it is used
                self._found[id(value)] = value, self._look_up(value)

    def __call__(self, value: Any) -> Any:
        """What a reference stands for. Raises as `look_up`."""
        found = self._found.get(id(value))
        if found is None:  # a hook may have copied it
            found = next((each for each in self._found.values() if each[0] == value), None)
        return self._look_up(value) if found is None else found[1]
