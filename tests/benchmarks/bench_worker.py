"""Worker processes: start, host call, end and memory, each beside its control.

A host call is a message of the worker that an asyncio task of the host answers. Processor time is
that of both processes; the control does the same over a bare socket pair, blocking on both sides.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from polyspell.scripting.worker import Channel, HardeningReport, Worker, WorkerPool

CALLS = 20_000
CALL = {"call": "tool.run", "id": 1, "args": {"city": "Oslo"}}
ANSWER = {"id": 1, "value": {"celsius": 21}}


def echo(channel: Channel, options: Any) -> None:
    """In the worker: answer forever."""
    while True:
        channel.send(channel.receive())


def call(channel: Channel, outstanding: int) -> None:
    """In the worker: make host calls, and send the processor time that one took, in seconds."""
    channel.receive()
    began = time.process_time()
    for _ in range(CALLS // outstanding):
        for _ in range(outstanding):
            channel.post(CALL)
        answers = 0
        while answers < outstanding:
            answers += len(channel.receive_all())
    channel.send((time.process_time() - began) / CALLS)


def open_doors() -> None:
    """Warm a template whose workers are not locked in: the control for what that costs."""
    from polyspell.scripting.worker import serve

    serve.harden = lambda *_: HardeningReport({}, {})


async def calls(pool: WorkerPool, outstanding: int) -> tuple[float, float]:
    """Wall and processor time of one host call, in seconds."""
    done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    tasks = set()

    async def answer() -> None:
        worker.send(ANSWER)

    def on_message(message: Any) -> None:
        if isinstance(message, float):
            done.set_result(message)
        else:
            task = asyncio.create_task(answer())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    worker = await pool.start("bench_worker:call", outstanding, on_message=on_message)
    wall, cpu = time.perf_counter(), time.process_time()
    worker.send(None)
    theirs = await done
    return (time.perf_counter() - wall) / CALLS, (time.process_time() - cpu) / CALLS + theirs


def bare_calls() -> tuple[float, float]:
    """The same exchange over a socket pair and msgspec, without frames, loop or locks."""
    mine, theirs = socket.socketpair()
    encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode
    if (child := os.fork()) == 0:
        for _ in range(CALLS):
            theirs.sendall(encode(CALL))
            decode(theirs.recv(65536))
        os._exit(0)
    wall, before = time.perf_counter(), os.times()
    for _ in range(CALLS):
        decode(mine.recv(65536))
        mine.sendall(encode(ANSWER))
    wall = time.perf_counter() - wall
    os.waitpid(child, 0)
    spent = [after - start for after, start in zip(os.times()[:4], before[:4], strict=True)]
    mine.close()
    theirs.close()
    return wall / CALLS, sum(spent) / CALLS


async def timed(work: Callable[[], Any], times: int = 15) -> float:
    """The median wall time of `work` in milliseconds."""
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        spans.append(time.perf_counter() - began)
    return median(spans) * 1e3


def memory(worker: Worker) -> float:
    """The proportional share of memory of a worker, in MiB."""
    text = Path(f"/proc/{worker.pid}/smaps_rollup").read_text("utf-8")
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.M)
    return int(found[1]) / 1024 if found else 0.0


async def bench(warm: list[str]) -> None:
    """Print everything for one kind of template."""
    pool = WorkerPool(warm)

    async def start() -> Worker:
        return await pool.start("bench_worker:echo")

    async def first() -> None:
        async with WorkerPool(warm) as fresh:
            await fresh.start("bench_worker:echo")

    print(f"  first worker, template included    {await timed(first, 5):8.1f} ms")
    print(f"  next worker, fork to hello         {await timed(start):8.2f} ms")
    workers = [await start() for _ in range(30)]
    print(f"  memory of a worker, one of 45      {memory(workers[-1]):8.2f} MiB PSS")
    spinning = iter(workers)

    async def kill() -> None:
        await next(spinning).kill()

    async def replace() -> None:
        await kill()
        await start()

    print(f"  kill, until reaped                 {await timed(kill):8.2f} ms")
    print(f"  kill and replacement               {await timed(replace):8.2f} ms")
    for outstanding in (1, 100):
        wall, cpu = min([await calls(pool, outstanding) for _ in range(3)])
        label = f"host call, {outstanding} outstanding"
        print(f"  {label:34} {wall * 1e6:8.1f} µs, {cpu * 1e6:.1f} µs of processor")
    await pool.close()


def main() -> None:
    """Run all; a minute at most."""
    sys.path.append(str(Path(__file__).parent))
    bare = [sys.executable, "-I", "-S", "-c", "pass"]
    spans = []
    for _ in range(10):
        began = time.perf_counter()
        subprocess.run(bare, check=True)
        spans.append(time.perf_counter() - began)
    print(f"control: a bare interpreter          {median(spans) * 1e3:8.1f} ms")
    wall, cpu = min(bare_calls() for _ in range(3))
    print(
        f"control: call over a bare socket     {wall * 1e6:8.1f} µs, {cpu * 1e6:.1f} of processor"
    )
    print("locked in:")
    asyncio.run(bench(["bench_worker"]))
    print("control: not locked in:")
    asyncio.run(bench(["bench_worker", "bench_worker:open_doors"]))


if __name__ == "__main__":
    main()
