"""The plain data of the worker machinery: limits, the hardening report, and how a worker ended."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

MIB = 1024 * 1024

Policy = Literal["require", "best-effort"]
Reason = Literal[
    "finished", "error", "killed", "deadline", "cpu", "memory", "protocol", "signal", "lost"
]


class WorkerLimits(msgspec.Struct, frozen=True):
    """What the kernel allows a worker.

    Attributes:
        memory_bytes: address space on top of what the worker has mapped when it is locked in;
            None for no limit.
        cpu_seconds: processor time in whole seconds, then the worker is killed; None for no limit.
    """

    memory_bytes: int | None = 256 * MIB
    cpu_seconds: int | None = None


class HardeningReport(msgspec.Struct, frozen=True):
    """What holds a worker in, as found out by the worker itself.

    Attributes:
        layers: each layer's name, and "on" or the reason why it is not.
        probe: each attempt made once locked in (open, stat, socket, fork, exec, memory), and
            "blocked" or "open". An attempt that cannot be decided counts as open.
    """

    layers: dict[str, str]
    probe: dict[str, str]

    @property
    def gaps(self) -> dict[str, str]:
        """The layers that are not on with their reasons, and the attempts that went through."""
        states = {**self.layers, **self.probe}
        return {name: state for name, state in states.items() if state not in ("on", "blocked")}

    @property
    def complete(self) -> bool:
        """Whether every layer is on and every attempt was blocked."""
        return not self.gaps


class Exit(msgspec.Struct, frozen=True):
    """How a worker ended.

    Attributes:
        reason: `finished` (its entry returned), `error` (its entry raised, or it left with a
            code), `killed` (by the host), `deadline`, `cpu` and `memory` (a limit), `protocol`
            (unreadable frames), `signal` (another signal, a crash), `lost` (the template that
            keeps the workers is gone, or could not make this one).
        code: its exit code, None when a signal ended it.
        signal: the number of the signal that ended it, else None.
        detail: a traceback or a sentence, for people; text that the worker wrote is untrusted.
        cpu_seconds: processor time that it used.
        peak_bytes: the most memory that it had resident, 0 where the system does not say. A
            forked worker starts at the size of its template.
    """

    reason: Reason
    code: int | None = None
    signal: int | None = None
    detail: str = ""
    cpu_seconds: float = 0.0
    peak_bytes: int = 0

    def __str__(self) -> str:
        how = f" by signal {self.signal}" if self.signal else f" with code {self.code}"
        if self.signal is self.code is None:
            how = ""
        last = self.detail.strip().rpartition("\n")[2].strip()
        return f"{self.reason}{how}" + (f": {last}" if last else "")


# What follows crosses between the machinery's own processes.


class Spec(msgspec.Struct, frozen=True, tag="spec"):
    """Host to worker, the first frame: what to run and how to lock it in."""

    entry: str
    options: Any
    limits: WorkerLimits
    policy: Policy
    max_frame: int


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """Worker to host, the first frame: locked in, about to call the entry."""

    pid: int
    report: HardeningReport


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """Worker to host, the last frame: an exception ended it. `data` is a PolyspellError's own."""

    kind: str
    text: str
    data: dict[str, Any] | None = None


class Ended(msgspec.Struct, frozen=True):
    """From whoever reaped a worker: its exit code, negative for a signal; None if never reaped."""

    code: int | None
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    detail: str = ""


System = Spec | Hello | Failure
