"""One worker process, as the host sees it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from .errors import HardeningError, WorkerExited, WorkerProtocolError, WorkerStartError
from .frames import SYSTEM, Codec
from .launch import Process
from .records import Ended, Exit, Failure, HardeningReport, Hello, Reason, Spec, System
from .wire import Wire

# `receive` leaves this many messages unread before the worker has to wait.
INBOX = 1000
# Seconds from the end of the wire to SIGKILL for a process that goes on without it.
GRACE = 0.2
# The exit code of a process that was killed: minus SIGKILL, or what TerminateProcess gives.
KILLED = -getattr(signal, "SIGKILL", -1)


class Worker:
    """A running worker. Made by `WorkerPool.start`; belongs to the event loop that started it.

    As an async context manager it is killed at the end, unless it is gone by then.

    Attributes:
        pid: its process id.
        hardening: what holds it in.
        exited: set once it is gone, reaped, and `exit` says how it ended.
        exit: None while it runs.
        loop: the event loop that it belongs to.
    """

    def __init__(
        self,
        process: Process,
        on_message: Callable[[Any], object] | None,
        codec: Codec,
        max_frame: int,
    ) -> None:
        self.pid = 0
        self.hardening = HardeningReport({}, {})
        self.exit: Exit | None = None
        self.exited = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self._process = process
        deliver = on_message or self._store
        self._wire = Wire(codec, max_frame, deliver, self._on_system, self._on_wire_end)
        self._hello = asyncio.Event()
        self._inbox: deque[Any] = deque()
        self._news = asyncio.Event()
        self._cpu_limit: int | None = None
        self._asked: Reason | None = None  # why the host killed it
        self._failure: Failure | None = None
        self._wire_error: Exception | None = None
        self._wire_ended = False
        self._ended: Ended | None = None
        self._timer: asyncio.TimerHandle | None = None
        process.watch(self._on_ended)

    async def open(self, sock: socket.socket, spec: Spec) -> None:
        """Tell the worker what to run and wait until it is locked in. The pool calls this.

        Raises:
            HardeningError: it could not be locked in as the policy asks.
            WorkerStartError: it ended before it began.
        """
        self._cpu_limit = spec.limits.cpu_seconds
        unix = sock.family == getattr(socket, "AF_UNIX", None)
        connect = self.loop.create_unix_connection if unix else self.loop.create_connection
        await connect(lambda: self._wire, sock=sock)
        self._wire.send(spec, SYSTEM)
        await self._hello.wait()
        if not self.pid:
            raise self._start_error(spec.entry)

    def _start_error(self, entry: str) -> Exception:
        assert self.exit is not None
        if self._failure and self._failure.kind == HardeningError.__name__:
            return HardeningError.from_dict(self._failure.data or {})
        error = WorkerStartError(
            f"A worker for {entry} could not start ({self.exit}).",
            context={"exit": msgspec.to_builtins(self.exit)},
        )
        error.add_note(self.exit.detail)
        return error

    def send(self, message: Any) -> None:
        """Send `message`; it leaves in the next turn of the loop, together with others.

        Raises:
            WorkerExited: the worker is gone.
            WorkerProtocolError: larger than the pool's `max_frame`.
            TypeError: msgspec cannot encode it.
        """
        if self.exit:
            raise self._gone()
        self._wire.send(message)

    async def receive(self) -> Any:
        """The next message of the worker (for workers started without `on_message`).

        Raises:
            WorkerExited: the worker is gone, and all that it sent has been read.
        """
        while not self._inbox:
            if self.exit:
                raise self._gone()
            self._news.clear()
            await self._news.wait()
        if len(self._inbox) == INBOX:
            self._wire.pause(False)
        return self._inbox.popleft()

    async def __aiter__(self) -> AsyncIterator[Any]:
        """The messages, until the worker is gone."""
        while True:
            try:
                message = await self.receive()
            except WorkerExited:
                return
            yield message

    def deadline(self, seconds: float | None) -> None:
        """Kill the worker in `seconds` (reason `deadline`); replaces an earlier deadline, None only
        removes it."""
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if seconds is not None and not self.exit:
            self._timer = self.loop.call_later(seconds, self.abort, "deadline")

    def pause(self, on: bool) -> None:
        """Stop reading its messages, so that it soon has to wait, or go on reading. For an
        `on_message` that cannot keep up; `receive` does this by itself."""
        self._wire.pause(on)

    def abort(self, reason: Reason = "killed") -> None:
        """Send SIGKILL and do not wait; `exited` follows."""
        if not self.exit:
            self._asked = self._asked or reason
            self._process.kill()

    def drop(self) -> None:
        """Close the wire; the worker ends."""
        self._wire.close()

    async def kill(self) -> Exit:
        """Kill the worker, and wait until it is reaped. Does no harm if it is gone already."""
        self.abort()
        return await self.wait()

    async def wait(self) -> Exit:
        """How it ended; waits for that."""
        await self.exited.wait()
        assert self.exit is not None
        return self.exit

    async def __aenter__(self) -> Worker:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.kill()

    def _store(self, message: Any) -> None:
        self._inbox.append(message)
        self._news.set()
        if len(self._inbox) == INBOX:
            self._wire.pause(True)

    def _on_system(self, message: System) -> None:
        if isinstance(message, Hello) and not self._hello.is_set():
            self.pid, self.hardening = message.pid, message.report
            self._hello.set()
        elif isinstance(message, Failure):
            self._failure = message

    def _on_wire_end(self, error: Exception | None) -> None:
        self._wire_ended = True
        self._wire_error = error
        if error is None or isinstance(error, ConnectionError):
            # Its process has ended, as a rule; whether it was killed must stay visible.
            self.loop.call_later(GRACE, self.abort, "protocol")
        else:
            self.abort("protocol")
        self._settle()

    def _on_ended(self, ended: Ended) -> None:
        self._ended = ended
        if not self._wire_ended:
            self._wire.pause(False)  # what it wrote last, and the end
        self._settle()

    def _settle(self) -> None:
        if self.exit or self._ended is None or not self._wire_ended:
            return
        self.deadline(None)
        self.exit = self._judge(self._ended)
        self.exited.set()
        self._news.set()
        self._hello.set()

    def _judge(self, ended: Ended) -> Exit:
        """How it ended, from what the kernel, the worker and the host know."""
        reason, detail = self._reason(ended)
        number = -ended.code if ended.code is not None and ended.code < 0 else None
        return Exit(
            reason,
            code=None if number else ended.code,
            signal=number,
            detail=detail or (self._failure.text if self._failure else ended.detail),
            cpu_seconds=ended.cpu_seconds,
            peak_bytes=ended.peak_bytes,
        )

    def _reason(self, ended: Ended) -> tuple[Reason, str]:
        """The reason, and a sentence where only the host can say more."""
        if ended.code is None:
            return "lost", ""
        if self._asked == "protocol" and isinstance(self._wire_error, WorkerProtocolError):
            return "protocol", str(self._wire_error)  # however quick it was to end itself
        if ended.code == KILLED and (self._asked or KILLED < 0):
            if self._asked == "protocol":
                return "protocol", str(self._wire_error or "It closed the wire and ran on.")
            if self._asked:
                return self._asked, ""
            if self._cpu_limit is not None and ended.cpu_seconds > self._cpu_limit:
                return "cpu", ""  # it had ignored the signal that comes first
            return "memory", "Killed from outside, as the kernel does when memory runs out."
        if ended.code < 0:
            return ("cpu" if -ended.code == getattr(signal, "SIGXCPU", 0) else "signal"), ""
        if self._failure and self._failure.kind == "MemoryError":
            return "memory", ""
        return ("error" if ended.code else "finished"), ""

    def _gone(self) -> WorkerExited:
        return WorkerExited(
            f"The worker is gone ({self.exit}).", context={"exit": msgspec.to_builtins(self.exit)}
        )
