"""Worker processes for code that nobody trusts: forked warm, locked in, killed in time.

    async with WorkerPool(warm=["my_engine"]) as pool:
        worker = await pool.start("my_engine:serve", {"lang": "x"}, deadline=2.0)
        worker.send({"run": "..."})
        print(await worker.receive(), worker.hardening.layers)

`my_engine:serve(channel, options)` runs in the worker, locked in, and talks through `channel`
(`send`, `receive`). The machinery knows nothing of engines: messages are any values that msgspec
can encode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .channel import Channel
    from .errors import HardeningError, WorkerExited, WorkerProtocolError, WorkerStartError
    from .frames import Codec
    from .pool import WorkerPool
    from .records import Exit, HardeningReport, WorkerLimits
    from .worker import Worker

__all__ = [
    "Channel",
    "Codec",
    "Exit",
    "HardeningError",
    "HardeningReport",
    "Worker",
    "WorkerExited",
    "WorkerLimits",
    "WorkerPool",
    "WorkerProtocolError",
    "WorkerStartError",
]

_HOMES = {
    "channel": ("Channel",),
    "errors": ("HardeningError", "WorkerExited", "WorkerProtocolError", "WorkerStartError"),
    "frames": ("Codec",),
    "pool": ("WorkerPool",),
    "records": ("Exit", "HardeningReport", "WorkerLimits"),
    "worker": ("Worker",),
}


def __getattr__(name: str) -> Any:
    """Load a public name at first use: the worker's side must not pay for asyncio."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
