"""Workers forked from a template: the way on Linux, a few milliseconds each."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Sequence

import msgspec

from .launch import Process, boot, socket_pair
from .records import Ended


class Template:
    """The host's hold on one template process."""

    def __init__(self, warm: Sequence[str]) -> None:
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            self.control, other = socket_pair(ours, theirs)
            self.control.setblocking(False)
            self.process = boot("template", other, warm)
            ours.pop_all()
        self.owner = os.getpid()

    @property
    def alive(self) -> bool:
        """Whether it runs and is this process's own (and not inherited by a fork of the host)."""
        return self.owner == os.getpid() and self.process.poll() is None

    async def close(self) -> None:
        """Let it end (it kills its workers), and reap it; by force after two seconds."""
        self.control.close()
        for _ in range(1000):
            if self.process.poll() is not None:
                return
            await asyncio.sleep(0.002)
        self.process.kill()
        self.process.wait()


class ForkLauncher:
    """Workers forked from one template, which is started at the first need and replaced if it dies.

    May be used from several event loops and threads.
    """

    def __init__(self, warm: Sequence[str]) -> None:
        self._warm = warm
        self._template: Template | None = None
        self._lock = threading.Lock()

    def template(self) -> Template:
        """The living template; returns before it is warm (requests wait in its socket)."""
        with self._lock:
            if self._template is None or not self._template.alive:
                if self._template:
                    self._template.control.close()
                self._template = Template(self._warm)
            return self._template

    def prepare(self) -> None:
        self.template()

    async def launch(self) -> tuple[socket.socket, Process]:
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            wire, their_wire = socket_pair(ours, theirs)
            status, their_status = socket_pair(ours, theirs)
            template = await self._ask([their_wire.fileno(), their_status.fileno()])
            ours.pop_all()
            return wire, ForkedProcess(status, template)

    async def _ask(self, fds: list[int]) -> Template:
        """Hand over a worker's two descriptors; the template that has them."""
        while True:
            template = self.template()
            try:
                socket.send_fds(template.control, [b"\0"], fds)
                return template
            except BlockingIOError:  # hundreds of requests wait already
                await asyncio.sleep(0.005)
            except ConnectionError:  # it has just died: make sure, and take a new one
                template.process.kill()
                template.process.wait()

    async def close(self) -> None:
        with self._lock:
            template, self._template = self._template, None
        if template and template.owner == os.getpid():
            await template.close()


class ForkedProcess:
    """A worker forked by the template, held by its status socket."""

    def __init__(self, status: socket.socket, template: Template) -> None:
        status.setblocking(False)
        self._status = status
        self._template = template

    def watch(self, on_end: Callable[[Ended], None]) -> None:
        loop = asyncio.get_running_loop()

        def readable() -> None:
            try:
                data = self._status.recv(65536)
            except BlockingIOError:
                return
            except ConnectionError:
                data = b""
            loop.remove_reader(self._status)
            self._status.close()
            on_end(msgspec.msgpack.decode(data, type=Ended) if data else self._lost())

        loop.add_reader(self._status, readable)

    def _lost(self) -> Ended:
        code = self._template.process.poll()
        how = "is gone" if code is None else f"has ended with code {code}"
        return Ended(None, detail=f"The template process, which keeps the workers, {how}.")

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._status.send(b"\0")
