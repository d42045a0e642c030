"""A hundred calls of the host in a batch, beside the same calls one by one: by functions that are
answered at once and by ones that wait, inline and in a worker. Processor time of one call in µs,
that of the worker included, the best of several; then wall time.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from polyspell import Host
from polyspell.scripting.declare import ApiModule
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell

BATCHES, CALLS, ROUNDS = 30, 100, 5
PROGRAMS = {
    "lua": (
        "local f = require('polyspell').bench.NAME "
        f"for k = 1, {BATCHES} do for i = 1, {CALLS} do f(i) end end",
        "local ps = require('polyspell') local f = ps.bench.NAME "
        f"for k = 1, {BATCHES} do ps.batch(function() for i = 1, {CALLS} do f(i) end end) end",
    ),
    "javascript": (
        "import { bench } from 'polyspell'; const f = bench.NAME;"
        f"for (let k = 0; k < {BATCHES}; k++) for (let i = 0; i < {CALLS}; i++) WAIT f(i);",
        "import { bench, batch } from 'polyspell'; const f = bench.NAME;"
        f"for (let k = 0; k < {BATCHES}; k++)"
        f" await batch(() => {{ for (let i = 0; i < {CALLS}; i++) f(i); }});",
    ),
}


class Bench(ApiModule):
    """What the scripts call."""

    name = "bench"

    def next(self, number: int) -> int:
        """The next number."""
        return number + 1

    async def later(self, number: int) -> int:
        """The next number, by a function that waits."""
        return number + 1


async def cost(spell: Spell, program: str) -> tuple[float, float]:
    """Processor and wall time of one call, in microseconds."""
    spans = []
    for _ in range(ROUNDS):
        cpu, wall = time.process_time(), time.perf_counter()
        used = (await spell.run(program)).usage.cpu
        own, wall = time.process_time() - cpu, time.perf_counter() - wall
        theirs = used if spell.sandbox.isolation == "process" else 0.0
        spans.append((own + theirs, wall))
    return tuple(best / BATCHES / CALLS * 1e6 for best in min(spans))  # type: ignore[return-value]


async def main() -> None:
    """Run all; half a minute at most."""
    async with Host(plugins=["lua", "quickjs"], config={}) as host:
        host.script_apis.register("bench", Bench)
        for language, (single, batch) in PROGRAMS.items():
            for isolation in ("process", "inline"):
                await measure(host, language, isolation, single, batch)


async def measure(host: Host, language: str, isolation: Any, single: str, batch: str) -> None:
    """The lines of one language and isolation."""
    sandbox = Sandbox.of(isolation=isolation, limits="calls=none,cpu=none,wall=none")
    async with await host.scripts.open(language, sandbox=sandbox) as spell:
        for name in ("next", "later"):
            wait = "await" if name == "later" else ""
            control = await cost(spell, single.replace("NAME", name).replace("WAIT", wait))
            together = await cost(spell, batch.replace("NAME", name))
            print(
                f"{language:11}{isolation:8}{name:6}batch {together[0]:6.1f} µs   "
                f"control {control[0]:6.1f} µs   {together[0] / control[0]:5.2f} times   "
                f"(wall {together[1]:6.1f}, {control[1]:6.1f} µs)"
            )


if __name__ == "__main__":
    asyncio.run(main())
