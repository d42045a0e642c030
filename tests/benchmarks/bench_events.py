"""What an event costs, in microseconds: told to nobody, to a listener, to a file, to another
program. The control is the least that a recording can be: the same JSON, written and flushed.

    python tests/benchmarks/bench_events.py
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from polyspell.cli.tree import Tree
from polyspell.events import EventBus, Recorder
from polyspell.events.remote import attach
from polyspell.events.serve import EventServer
from polyspell.events.steps import pattern, shortened, where

COUNT, ROUNDS = 5_000, 5
DATA = {"id": "call_1", "name": "search", "content": "x" * 200, "seconds": 0.25}


def measure(work: Callable[[], None]) -> float:
    """Microseconds of one call, the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(COUNT):
            work()
        best = min(best, time.perf_counter() - begin)
    return best / COUNT * 1e6


def show(what: str, cost: float) -> None:
    print(f"{what:<58} {cost:8.2f} µs")


async def served(readers: int) -> None:
    bus = EventBus()
    async with EventServer(bus, "0") as server:
        got = [0] * readers

        async def read(n: int) -> None:
            async for _ in attach(server.address, token=server.token):
                got[n] += 1

        tasks = [asyncio.create_task(read(n)) for n in range(readers)]
        await asyncio.sleep(0.2)
        begin = time.perf_counter()
        for n in range(COUNT):
            bus.emit("tool.call.completed", DATA)
            if n % 100 == 0:
                await asyncio.sleep(0)
        told = time.perf_counter() - begin
        show(
            f"emit, offered to {readers} readers (their work in the same loop)", told / COUNT * 1e6
        )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    file = (folder / "control").open("ab")

    def control() -> None:
        file.write(msgspec.json.encode(["tool.call.completed", DATA]) + b"\n")
        file.flush()

    show("control: encode, write, flush", measure(control))
    bus = EventBus()

    def emit() -> None:
        bus.emit("tool.call.completed", DATA)

    show("emit, nobody listens", measure(emit))
    with bus.stream("agent.*"):
        show("emit, somebody listens to others", measure(emit))
    with bus.on("tool.**", lambda event: None):
        show("emit, a listener", measure(emit))
    slow = pattern("tool.**") & where("seconds>1")
    with bus.on("**", lambda event: None, when=slow):
        show("emit, a listener behind a filter of two", measure(emit))
    with Recorder(bus, folder / "x.jsonl"):
        show("emit, recorded as JSON lines", measure(emit))
    with Recorder(bus, folder / "y.jsonl", steps=[shortened(100)]):
        show("emit, shortened and recorded as JSON lines", measure(emit))
    with Recorder(bus, folder / "x.db"):
        show("emit, recorded in SQLite (committed five times a second)", measure(emit))
    tree = Tree()
    with bus.on("**", tree.add):
        show("emit, taken into a tree", measure(emit))
    for readers in (0, 1, 4):
        asyncio.run(served(readers))
    print(json.dumps({"events": COUNT, "rounds": ROUNDS}))


if __name__ == "__main__":
    main()
