"""What a calculation may take: steps, seconds and digits."""

from __future__ import annotations

import time
from typing import NoReturn

from polyspell.errors import LimitExceeded

MAX_DIGITS = 4000
"""Digits of a whole number, or of each half of a fraction."""
MAX_BITS = int(MAX_DIGITS * 3.3219)
MAX_ITEMS = 10_000
"""Elements of a list, a set or a matrix."""
SECONDS = 3.0


class Work:
    """Counts what a calculation does. A thread cannot be stopped from outside, so that every loop
    whose length the caller chooses asks here whether it may go on.

    Args:
        seconds: how long it may take; SECONDS if left out.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = SECONDS if seconds is None else seconds
        self._end = time.monotonic() + self._seconds
        self._steps = 0

    def step(self) -> None:
        """Go on, unless the time is over.

        Raises:
            LimitExceeded: it is.
        """
        self._steps += 1
        if not self._steps & 255 and time.monotonic() > self._end:
            refuse("seconds", self._seconds, f"This takes longer than {self._seconds:g} s.")


def refuse(limit: str, allowed: float, message: str) -> NoReturn:
    """Say that a limit was reached."""
    raise LimitExceeded(
        message, hint="Ask for less at once.", context={"limit": limit, "allowed": allowed}
    )


def weighed(value: object, depth: int = 20) -> int:
    """How many elements a value has, those of its elements included.

    Raises:
        LimitExceeded: there are too many, or lists stand within lists too deeply.
    """
    if not isinstance(value, list | frozenset):
        return 1
    if not depth:
        refuse("depth", 20, "Lists stand more than 20 deep within lists.")
    count = 1
    for each in value:
        count = items(count + weighed(each, depth - 1))
    return count


def items(count: int) -> int:
    """A number of elements, if there may be so many.

    Raises:
        LimitExceeded: there may not.
    """
    if count > MAX_ITEMS:
        refuse("items", MAX_ITEMS, f"{count} elements are more than {MAX_ITEMS}.")
    return count
