"""Workers spawned one by one: where a process must not be forked, and some 20 times slower."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence

from .launch import Process, boot, socket_pair
from .records import Ended


class SpawnLauncher:
    """Workers that are fresh interpreters; one is kept warm for the next start.

    On Linux a worker also ends with the thread that launched it. Elsewhere a worker in a busy loop
    outlives a host that is killed, until it has used up `cpu_seconds`.
    """

    def __init__(self, warm: Sequence[str]) -> None:
        self._warm = warm
        self._spare: tuple[socket.socket, SpawnedProcess] | None = None
        self._all: list[SpawnedProcess] = []

    def prepare(self) -> None:
        self._spare = self._spare or self._spawn()

    async def launch(self) -> tuple[socket.socket, Process]:
        self._all = [process for process in self._all if process.alive]
        wire, process = self._spare or self._spawn()
        self._spare = self._spawn()
        if process.alive:
            return wire, process
        wire.close()  # a spare that died meanwhile
        return await self.launch()

    def _spawn(self) -> tuple[socket.socket, SpawnedProcess]:
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            wire, other = socket_pair(ours, theirs)
            process = SpawnedProcess(boot("serve", other, self._warm))
            ours.pop_all()
        self._all.append(process)
        return wire, process

    async def close(self) -> None:
        if self._spare:
            self._spare[0].close()
            self._spare = None
        for process in self._all:
            process.kill()
        for process in self._all:
            await asyncio.to_thread(process.reaper.join)
        self._all.clear()


class SpawnedProcess:
    """A worker that is a child of the host, reaped by a thread of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._on_reaped: Callable[[], None] | None = None
        self.alive = True  # not reaped yet
        self.reaper = threading.Thread(target=self._reap, daemon=True)
        self.reaper.start()

    def _reap(self) -> None:
        self._process.wait()
        with self._lock:
            self.alive = False
            if self._on_reaped:
                self._on_reaped()

    def watch(self, on_end: Callable[[Ended], None]) -> None:
        loop = asyncio.get_running_loop()

        def reaped() -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed before
                loop.call_soon_threadsafe(on_end, Ended(self._process.returncode))

        with self._lock:
            self._on_reaped = reaped
            if not self.alive:
                reaped()

    def kill(self) -> None:
        self._process.kill()
