"""The template: one warm process with one thread, which forks workers that start in milliseconds.

It is told by its host, over the socket `control`: one byte with two descriptors asks for a worker.
The first descriptor is the worker's wire. The second, the status socket, stays here: a byte on it
or its end means "kill", and once the worker is reaped its `Ended` record goes out on it. So every
worker is tied to whoever holds its status socket, and a dead host takes all of them along.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import socket
from typing import NoReturn

import msgspec

from .records import Ended
from .serve import serve, warm_up


def main(control: int, host: int, warm: list[str]) -> NoReturn:
    """Warm up, then fork workers until the process `host` is gone. The bootstrap calls this."""
    gc.disable()
    failure = warm_up(warm) or _threads()
    gc.collect()
    gc.freeze()  # a collection in a worker must not touch, and so copy, the shared pages
    Template(control, host, failure).run()


def _threads() -> str:
    with contextlib.suppress(OSError):
        if (count := len(os.listdir("/proc/self/task"))) > 1:
            return f"Warming left {count} threads, but only a process with one thread can fork."
    return ""


class Template:
    """The loop of the template process."""

    def __init__(self, control: int, host: int, failure: str) -> None:
        self._control = socket.socket(fileno=control)
        self._failure = failure
        self._pids: dict[int, int] = {}  # by status socket
        self._statuses: dict[int, int] = {}  # by process
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._children, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll.register(self._children, select.POLLIN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._host = _watch(host)
        if self._host >= 0:
            self._poll.register(self._host, select.POLLIN)

    def run(self) -> NoReturn:
        """Serve until the host is gone, then kill what is left."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))  # one status socket a worker
        try:
            while self._turn():
                pass
        finally:
            for pid in self._statuses:
                os.kill(pid, signal.SIGKILL)
            os._exit(0)

    def _turn(self) -> bool:
        ready = {fd for fd, _ in self._poll.poll()}
        if self._host in ready:
            return False
        for fd in ready & self._pids.keys():
            self._kill(fd)
        if self._control.fileno() in ready and not self._accept():
            return False
        # Last: it closes descriptors, whose numbers must not come back in the same turn.
        if self._children in ready:
            self._reap()
        return True

    def _accept(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self._control, 1, 2)
        if len(fds) == 2:
            wire, status = fds
            try:
                self._start(wire, status)
            except OSError as error:
                _tell(status, Ended(None, detail=f"The template cannot fork: {error}"))
            os.close(wire)
        else:
            for fd in fds:  # out of descriptors; the host sees the status socket end
                os.close(fd)
        return bool(data)

    def _start(self, wire: int, status: int) -> None:
        if self._failure:
            _tell(status, Ended(None, detail=self._failure))
            return
        template = os.getpid()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(wire, template)
        self._pids[status] = pid
        self._statuses[pid] = status
        self._poll.register(status, select.POLLIN)

    def _kill(self, status: int) -> None:
        os.kill(self._pids[status], signal.SIGKILL)  # not reaped yet, so it is still this process
        self._forget(status)

    def _forget(self, status: int) -> None:
        if self._pids.pop(status, None):
            self._poll.unregister(status)

    def _reap(self) -> None:
        os.read(self._children, 4096)
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, code, usage = os.wait4(-1, os.WNOHANG)
                if not pid:
                    return
                status = self._statuses.pop(pid)
                self._forget(status)
                seconds, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
                _tell(status, Ended(os.waitstatus_to_exitcode(code), seconds, peak))


def _tell(status: int, record: Ended) -> None:
    with socket.socket(fileno=status) as sock, contextlib.suppress(OSError):
        sock.sendall(msgspec.msgpack.encode(record))


def _watch(process: int) -> int:
    """A descriptor that is readable once `process` is dead; -1 where the system has none.

    The end of `control` says the same, unless a child of the host inherited the other end.
    """
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):
        return -1
