from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from polyspell.scripting.worker import WorkerExited, WorkerLimits, WorkerPool

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


@pytest.mark.parametrize("method", ["fork", "spawn"])
async def test_a_busy_loop_is_killed_at_its_deadline(method: Any) -> None:
    async with WorkerPool(["worker_entries"], method=method) as pool:
        worker = await pool.start("worker_entries:spin", deadline=0.1)
        exit = await worker.wait()
        assert (exit.reason, exit.signal, exit.code) == ("deadline", signal.SIGKILL, None)
        again = await pool.start("worker_entries:echo", deadline=60)
        again.deadline(None)
        again.send(1)
        assert await again.receive() == 1


async def test_killing_twice_or_late_does_no_harm(pool: WorkerPool) -> None:
    worker = await pool.start("worker_entries:leave", 0)
    assert (await worker.wait()).reason == "finished"
    assert (await worker.kill()).reason == "finished"
    worker.deadline(0.0)
    spinning = await pool.start("worker_entries:spin")
    assert await asyncio.gather(spinning.kill(), spinning.kill()) == [spinning.exit] * 2


async def test_an_exit_code_is_told(pool: WorkerPool) -> None:
    exit = await (await pool.start("worker_entries:leave", 7)).wait()
    assert (exit.reason, exit.code) == ("error", 7)


async def test_an_exception_is_told_with_its_traceback(pool: WorkerPool) -> None:
    worker = await pool.start("worker_entries:fail")
    with pytest.raises(WorkerExited, match="no such spell") as caught:
        await worker.receive()
    assert caught.value.context["exit"]["reason"] == "error"
    assert worker.exit is not None
    assert "Traceback" in worker.exit.detail


async def test_running_out_of_memory_is_told(pool: WorkerPool) -> None:
    limits = WorkerLimits(memory_bytes=50_000_000)
    exit = await (await pool.start("worker_entries:devour", limits=limits)).wait()
    assert exit.reason == "memory"
    assert 20_000_000 < exit.peak_bytes < 120_000_000


async def test_a_kill_from_outside_looks_like_the_kernel_out_of_memory(pool: WorkerPool) -> None:
    worker = await pool.start("worker_entries:echo")
    os.kill(worker.pid, signal.SIGKILL)
    exit = await worker.wait()
    assert (exit.reason, exit.signal) == ("memory", signal.SIGKILL)
    assert "from outside" in exit.detail


async def test_a_crash_is_told_with_its_signal(pool: WorkerPool) -> None:
    worker = await pool.start("worker_entries:echo")
    os.kill(worker.pid, signal.SIGSEGV)
    exit = await worker.wait()
    assert (exit.reason, exit.signal) == ("signal", signal.SIGSEGV)


@pytest.mark.parametrize("entry", ["spin", "spin_against_signals"])
async def test_processor_time_is_limited_even_if_the_signal_is_ignored(
    pool: WorkerPool, entry: str
) -> None:
    limits = WorkerLimits(cpu_seconds=1)
    exit = await (await pool.start(f"worker_entries:{entry}", limits=limits)).wait()
    assert exit.reason == "cpu"
    assert 0.5 < exit.cpu_seconds < 3  # the kernel counts by ticks


@linux
async def test_without_its_template_a_worker_ends_and_the_next_start_makes_a_new_one() -> None:
    async with WorkerPool(["worker_entries"]) as pool:
        workers = [await pool.start(f"worker_entries:{name}") for name in ("echo", "spin")]
        template = pool._launcher.template().process  # type: ignore[attr-defined]
        template.kill()
        exits = [await worker.wait() for worker in workers]
        assert {exit.reason for exit in exits} == {"lost"}
        assert "template process" in exits[0].detail
        assert await gone([worker.pid for worker in workers])
        async with await pool.start("worker_entries:echo") as worker:
            worker.send(1)
            assert await worker.receive() == 1


# A host that is killed; with an heir, a child of it that keeps its descriptors open.
HOST = """
import asyncio, os, sys, time
from polyspell.scripting.worker import WorkerPool

async def main():
    pool = WorkerPool(["worker_entries"], method=sys.argv[1])
    workers = [await pool.start(f"worker_entries:{e}") for e in ("echo", "spin", "spin", "deaf")]
    heir = os.fork() if sys.argv[2] == "heir" else 0
    if sys.argv[2] == "heir" and heir == 0:
        time.sleep(60)
        os._exit(0)
    children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    pids = {*map(str, (w.pid for w in workers)), *children} - {str(heir)}
    print(heir, *pids, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@linux
@pytest.mark.parametrize(("method", "heir"), [("fork", "-"), ("fork", "heir"), ("spawn", "-")])
def test_nothing_is_left_of_a_host_that_was_killed(method: str, heir: str) -> None:
    here = str(Path(__file__).parent)
    code = f"import sys; sys.path.append({here!r})\n{HOST}"
    command = [sys.executable, "-W", "ignore", "-c", code, method, heir]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        keeper, *pids = map(int, host.stdout.readline().split())
        host.kill()
        try:
            assert len(pids) == 5, "four workers, a template or a spare"
            assert asyncio.run(gone(pids))
        finally:
            if keeper:
                os.kill(keeper, signal.SIGKILL)


async def gone(pids: list[int]) -> bool:
    """Whether all these processes end; a zombie that nobody has reaped yet has ended."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not any(running(pid) for pid in pids):
            return True
        await asyncio.sleep(0.01)
    return False


def running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
