"""A tool with limits of its own."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from polyspell.agents.toolcalls import success
from polyspell.errors import LimitExceeded
from polyspell.messages import ToolCall
from polyspell.tools import Tool, ToolContext, ToolOutput

from polyspell_wrapper.wrapped import Wrapped


def limited(
    tool: Tool,
    *,
    timeout: float | None = None,
    calls: int | None = None,
    per: float | None = None,
    at_once: int | None = None,
    output: int | None = None,
) -> Limited:
    """A tool with limits.

    Args:
        tool: the tool.
        timeout: seconds for one call, waiting for others included; the tool's own if left out.
        calls: how many calls there may be: in `per` seconds, or at all.
        per: seconds.
        at_once: how many calls may run at the same time; others wait.
        output: characters that a model is told at most; programs get all.
    """
    return Limited(tool, timeout, calls, per, at_once, output)


class Limited(Wrapped):
    """See `limited`."""

    def __init__(
        self,
        inner: Tool,
        timeout: float | None,
        calls: int | None,
        per: float | None,
        at_once: int | None,
        output: int | None,
    ) -> None:
        super().__init__(inner, timeout=inner.timeout if timeout is None else timeout)
        self._calls, self._per, self._at_once, self._output = calls, per, at_once, output
        self._begun: deque[float] = deque()
        self._doors: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            WeakKeyDictionary()
        )

    async def invoke(self, checked: dict[str, Any], context: ToolContext) -> Any:
        """The tool's answer, within the limits.

        Raises:
            LimitExceeded: there were too many calls; may be tried again where `per` is given.
        """
        self._count()
        if self._at_once is None:
            return self._shortened(await self.inner.invoke(checked, context))
        loop = asyncio.get_running_loop()
        door = self._doors.setdefault(loop, asyncio.Semaphore(self._at_once))
        async with door:
            return self._shortened(await self.inner.invoke(checked, context))

    def _count(self) -> None:
        if self._calls is None:
            return
        now = time.monotonic()
        while self._per is not None and self._begun and now - self._begun[0] >= self._per:
            self._begun.popleft()
        if len(self._begun) >= self._calls:
            in_time = "" if self._per is None else f" in {self._per:g} s"
            wait = None if self._per is None else round(self._per - (now - self._begun[0]), 1)
            raise LimitExceeded(
                f"The tool {self.name!r} may be called {self._calls} times{in_time}.",
                hint="Do without it." if wait is None else f"Try again in {wait:g} s.",
                retryable=wait is not None,
                context={"limit": "calls", "allowed": self._calls, "retry_after": wait},
            )
        self._begun.append(now)

    def _shortened(self, value: Any) -> Any:
        if self._output is None:
            return value
        told = success(ToolCall("", self.name), value)
        if len(told.content) <= self._output:
            return value
        text = f"{told.content[: self._output]} [... {len(told.content)} characters in all]"
        return ToolOutput(text, told.data, told.media, told.error)
