"""How Monty's program is started: by `cell.py`, which locks the process in first.

Monty starts a program of ours: a small shell script in memory, which no folder has to hold and
nothing has to clean up. Where a system has no such files, Monty starts its own program, and the
report says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import sys
from dataclasses import dataclass
from importlib.resources import files

from polyspell.scripting.worker import HardeningReport
from polyspell.scripting.worker.seccomp import Rule, build_filter, machine
from pydantic_monty._binary import find_monty_binary

from polyspell_python.cell import LAYERS, PROGRAM

_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_EMPTY_PATH, _THREAD = 0x1000, 0x1_0000  # AT_EMPTY_PATH, CLONE_THREAD
_WORD = 0xFFFF_FFFF
_MFD_CLOEXEC, _MFD_EXEC = 1, 0x10

_STARTS = (
    Rule((322, 281), ((0, _WORD, PROGRAM), (4, _WORD, _EMPTY_PATH))),  # execveat, of that one file
    Rule((56, 220), ((0, _THREAD, _THREAD),)),  # clone, of threads
    Rule((435, 435), ((0, 0, 1),), errno.ENOSYS),  # clone3, whose flags cannot be seen: then clone
    Rule((257, 56)),  # openat, of what Landlock leaves
    Rule((262, 79)),  # newfstatat, as the loader of libraries asks what it has opened
    Rule((5, 80)),  # fstat
    Rule((17, 67)),  # pread64
    Rule((158, None)),  # arch_prctl
    Rule((218, 96)),  # set_tid_address
)
"""What the program needs to start, besides what all workers may do."""


@dataclass
class Launcher:
    """What Monty starts.

    Attributes:
        program: its path.
        gap: why it does not lock in; "" where it does.
    """

    program: str
    gap: str
    _held: tuple[int, ...] = ()

    def report(self) -> HardeningReport:
        """What the last worker that was started said of itself."""
        if self.gap:
            return HardeningReport(dict.fromkeys(LAYERS, self.gap), {})
        found: dict[str, dict[str, str]] = {"layer": {}, "probe": {}}
        for line in os.pread(self._held[1], 4096, 0).decode().splitlines():
            kind, name, state = line.split(" ", 2)
            found[kind][name] = state
        return HardeningReport(found["layer"], found["probe"])

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in self._held:
            os.close(descriptor)
        self._held = ()


def launcher(program: str | None = None) -> Launcher:
    """The launcher for this process; another is needed after a fork.

    Args:
        program: what runs, locked in; None for Monty's.
    """
    try:
        if not sys.platform.startswith("linux"):
            raise OSError(errno.ENOSYS, "needs Linux")
        script, report = _memory_file("polyspell-worker"), _memory_file("polyspell-report")
    except OSError as error:
        return bare(f"{errno.errorcode.get(error.errno or 0)}: {error.strerror}")
    folder = f"/proc/{os.getpid()}/fd"
    os.write(script, _script(program or find_monty_binary(), f"{folder}/{report}").encode())
    return Launcher(f"{folder}/{script}", "", (script, report))


def bare(gap: str) -> Launcher:
    """Monty's own program; `gap` says why."""
    return Launcher(find_monty_binary(), gap)


def _memory_file(name: str) -> int:
    with contextlib.suppress(OSError):  # kernels before 6.3 do not know the second flag
        return os.memfd_create(name, _MFD_CLOEXEC | _MFD_EXEC)
    return os.memfd_create(name, _MFD_CLOEXEC)


def _script(program: str, report: str) -> str:
    """The arguments are those of `cell.Cell`; the shell adds what Monty gives."""
    steps, number = b"", 0
    with contextlib.suppress(OSError):
        _, _, number = machine()
        steps = build_filter(_STARTS)
    readable = os.pathsep.join((os.path.realpath(program), *_LIBRARIES))
    given = (os.getpid(), report, number, steps.hex(), program, readable)
    cell = str(files("polyspell_python").joinpath("cell.py"))
    words = (sys.executable, "-I", "-S", cell, *map(str, given))
    return f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'
