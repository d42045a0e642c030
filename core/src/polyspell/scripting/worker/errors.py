"""What can go wrong around a worker process."""

from __future__ import annotations

from polyspell.errors import PolyspellError


class WorkerStartError(PolyspellError):
    """A worker could not be started. `context["exit"]` says how it ended, where it ran at all."""

    code = "worker_start"


class HardeningError(PolyspellError):
    """The system cannot lock a worker in as the policy `require` asks.

    `context` holds `layers` and `probe` of the `HardeningReport`.
    """

    code = "worker_hardening"
    hint = "Run on a kernel that offers these layers, or choose the policy 'best-effort'."


class WorkerExited(PolyspellError):
    """The worker is gone. `context["exit"]` is its `Exit` as plain data."""

    code = "worker_exited"


class WorkerProtocolError(PolyspellError):
    """A frame on the wire is too large or cannot be read."""

    code = "worker_protocol"
