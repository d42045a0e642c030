"""Limits of a script, and the meter by which an engine keeps them."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from polyspell.errors import ConfigError, LimitExceeded

_UNITS = {
    "": 1, "ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600,
    "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30,
    "k": 10**3,
}  # fmt: skip
_TIMES, _SIZES = {"ms", "s", "m", "min", "h"}, {"b", "kb", "mb", "gb", "kib", "mib", "gib"}
_IN_SECONDS, _IN_BYTES = {"wall", "cpu"}, {"memory", "output", "traffic", "source"}


class Limits(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a script may use. None is no limit.

    Attributes:
        wall: seconds from start to end, waiting for the host included.
        cpu: seconds of the script's own work, waiting not included.
        memory: bytes that the script may hold.
        calls: calls of host functions.
        output: bytes that it may print.
        depth: nested calls of script functions.
        pending: host calls that may wait at the same time.
        traffic: bytes that it may hand to the host, and make the host keep.
        source: bytes of a program, and of each module: an engine that compiles is not interrupted.
    """

    wall: float | None = 300.0
    cpu: float | None = 10.0
    memory: int | None = 256 * 2**20
    calls: int | None = 100_000
    output: int | None = 2**20
    depth: int | None = 200_000
    pending: int | None = 1_000
    traffic: int | None = 256 * 2**20
    source: int | None = 2**20

    def require_source(self, what: str, size: int) -> None:
        """Go on if a program or module is not too large.

        Raises:
            LimitExceeded: it is; says its size, in bytes.
        """
        if self.source is not None and size > self.source:
            raise LimitExceeded(
                f"{what} has {size} bytes of source; the limit of source is {self.source}.",
                hint="Raise it with --limit source=..., or spread it over modules.",
                context={"limit": "source", "allowed": self.source, "size": size},
            )

    def replaced(self, **changes: Any) -> Limits:
        """These limits with some replaced; values as `parse` takes them."""
        return msgspec.structs.replace(self, **_parsed(changes))

    @classmethod
    def parse(cls, text: str, base: Limits | None = None) -> Limits:
        """Limits from `"wall=2s,memory=64MiB"`, over `base`.

        Raises:
            ConfigError: a name, number or unit is not known.
        """
        pairs = [piece.partition("=") for piece in text.split(",") if piece.strip()]
        return (base or cls()).replaced(**{name.strip(): value.strip() for name, _, value in pairs})


def _parsed(changes: dict[str, Any]) -> dict[str, Any]:
    known = Limits.__struct_fields__
    for name in changes:
        if name not in known:
            raise ConfigError(f"Unknown limit {name!r}.", hint=f"Limits are {', '.join(known)}.")
    return {name: _quantity(name, value) for name, value in changes.items()}


def _quantity(name: str, value: Any) -> float | int | None:
    if value is None or (isinstance(value, str) and value.lower() in ("none", "off", "unlimited")):
        return None
    allowed = _TIMES if name in _IN_SECONDS else _SIZES if name in _IN_BYTES else {"k"}
    number, unit = _number_and_unit(value)
    if not 0 <= number < math.inf or (unit and unit not in allowed):
        raise ConfigError(
            f"The limit {name}={value!r} is not a quantity.",
            hint=f"Write a number, with one of the units {', '.join(sorted(allowed))}, or none.",
        )
    amount = number * _UNITS[unit]
    return amount if name in _IN_SECONDS else int(amount)


def _number_and_unit(value: Any) -> tuple[float, str]:
    """Both parts of `"2MiB"`; a number that no limit can be where it is nothing like that."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, ""
    match = re.fullmatch(r"\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*([A-Za-z]*)\s*", str(value))
    return (float(match[1]), match[2].lower()) if match else (-1.0, "")


def soft(allowed: int | None) -> int | None:
    """Where 80 % of a limit are used, of which a script's host is told."""
    return None if allowed is None else max(1, int(allowed * 0.8))


def shown(limit: str, allowed: float | int | None) -> str:
    """A limit as a person reads it: "2 s", "64 MiB", "1,000"."""
    if allowed is None:
        return "none"
    if limit in _IN_SECONDS:
        return f"{allowed:g} s"
    if limit not in _IN_BYTES:
        return f"{allowed:,}"
    sizes = (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")
    size, unit = next((each for each in sizes if allowed >= each[0]), (1, "bytes"))
    return f"{allowed / size:.4g} {unit}"


def exceeded(limit: str, allowed: float | int | None) -> LimitExceeded:
    """The error for a limit of a sandbox that was reached."""
    return LimitExceeded(
        f"The script reached its limit of {limit}: {shown(limit, allowed)}.",
        hint=f"Raise it with --limit {limit}=..., or let the script do less.",
        context={"limit": limit, "allowed": allowed},
    )


class Meter:
    """Counts a context's time. An engine calls `enter` before it lets the script work and `leave`
    when the script waits or ends; `over` (cheap, ask it often) names the limit that is reached."""

    __slots__ = ("_cpu", "_cpu_end", "_deadline", "limits", "work")
    also: ClassVar[Callable[[float], None] | None] = None
    """Called with the time at each look at the clock; a worker, which has one context, sets it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.work = 0.0
        self._deadline = float("inf")
        self._cpu = 0.0
        self._cpu_end = float("inf")
        self.start()

    def start(self) -> None:
        """Begin a run: the wall clock and the processor budget start anew."""
        if self.limits.wall is not None:
            self._deadline = time.monotonic() + self.limits.wall
        self.work = 0.0

    def enter(self) -> None:
        """The script begins to work."""
        self._cpu = time.thread_time()
        if self.limits.cpu is not None:
            self._cpu_end = self._cpu + self.limits.cpu - self.work

    def leave(self) -> None:
        """The script waits or has ended."""
        self.work += time.thread_time() - self._cpu

    def over(self) -> str | None:
        """The name of a time limit that is reached, or None. Call between enter and leave."""
        now = time.monotonic()
        if Meter.also is not None:
            Meter.also(now)
        if now > self._deadline:
            return "wall"
        if time.thread_time() > self._cpu_end:
            return "cpu"
        return None

    def left(self) -> tuple[float, str]:
        """Seconds until a time limit is reached if the script works on, and the limit's name. Call
        between enter and leave."""
        wall, cpu = self._deadline - time.monotonic(), self._cpu_end - time.thread_time()
        return (wall, "wall") if wall <= cpu else (cpu, "cpu")

    def error(self, limit: str) -> LimitExceeded:
        """The error for a limit."""
        return exceeded(limit, getattr(self.limits, limit, None))
