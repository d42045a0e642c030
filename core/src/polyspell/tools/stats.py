"""How often the tools of a host were used."""

from __future__ import annotations

import time

import msgspec

MAX_NAMES = 10_000
"""Tools that are counted; those that were first known go first. Scripts name as many as they like.
"""


class ToolUse(msgspec.Struct):
    """The use of one tool: calls, how many of them failed, seconds that they took together, and
    when the last began (seconds since 1970)."""

    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    last: float = 0.0


class ToolStats:
    """The use of all tools, whoever called them: agents, scripts, the command line."""

    def __init__(self) -> None:
        self._uses: dict[str, ToolUse] = {}

    def record(self, name: str, seconds: float, *, failed: bool) -> None:
        """Count a call that has ended."""
        use = self._uses.get(name)
        if use is None:
            if len(self._uses) >= MAX_NAMES:
                del self._uses[next(iter(self._uses))]
            use = self._uses[name] = ToolUse()
        use.calls += 1
        use.failures += failed
        use.seconds += seconds
        use.last = time.time() - seconds

    def of(self, name: str) -> ToolUse:
        """The use of a tool; of one that was never called, nothing."""
        return self._uses.get(name, ToolUse())

    def all(self) -> dict[str, ToolUse]:
        """The use of each tool that was called, the most used first."""
        return dict(sorted(self._uses.items(), key=lambda item: -item[1].calls))

    def reset(self) -> None:
        """Begin anew."""
        self._uses.clear()
