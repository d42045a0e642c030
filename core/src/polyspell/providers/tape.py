"""What stands between the transport and the network, where somebody wants that: a cassette."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import httpx2


class Tape(Protocol):
    """Answers requests of the transport, by asking the network or by itself."""

    async def send(self, client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
        """The answer, of which only the headers are read."""
        ...


current_tape: ContextVar[Tape | None] = ContextVar("polyspell_tape", default=None)
"""The tape of this task, and of those that it starts."""
