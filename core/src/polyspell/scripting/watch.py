"""Watching over a running task from outside, so that a limit holds even where the engine sleeps."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from polyspell.scripting.limits import exceeded

if TYPE_CHECKING:
    from polyspell.scripting.links import Link
    from polyspell.scripting.spell import Spell

INTERVAL = 0.025
RARELY = 1.0
GRACE = 0.15
"""Seconds from a limit that an engine has to stop by itself, with the line in its error: on the
clock, however little processor time a busy machine gives it."""


class Watch:
    """While a task runs: ends its script when wall or processor time is over, and tells at 80 % of
    those and of memory (which the engine limits)."""

    def __init__(self, spell: Spell, link: Link) -> None:
        self._spell, self._link = spell, link
        self._limits = spell.sandbox.limits
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        limits = (self._limits.wall, self._limits.cpu, self._limits.memory)
        if any(limit is not None for limit in limits):
            self._task = asyncio.get_running_loop().create_task(self._look())

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _look(self) -> None:
        clock = asyncio.get_running_loop().time
        begin, cpu_begin = clock(), self._link.cpu()
        told: set[str] = set()
        over: dict[str, float] = {}
        pause = INTERVAL
        while True:
            used = {"wall": clock() - begin}
            cpu = self._link.cpu()
            if cpu is not None and cpu_begin is not None:
                used["cpu"] = cpu - cpu_begin
            for name, amount in used.items():
                allowed = getattr(self._limits, name)
                if allowed is None:
                    continue
                if amount > 0.8 * allowed and name not in told:
                    told.add(name)
                    self._spell.telling.near(name, amount)
                if amount > allowed:
                    over.setdefault(name, clock())
                if amount > allowed + GRACE or clock() - over.get(name, clock()) > GRACE:
                    self._spell.life.broken(exceeded(name, allowed))
                    return
            await asyncio.sleep(min(self._pause(used), pause))
            self._spell.telling.memory(self._link.peak() or 0)
            pause = min(2 * pause, RARELY)  # a script that lives long waits, most of the time

    def _pause(self, used: dict[str, float]) -> float:
        """Seconds until something can be over; in the meantime nothing need be looked at."""
        left = [
            step - amount
            for name, amount in used.items()
            if (allowed := getattr(self._limits, name)) is not None
            for step in (0.8 * allowed, allowed, allowed + GRACE)
            if step >= amount
        ]
        return max(INTERVAL, min(left, default=1.0))
