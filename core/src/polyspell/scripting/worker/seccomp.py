"""The system calls that a locked-in worker may make, as a seccomp filter.

An engine at work needs `read write brk mmap mremap munmap futex exit_group`; the rest of the list
is what CPython and a C library do around it. Everything else fails with EPERM, which a program can
report, where a kill would only look like a crash.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Sequence
from typing import NamedTuple

# name: (number on x86_64, number on aarch64); the busiest first, since the filter asks in order.
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "recvfrom": (45, 207),
    "sendto": (44, 206),
    "read": (0, 63),
    "write": (1, 64),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "mprotect": (10, 226),
    "futex": (202, 98),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "getrusage": (98, 165),
    "getrandom": (318, 278),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "readv": (19, 65),
    "writev": (20, 66),
    "poll": (7, None),
    "ppoll": (271, 73),
    "shutdown": (48, 210),
    "close": (3, 57),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "set_robust_list": (273, 99),
    "exit": (60, 93),
    "exit_group": (231, 94),
}

# machine: (column above, AUDIT_ARCH of linux/audit.h, number of seccomp(2))
MACHINES = {"x86_64": (0, 0xC000_003E, 317), "aarch64": (1, 0xC000_00B7, 277)}

_LOAD_WORD, _JUMP_EQUAL, _JUMP_AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_NUMBER_OFFSET, _ARCH_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16  # in struct seccomp_data
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
_X32_BIT = 0x4000_0000


class Rule(NamedTuple):
    """A system call besides those of `ALLOWED`.

    Attributes:
        numbers: on x86_64 and on aarch64; None where there is none.
        tests: (argument, mask, value): it is let through if each argument, of 32 bits, has this
            value under this mask.
        error: of a call that is not.
    """

    numbers: tuple[int | None, int | None]
    tests: tuple[tuple[int, int, int], ...] = ()
    error: int = errno.EPERM


def machine() -> tuple[int, int, int]:
    """The row of `MACHINES` for this machine; OSError where there is none."""
    try:
        return MACHINES[platform.machine()]
    except KeyError:
        raise OSError(errno.ENOSYS, f"no system call numbers for {platform.machine()}") from None


def build_filter(more: Sequence[Rule] = ()) -> bytes:
    """The BPF program for this machine: an array of struct sock_filter."""
    column, arch, _ = machine()
    rules = [step for rule in more for step in _steps(rule, column)]
    numbers = [row[column] for row in ALLOWED.values() if row[column] is not None]
    program = [
        (_LOAD_WORD, 0, 0, _ARCH_OFFSET),
        (_JUMP_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL_PROCESS),  # a foreign architecture has other numbers
        (_LOAD_WORD, 0, 0, _NUMBER_OFFSET),
        (_JUMP_AT_LEAST, 0, 1, _X32_BIT),  # x32: the same architecture, other calls
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        *rules,
        *((_JUMP_EQUAL, len(numbers) - i, 0, number) for i, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in program)


def _steps(rule: Rule, column: int) -> list[tuple[int, int, int, int]]:
    """What a rule is in a filter, with the call's number loaded, which a jump over it leaves so."""
    if (number := rule.numbers[column]) is None:
        return []
    ends = [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | rule.error)]
    tests: list[tuple[int, int, int, int]] = []
    for done, (argument, mask, value) in enumerate(rule.tests, 1):
        left = 3 * (len(rule.tests) - done)
        tests += [
            (_LOAD_WORD, 0, 0, _ARGUMENTS_OFFSET + 8 * argument),
            (_AND, 0, 0, mask),
            (_JUMP_EQUAL, 0, left + 1, value),
        ]
    steps = [*tests, *ends]
    return [(_JUMP_EQUAL, 0, len(steps), number), *steps]
