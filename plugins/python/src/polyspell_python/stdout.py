"""What trusted scripts print goes to their port; what others print goes where it went."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TextIO

current: ContextVar[Callable[[str, str], None] | None] = ContextVar(
    "polyspell_python_print", default=None
)
"""Takes (stream, text) of the task that runs, where it is a script's."""

_users = 0


class _Divided(io.TextIOBase):
    """In place of `sys.stdout`: for scripts their port, for all others the stream it replaces."""

    def __init__(self, name: str, before: TextIO) -> None:
        self.name, self.before = name, before

    def write(self, text: str) -> int:
        write = current.get()
        if write is None:
            return self.before.write(text)
        own = current.set(None)  # who takes the text may print it: that is not the script's
        try:
            write(self.name, text)
        finally:
            current.reset(own)
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.before.isatty()

    def fileno(self) -> int:
        return self.before.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.before.encoding

    def flush(self) -> None:
        if current.get() is None:
            self.before.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.before, name)


def redirect() -> None:
    """Divide the streams, until as many calls of `restore`."""
    global _users
    _users += 1
    divide()


def divide() -> None:
    """Divide the streams, where somebody has replaced them since."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, _Divided):
            setattr(sys, name, _Divided(name, stream))


def restore() -> None:
    """The last user gives the streams back, where nobody has replaced them since."""
    global _users
    _users -= 1
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not _users and isinstance(stream, _Divided):
            setattr(sys, name, stream.before)
