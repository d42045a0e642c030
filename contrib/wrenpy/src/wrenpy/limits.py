"""What a program may use, and what it has used."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Limits of each run (a call from the host and all that it does); None means none. They are
    looked at every few microseconds of running, so a run ends within milliseconds of its limit.

    Attributes:
        fuel: units of work; about one for a step of a small loop, some 15 for a call.
        seconds: of running, by the wall clock. Waiting for the host does not count.
        memory: bytes held by the VM as a whole.
        depth: calls on one fiber's stack, to the nearest few thousand.
        output: bytes printed.
    """

    fuel: int | None = None
    seconds: float | None = None
    memory: int | None = None
    depth: int | None = 1_000_000
    output: int | None = None


UNLIMITED = Limits()


class Usage(NamedTuple):
    """What runs have used: fuel units, seconds of running, output bytes; the bytes that the VM
    holds now; and the most that it was seen to hold (`VM.reset_peak` begins anew). It looks where
    it looks at limits, when a long string is made, and when a run waits or ends: what is made and
    dropped in between, within microseconds, may be missed."""

    fuel: float
    seconds: float
    output: float
    memory: int
    peak: int
