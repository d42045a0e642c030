"""What is told of a spell, in events of its own."""

from __future__ import annotations

import math
from typing import Any

from polyspell.events import EventBus
from polyspell.scripting.limits import Limits, soft
from polyspell.scripting.work import Work


class Telling:
    """Tells of one spell.

    Args:
        name: of the script.
        limits: of its sandbox.
        events: where it is told.
        work: under whose span.
    """

    def __init__(self, name: str, limits: Limits, events: EventBus, work: Work) -> None:
        self._name, self._limits = name, limits
        self._events, self._work = events, work
        self._soft_memory = self._soft = soft(limits.memory) or math.inf

    def emit(self, name: str, data: dict[str, Any]) -> None:
        """Tell of something."""
        self._work.within(self._events.emit, name, data)

    def begin(self) -> None:
        """Limits count anew."""
        self._soft = self._soft_memory

    def memory(self, used: int) -> None:
        """Tell, once, if 80 % of the memory are used."""
        if used >= self._soft:
            self._soft = math.inf
            self.near("memory", used)

    def near(self, limit: str, used: float) -> None:
        """Tell that 80 % of a limit are used."""
        allowed = getattr(self._limits, limit)
        data = {"limit": limit, "used": used, "allowed": allowed, "script": self._name}
        self.emit("script.limit.near", data)

    def asked(self, grant: str, allowed: bool) -> None:
        """Tell that a grant was asked for."""
        name = "script.grant.used" if allowed else "script.grant.denied"
        self.emit(name, {"grant": grant, "script": self._name})
