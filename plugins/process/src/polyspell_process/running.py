"""A program from its start until nothing of it is left."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import secrets
import signal
import time
from collections.abc import Iterator
from typing import Any, cast

from polyspell.errors import ToolError
from polyspell.events import EventBus
from polyspell.paths import open_folder
from polyspell.tools import ToolContext

from polyspell_process.asking import Job, Options
from polyspell_process.leftovers import MARK, end_marked

_STREAMS = {1: "stdout", 2: "stderr"}
_CLOSING = 2.0  # seconds for the last output to come once all is ended


class Kept:
    """The beginning and the end of what a stream said."""

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._head, self._tail = bytearray(), bytearray()
        self.dropped = 0

    def add(self, data: bytes) -> None:
        """More of it."""
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room > 0 else data
        over = len(self._tail) - self._half
        if over > 0:
            del self._tail[:over]
            self.dropped += over

    def text(self) -> str:
        """What was kept; a line says where something was left out."""
        if not self.dropped:
            return bytes(self._head + self._tail).decode("utf-8", "replace")
        head, tail = self._head.decode("utf-8", "replace"), self._tail.decode("utf-8", "replace")
        return f"{head}\n[... {self.dropped:,} bytes left out ...]\n{tail}"


class Watch(asyncio.SubprocessProtocol):
    """Hears what a program says, tells it as events, and when it has ended."""

    def __init__(self, job: Job, limits: Options, events: EventBus | None, mark: str) -> None:
        self.kept = {fd: Kept(limits.max_output) for fd in _STREAMS}
        self.exited, self.flooded, self.closed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._job, self._limits, self._events, self._mark = job, limits, events, mark
        self._came = 0
        self._open = set(_STREAMS)
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {fd: decoder("replace") for fd in _STREAMS}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The start."""
        self._tell("started", args=list(self._job.args), folder=self._job.folder)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Output."""
        self.kept[fd].add(data)
        if self._events is not None and self._came <= self._limits.max_output:
            self._tell("output", stream=_STREAMS[fd], text=self._decoders[fd].decode(data))
        self._came += len(data)
        if self._came > self._limits.max_flood:
            self.flooded.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """The end of a stream."""
        self._open.discard(fd)
        if not self._open:
            self.closed.set()

    def process_exited(self) -> None:
        """The end of the program; not of what it started."""
        self.exited.set()

    def result(self, code: int | None, seconds: float, stopped: str | None) -> dict[str, Any]:
        """What came of it all."""
        self._tell("ended", code=code, seconds=seconds, stopped=stopped)
        return {
            "code": code,
            **{name: self.kept[fd].text() for fd, name in _STREAMS.items()},
            "seconds": seconds,
            "stopped": stopped,
            "dropped": sum(kept.dropped for kept in self.kept.values()),
        }

    def _tell(self, what: str, **data: Any) -> None:
        if self._events is not None:
            self._events.emit(f"process.{what}", {"id": self._mark, **data})


async def execute(context: ToolContext, job: Job, limits: Options) -> dict[str, Any]:
    """Run a job, and end all that it started. Events: `process.started`, `process.output` and
    `process.ended`, with the same `id`.

    Raises:
        ToolError: it cannot be started.
    """
    mark, begin = secrets.token_hex(8), time.perf_counter()
    events = context.host.events if context.host is not None else None
    watch = Watch(job, limits, events, mark)
    stopped: str | None = None
    transport: asyncio.SubprocessTransport | None = None
    try:
        transport = await _start(job, watch, mark)
        _feed(transport, job)
        stopped = await _wait(watch, min(limits.seconds, job.timeout or limits.seconds))
        if stopped == "timeout":
            await _ask_to_end(transport, watch, limits.grace)
    finally:
        if transport is not None:
            _signal(transport.get_pid(), signal.SIGKILL)
        end_marked(mark)  # what has left the group, as far as it can be found
        if transport is not None:
            await _close(transport, watch)
    seconds = round(time.perf_counter() - begin, 3)
    return watch.result(transport.get_returncode(), seconds, stopped)


async def _close(transport: asyncio.SubprocessTransport, watch: Watch) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING):
            await asyncio.gather(watch.exited.wait(), watch.closed.wait())
    transport.close()
    await asyncio.sleep(0)  # pipes that somebody holds are let go of in the next turn


async def _start(job: Job, watch: Watch, mark: str) -> asyncio.SubprocessTransport:
    loop = asyncio.get_running_loop()
    try:
        with _entered(job.folder) as folder:
            transport, _ = await loop.subprocess_exec(
                lambda: watch,
                *job.args,
                executable=job.program,
                cwd=folder,
                env={**job.env, MARK: mark},
                stdin=asyncio.subprocess.PIPE
                if job.input is not None
                else asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolError(f"{job.args[0]} cannot be started: {reason}.") from error
    return transport


@contextlib.contextmanager
def _entered(folder: str) -> Iterator[str]:
    """A path that stands for this very folder, whatever is put in its place meanwhile."""
    with open_folder(folder) as at:
        held = f"/proc/self/fd/{at}"
        yield held if os.path.isdir(held) else folder


def _feed(transport: asyncio.SubprocessTransport, job: Job) -> None:
    if job.input is not None:
        pipe = cast(asyncio.WriteTransport, transport.get_pipe_transport(0))
        pipe.write(job.input)
        pipe.write_eof()


async def _wait(watch: Watch, seconds: float) -> str | None:
    """Wait until the program ends; why it did not, otherwise."""
    either = [asyncio.ensure_future(event.wait()) for event in (watch.exited, watch.flooded)]
    try:
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in either:
            each.cancel()
    if watch.exited.is_set():
        return None
    return "output" if watch.flooded.is_set() else "timeout"


async def _ask_to_end(transport: asyncio.SubprocessTransport, watch: Watch, seconds: float) -> None:
    _signal(transport.get_pid(), signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await watch.exited.wait()


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
