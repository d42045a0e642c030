"""A run to iterate over."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

from polyspell.agents.around import remembered
from polyspell.agents.run import Run
from polyspell.agents.types import Result
from polyspell.errors import Cancelled
from polyspell.events import Event, enter_span, leave_span
from polyspell.messages import Message, Usage

R = TypeVar("R")


class RunStream:
    """A run to iterate over: `async for event in stream`; then `stream.result`.

    Leaving `async with`, or `aclose`, cancels the run. What the reader does between two events is
    no part of the run: the run's span is current only while the run itself works.

    Args:
        opening: gives the run; awaited at the first step.
    """

    def __init__(self, opening: Callable[[], Awaitable[Run]]) -> None:
        self._opening: Callable[[], Awaitable[Run]] | None = opening
        self._run: Run | None = None
        self._events: AsyncGenerator[Event, None] | None = None

    async def open(self) -> Run:
        """The run, ready to start; the first step does it if nobody did."""
        if self._run is None:
            if self._opening is None:
                raise Cancelled("The run was closed before it began.")
            opening, self._opening = self._opening, None
            self._run = await opening()
            self._events = remembered(self._run)
        return self._run

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        if self._run is None:
            if self._opening is None:
                raise StopAsyncIteration
            await self.open()
        return await self._step(anext)

    async def _step(self, do: Callable[[AsyncGenerator[Event, None]], Awaitable[R]]) -> R:
        assert self._run is not None and self._events is not None
        token = enter_span(self._run.span)
        try:
            return await do(self._events)
        finally:
            leave_span(token)

    async def read(self) -> Result:
        """Run to the end; gives the result."""
        async with self:
            async for _ in self:
                pass
        return self.result

    async def text(self) -> AsyncGenerator[str, None]:
        """Only the text, piece by piece."""
        async for event in self:
            if event.name == "agent.text":
                yield event.data["text"]

    @property
    def result(self) -> Result:
        """What the run gave.

        Raises:
            Cancelled: it is not through.
        """
        if self._run is None or self._run.result is None:
            raise Cancelled("The run is not finished.", hint="Iterate to the end first.")
        return self._run.result

    @property
    def usage(self) -> Usage:
        """What the run has used so far."""
        return Usage() if self._run is None else self._run.usage

    @property
    def messages(self) -> list[Message]:
        """The conversation as far as it has come; valid for another run at any time after the
        stream is closed."""
        return [] if self._run is None else self._run.messages

    async def aclose(self) -> None:
        """End the run now; nothing of it is left behind."""
        self._opening = None
        if self._run is not None:
            await self._step(_close)

    async def __aenter__(self) -> RunStream:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()


async def _close(events: AsyncGenerator[Event, None]) -> None:
    await events.aclose()
