"""An event loop for a context that is driven where none runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class OwnLoop:
    """Turns while its context is called, until all tasks wait for the host."""

    def __init__(self) -> None:
        self.loop = asyncio.SelectorEventLoop()
        self._progress = asyncio.Event()

    @staticmethod
    def where_none_runs() -> OwnLoop | None:
        """A loop, unless one runs in this thread."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return OwnLoop()
        return None

    def progress(self) -> None:
        """A task ended, or began to wait for the host."""
        self._progress.set()

    def turn(self, idle: Callable[[], bool]) -> None:
        """Turn until nothing is ready and the context is idle; a task that waits for something
        else than the host (a timer) is waited for."""
        if self.loop.is_running():
            return
        self._spin()
        while not idle():
            self._progress.clear()
            self.loop.run_until_complete(self._progress.wait())
            self._spin()

    def _spin(self) -> None:
        ready: Any = getattr(self.loop, "_ready")  # noqa: B009 -- what asyncio has to run next
        while True:
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
            if not ready:
                return

    def close(self) -> None:
        """Let cancelled tasks end, and close."""
        if not self.loop.is_running():
            self._spin()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
