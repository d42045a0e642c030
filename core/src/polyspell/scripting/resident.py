"""The memory that a process has to itself, and the most that it had: as Linux tells in /proc."""

from __future__ import annotations

import contextlib
import os
import re
from typing import NamedTuple

_FIELDS = re.compile(
    rb"VmHWM:\s+(\d+) kB\nVmRSS:\s+(\d+) kB\nRssAnon:.*\n"
    rb"RssFile:\s+(\d+) kB\nRssShmem:\s+(\d+) kB\n"
)


class _Now(NamedTuple):
    """Bytes: resident, the most that ever was, and what of it is shared (files of code)."""

    resident: int
    highest: int
    shared: int


class Resident:
    """Watches what a process has in memory for itself: pages of files, as its code, do not count,
    nor does what it has asked for and never touched. Good to about a mebibyte.

    Args:
        pid: of a process of this user. In our own nothing is changed, so that a peak below an
            earlier one of the process is not seen there.
        base: bytes that it had before there was a script in it; None for what it has now.
    """

    def __init__(self, pid: int, base: int | None = None) -> None:
        self._pid = pid
        self._highest = 0  # what was seen before `begin`, where the system does not forget it
        self.base = self._private() if base is None else base

    def begin(self) -> None:
        """The peak counts from now on; in our own process what it has now is the base."""
        if self._pid == os.getpid():
            self.base = self._private()
        else:
            with contextlib.suppress(OSError):
                self._write("clear_refs", b"5")  # VmHWM begins anew: see proc_pid_clear_refs(5)
                self._highest = 0
                return
        now = self._read()
        self._highest = now.highest if now else 0

    def peak(self) -> int | None:
        """The most bytes over its base that it had since `begin`; None where that is not told."""
        now = self._read()
        if now is None:
            return None
        most = now.highest if now.highest > self._highest else now.resident
        return max(0, most - now.shared - self.base)

    def _private(self) -> int:
        now = self._read()
        return now.resident - now.shared if now else 0

    def _read(self) -> _Now | None:
        try:
            descriptor = os.open(f"/proc/{self._pid}/status", os.O_RDONLY)
            try:
                text = os.read(descriptor, 4096)
            finally:
                os.close(descriptor)
        except OSError:
            return None
        found = _FIELDS.search(text)
        if found is None:  # it has ended
            return None
        highest, resident, files, shared = (int(kilobytes) * 1024 for kilobytes in found.groups())
        return _Now(resident, highest, files + shared)

    def _write(self, name: str, data: bytes) -> None:
        descriptor = os.open(f"/proc/{self._pid}/{name}", os.O_WRONLY)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
