"""How worker processes come into being, seen from the host: forked from a template, or spawned."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from .records import Ended

# All that a child sees of the host's environment: what its interpreter may need to start.
KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")

_BOOT = """
import os, sys
wire, parent, path, warm = sys.argv[1:]
sys.path[:] = path.split(os.pathsep)
if wire == "stdin":
    import socket
    wire = socket.fromshare(sys.stdin.buffer.read()).detach()
from {module} import main
main(int(wire), int(parent), warm.split())
"""


class Process(Protocol):
    """A worker's process, tied to the event loop that launched it."""

    def watch(self, on_end: Callable[[Ended], None]) -> None:
        """Call `on_end` in this event loop, once, when the process is gone and reaped."""

    def kill(self) -> None:
        """Ask for SIGKILL; nothing happens if it is gone already."""


class Launcher(Protocol):
    """Starts processes that run `serve.serve`."""

    def prepare(self) -> None:
        """Begin what makes the next launch quick."""

    async def launch(self) -> tuple[socket.socket, Process]:
        """A new process and the host's end of its wire."""

    async def close(self) -> None:
        """End what the launcher itself keeps, and every process that depends on it."""


def search_path(warm: Sequence[str]) -> list[str]:
    """This interpreter's search path, and the folders of packages that only an import hook finds
    (editable installs)."""
    found = [os.path.abspath(entry) for entry in sys.path]
    for name in (__name__, *warm):
        spec = importlib.util.find_spec(name.replace(":", ".").split(".")[0])
        places = list(spec.submodule_search_locations or ()) if spec else []
        if spec and not places and spec.origin and spec.has_location:
            places = [spec.origin]
        found += [str(Path(place).parent) for place in places]
    return list(dict.fromkeys(found))


def socket_pair(ours: ExitStack, theirs: ExitStack) -> tuple[socket.socket, socket.socket]:
    """Two ends of a wire, each to be closed with its stack."""
    mine, other = socket.socketpair()
    return ours.enter_context(mine), theirs.enter_context(other)


def boot(module: str, wire: socket.socket, warm: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a bare interpreter that calls `main` of `module` with its end of the wire.

    Its standard error is the host's, so that a crash before it can report is seen.
    """
    shared = sys.platform == "win32"  # where descriptors are not inherited
    number = "stdin" if shared else str(wire.fileno())
    path = os.pathsep.join(search_path(warm))
    code = _BOOT.format(module=f"{__package__}.{module}")
    # On Windows the interpreter of a virtual environment is only a parent of the real one.
    python = getattr(sys, "_base_executable", "") if shared else sys.executable
    process = subprocess.Popen(
        [python, "-I", "-S", "-c", code, number, str(os.getpid()), path, " ".join(warm)],
        env={name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ},
        stdin=subprocess.PIPE if shared else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=() if shared else (wire.fileno(),),
        start_new_session=not shared,  # the terminal's Ctrl-C is for the host
    )
    if sys.platform == "win32":
        assert process.stdin is not None
        with process.stdin as stdin:
            stdin.write(wire.share(process.pid))
    return process
