"""What a process has in memory for itself, and the most that it had."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from polyspell.scripting.resident import Resident

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
MIB = 2**20
CHILD = """
for line in iter(input, "end"):
    data = b"x" * (int(line) << 20)
    del data
    print(flush=True)
"""
Hold = Callable[[int], None]


@pytest.fixture
def child() -> Iterator[tuple[int, Hold]]:
    """Another process, and a function by which it holds so many MiB for a moment."""
    command = [sys.executable, "-I", "-S", "-c", CHILD]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        assert process.stdin is not None and process.stdout is not None

        def hold(mebibytes: int) -> None:
            print(mebibytes, file=process.stdin)
            process.stdout.readline()  # type: ignore[union-attr]

        hold(0)
        yield process.pid, hold
        print("end", file=process.stdin)


def test_the_peak_of_another_process_counts_anew_at_each_beginning(child: tuple[int, Hold]) -> None:
    pid, hold = child
    resident = Resident(pid)
    peaks = []
    for mebibytes in (40, 10, 0):
        resident.begin()
        hold(mebibytes)
        peaks.append(resident.peak() or 0)
    for peak, mebibytes in zip(peaks, (40, 10, 0), strict=True):
        assert mebibytes - 1 <= peak / MIB < mebibytes + 4


def test_what_was_there_before_is_not_counted(child: tuple[int, Hold]) -> None:
    pid, hold = child
    resident = Resident(pid, base=5 * MIB)
    resident.begin()
    hold(20)
    assert Resident(pid, base=0).peak() == (resident.peak() or 0) + 5 * MIB


def test_our_own_process_is_watched_without_changing_what_others_see_of_it() -> None:
    def highest() -> int:
        with open("/proc/self/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    before = highest()
    resident = Resident(os.getpid())
    resident.begin()
    with open("/proc/self/statm", encoding="ascii") as statm:
        now = int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    size = before - now + 20 * MIB  # more than the process ever had
    with mmap.mmap(-1, size) as pages:  # and not what its allocator has kept
        for at in range(0, size, 4096):
            pages[at] = 1
    assert size - MIB <= (resident.peak() or 0) < size + 8 * MIB
    assert highest() >= before
    resident.begin()
    assert (resident.peak() or 0) < 8 * MIB


def test_a_process_that_has_ended_tells_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    resident = Resident(process.pid, base=0)
    process.wait()
    resident.begin()
    assert resident.peak() is None
