"""Lock this process in, layer by layer, and tell which layers hold.

Each layer that the system lacks is reported with the system's own reason; none is assumed. See
`records.HardeningReport`; the policy decides whether a gap is an error.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import struct
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from . import seccomp
from .errors import HardeningError
from .probe import probe
from .records import HardeningReport, Policy, WorkerLimits

if sys.platform != "win32":
    import resource  # here, because a locked-in process cannot import

_LIBC = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT, _LANDLOCK_VERSION = 444, 446, 1
_CAPABILITY_VERSION_3 = 0x2008_0522
_SECCOMP_SET_MODE_FILTER, _SECCOMP_TSYNC = 1, 1


class _Cell(NamedTuple):
    """What a layer needs to know."""

    keep: int
    parent: int
    limits: WorkerLimits
    mapped: int  # bytes of address space in use before; its file is out of reach later


def harden(keep: int, parent: int, limits: WorkerLimits, policy: Policy) -> HardeningReport:
    """Lock this process in for good.

    Args:
        keep: the one descriptor that stays open, besides 0 to 2 on the null device.
        parent: the process that this one must not outlive; it is its parent.
        limits: for memory and processor time.
        policy: `require` every layer, or `best-effort`.

    Raises:
        HardeningError: a layer is missing or an attempt went through, and the policy is `require`.
    """
    cell = _Cell(keep, parent, limits, _mapped_bytes())
    layers = {layer.__name__.strip("_"): _apply(layer, cell) for layer in _LAYERS}
    report = HardeningReport(layers, probe(cell.limits.memory_bytes))
    if policy == "require" and not report.complete:
        gaps = ", ".join(f"{name}: {state}" for name, state in report.gaps.items())
        raise HardeningError(
            f"This system cannot lock a worker in ({gaps}).",
            context={"layers": report.layers, "probe": report.probe},
        )
    return report


def _apply(layer: Callable[[_Cell], None], cell: _Cell) -> str:
    try:
        layer(cell)
    except (OSError, ValueError, AttributeError) as error:
        # ValueError is how setrlimit says EPERM, AttributeError that there is no such call.
        name = errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)
        return f"{name}: {getattr(error, 'strerror', None) or error}"
    return "on"


def _linux(name: str, *arguments: Any) -> int:
    """Call a function of the C library; OSError with its errno, ENOSYS where it does not exist."""
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, "needs Linux")
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]  # both are variadic
    result = int(getattr(_LIBC, name)(*wide))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _parent_death(cell: _Cell) -> None:
    _linux("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != cell.parent:  # it died before the line above
        os._exit(1)


def _no_new_privileges(cell: _Cell) -> None:
    _linux("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _descriptors(cell: _Cell) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    keep = {0, 1, 2, cell.keep}
    listing = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    for name in os.listdir(listing):
        if int(name) not in keep:
            with contextlib.suppress(OSError):  # the descriptor of the listing itself
                os.close(int(name))


def _landlock(cell: _Cell) -> None:
    """Handle every right that the kernel knows, allow none: no file, no TCP, no abstract socket."""
    abi = _linux("syscall", _LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION)
    rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)  # so many bits of struct
    network, scoped = (3 if abi >= 4 else 0), (3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    attributes = struct.pack("=QQQ", (1 << rights) - 1, network, scoped)
    ruleset = _linux("syscall", _LANDLOCK_CREATE, attributes, size, 0)
    try:
        _linux("syscall", _LANDLOCK_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _capabilities(cell: _Cell) -> None:
    _linux("capset", struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24))


def _rlimits(cell: _Cell) -> None:
    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, "needs POSIX")

    def lower(name: str, soft: int, hard: int) -> None:
        if (number := getattr(resource, f"RLIMIT_{name}", None)) is not None:
            now = resource.getrlimit(number)[1]
            if now != resource.RLIM_INFINITY:
                soft, hard = min(soft, now), min(hard, now)
            resource.setrlimit(number, (soft, hard))

    for name in ("NOFILE", "NPROC", "CORE", "FSIZE", "MEMLOCK", "MSGQUEUE"):
        lower(name, 0, 0)
    if (seconds := cell.limits.cpu_seconds) is not None:
        lower("CPU", seconds, seconds + 1)  # one more for a worker that ignores the signal
    if (size := cell.limits.memory_bytes) is not None:
        if not sys.platform.startswith("linux"):
            raise OSError(errno.ENOSYS, "RLIMIT_AS is enforced on Linux only")
        lower("AS", cell.mapped + size, cell.mapped + size)


def _mapped_bytes() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def _seccomp(cell: _Cell) -> None:
    _, _, number = seccomp.machine()
    program = ctypes.create_string_buffer(seccomp.build_filter())
    fprog = struct.pack("@HP", (len(program) - 1) // 8, ctypes.addressof(program))
    _linux("syscall", number, _SECCOMP_SET_MODE_FILTER, _SECCOMP_TSYNC, fprog)


# Seccomp last: it takes away the calls that the others make. Descriptors before the limit on them.
_LAYERS = (
    _parent_death,
    _no_new_privileges,
    _descriptors,
    _landlock,
    _capabilities,
    _rlimits,
    _seccomp,
)
