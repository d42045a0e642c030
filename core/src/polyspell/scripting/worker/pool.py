"""Where workers come from."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Literal

from .errors import WorkerStartError
from .frames import MAX_FRAME, PLAIN, Codec
from .launch import Launcher
from .records import HardeningReport, Policy, Spec, WorkerLimits
from .worker import Worker

log = logging.getLogger(__name__)


class WorkerPool:
    """Starts locked-in worker processes, in milliseconds where processes can be forked.

    May be used from several event loops; a worker belongs to the loop that started it. Close the
    pool, or use it as an async context manager. A host that is killed leaves nothing behind.

    Args:
        warm: what every worker has ready: `module` is imported, `module:function` is called once
            without arguments. It happens in a process without secrets and must leave no thread.
            An engine is best imported here: a locked-in worker can import nothing more.
        policy: `require`: a worker that is not locked in by every layer does not start;
            `best-effort`: what is missing is logged once, and stands in `Worker.hardening`.
        limits: for workers that are started without their own.
        max_frame: the largest message either way, in bytes.
        method: `fork` from a warm template (Linux), or `spawn`; None for what suits the system.

    Raises:
        ValueError: `fork` where it is not offered.
    """

    def __init__(
        self,
        warm: Sequence[str] = (),
        *,
        policy: Policy = "best-effort",
        limits: WorkerLimits | None = None,
        max_frame: int = MAX_FRAME,
        method: Literal["fork", "spawn"] | None = None,
    ) -> None:
        self.policy: Policy = policy
        self.limits = limits or WorkerLimits()
        self.max_frame = max_frame
        linux = sys.platform.startswith("linux")
        self.method = method or ("fork" if linux else "spawn")
        if self.method == "fork" and not linux:
            raise ValueError(f"workers cannot be forked on {sys.platform}: use 'spawn'")
        self._launcher = self._choose(warm)
        self._workers: weakref.WeakSet[Worker] = weakref.WeakSet()
        self._lock = threading.Lock()  # for the set of workers
        self._warned = False
        self._closed = False

    def _choose(self, warm: Sequence[str]) -> Launcher:
        if self.method == "fork":
            from .fork import ForkLauncher

            return ForkLauncher(warm)
        from .spawn import SpawnLauncher

        return SpawnLauncher(warm)

    def prepare(self) -> None:
        """Begin to warm up, so that the first `start` finds it done; returns at once.

        Raises:
            OSError: no process can be started.
        """
        self._launcher.prepare()

    async def start(
        self,
        entry: str,
        options: Any = None,
        *,
        limits: WorkerLimits | None = None,
        deadline: float | None = None,
        on_message: Callable[[Any], object] | None = None,
        codec: Codec = PLAIN,
        timeout: float = 30.0,
    ) -> Worker:
        """A new worker, locked in and about to call `entry(channel, options)`.

        Args:
            entry: `module:function`, imported before the worker is locked in, called after.
            options: any value that msgspec can encode.
            limits: instead of the pool's.
            deadline: seconds from its start until it is killed; see also `Worker.deadline`.
            on_message: called with each message in the event loop; without it, use `receive`.
            codec: how the host encodes and decodes messages; the worker sets its own in
                `channel.codec`.
            timeout: seconds that the start may take (the first one warms the template).

        Raises:
            HardeningError: the worker cannot be locked in and the policy is `require`.
            WorkerStartError: warming or importing failed, or it took too long.
        """
        if self._closed:
            raise WorkerStartError("The worker pool is closed.", hint="Make a new WorkerPool.")
        spec = Spec(entry, options, limits or self.limits, self.policy, self.max_frame)
        try:
            sock, process = await self._launcher.launch()
        except OSError as error:
            raise WorkerStartError(
                f"No process can be started: {error}",
                hint="Close workers, or raise the limits on open files and processes.",
                retryable=True,
            ) from error
        worker = Worker(process, on_message, codec, self.max_frame)
        with self._lock:
            self._workers.add(worker)
        try:
            async with asyncio.timeout(timeout):
                await worker.open(sock, spec)
        except BaseException as error:
            worker.abort()
            worker.drop()
            if isinstance(error, TimeoutError):
                raise WorkerStartError(f"A worker for {entry} took over {timeout} s.") from None
            raise
        worker.deadline(deadline)
        self._warn(worker.hardening)
        return worker

    async def hardening(self) -> HardeningReport:
        """How a worker of this pool is locked in, found out by starting one. Raises as `start`."""
        worker = await self.start("polyspell.scripting.worker.serve:nothing")
        await worker.wait()
        return worker.hardening

    def _warn(self, report: HardeningReport) -> None:
        if report.gaps and not self._warned:
            self._warned = True
            log.warning("Workers are not fully locked in on this system: %s", report.gaps)

    async def close(self) -> None:
        """Kill all workers, and end the template. Returns when nothing is left."""
        self._closed = True
        loop = asyncio.get_running_loop()
        with self._lock:
            mine = [worker for worker in self._workers if worker.loop is loop]
        await asyncio.gather(*[worker.kill() for worker in mine])
        await self._launcher.close()

    async def __aenter__(self) -> WorkerPool:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
