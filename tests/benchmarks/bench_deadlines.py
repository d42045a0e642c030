"""How late a limit of time is: each hostile script of tests/security/escapes that time ends, in a
process, once with little wall time and once with little processor time, one after the other.

Lateness is the time from the deadline to the error in the host, in milliseconds. The controls, in
the same run: after each hostile script, an honest one (it waits in the host, or counts) in the same
language; and a child that counts, killed after a sleep of the event loop.

    python tests/benchmarks/bench_deadlines.py [--quick] [lua/callback_loop ...]
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

from polyspell import Host
from polyspell.errors import ScriptError
from polyspell.scripting.engine import Source
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.sources import read_source

sys.path.append(str(Path(__file__).parents[1] / "security"))
escapes: Any = importlib.import_module("test_escapes")

LIMIT, PLENTY = 0.15, 20.0
AIM = 250.0
INTERVAL = 0.005
KILLS = 20
QUICK = 8
WAITS = {
    "lua": 'require("polyspell").sleep(0.6)',
    "javascript": 'import { sleep } from "polyspell"; await sleep(0.6)',
    "python": "from polyspell import sleep\nawait sleep(0.6)",
    "wren": 'import "polyspell" for Polyspell\nPolyspell.sleep(0.6)',
}
COUNTS = {
    "lua": "local n = 0 while true do n = n + 1 end",
    "javascript": "let n = 0; while (true) n++",
    "python": "n = 0\nwhile True:\n    n += 1",
    "wren": "var n = 0\nwhile (true) n = n + 1",
}


class Ended(NamedTuple):
    """How a script ended: the limit or the error's code, milliseconds after its deadline, and the
    longest time that the host's event loop did not turn meanwhile."""

    file: str
    by: str
    right: bool
    late: float
    pause: float


class Sampler:
    """Looks, in the event loop, at what all processes below this one have used."""

    async def __aenter__(self) -> Sampler:
        self._used: dict[int, float] = {}
        self._look()
        self._before = sum(self._used.values())
        self.samples = [(time.perf_counter(), 0.0)]
        self._task = asyncio.create_task(self._go_on())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            self._look()
            self.samples.append((time.perf_counter(), sum(self._used.values()) - self._before))

    def _look(self) -> None:
        for process in below(os.getpid()):
            try:
                used = time.clock_gettime((~process << 3) | 2)  # see clock_getcpuclockid(3)
            except OSError:
                continue
            self._used[process] = max(used, self._used.get(process, 0.0))

    def spent(self, seconds: float) -> float:
        """The earliest moment at which so much processor time can have been used."""
        when, used = [sample for sample in self.samples if sample[1] < seconds][-1]
        return when + seconds - used

    def pause(self, end: float) -> float:
        """The longest time between two looks, in seconds, over their interval."""
        times = [*(when for when, _ in self.samples), end]
        return max(b - a for a, b in pairwise(times)) - INTERVAL


def below(process: int) -> Iterator[int]:
    """Its children, and theirs."""
    parents: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path("/proc", entry, "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry))
    found = parents.get(process, [])
    while found:
        yield from found
        found = [child for parent in found for child in parents.get(parent, [])]


async def run(
    host: Host, language: str, kind: str, source: str | Source, file: Path | None = None
) -> Ended:
    """One script to its end, `kind` (wall or cpu) being the limit that is short."""
    says = escapes.header(file) if file else {}
    short = {"wall": PLENTY, "cpu": PLENTY, kind: LIMIT}
    limits = ",".join(
        [escapes.LIMITS, says.get("limits", ""), *(f"{k}={v}s" for k, v in short.items())]
    )
    sandbox = Sandbox.of("untrusted", grants=["import"], limits=limits, isolation="process")
    given = json.loads(says.get("input", "null"))
    folder = file.parent if file else None
    async with (
        await host.scripts.open(language, sandbox=sandbox, folder=folder, input=given) as spell,
        Sampler() as sampler,
    ):
        begin, by = time.perf_counter(), "no error"
        try:
            await spell.run(source)
        except ScriptError as error:
            by = str(error.context.get("limit", error.code))
        end = time.perf_counter()
        deadline = begin + LIMIT if kind == "wall" else sampler.spent(LIMIT)
        late, pause = (end - deadline) * 1e3, sampler.pause(end) * 1e3
    name = f"{language}/{file.stem}" if file else language
    return Ended(name, by, by == kind or by in limits_of(says), late, pause)


def limits_of(says: dict[str, str]) -> set[str]:
    """The limits of which one may end a script."""
    kind, _, rest = says.get("expect", "").partition(" ")
    return set(rest.split("|")) if kind == "limit_exceeded" else set()


async def kill() -> float:
    """Milliseconds from the end of a sleep's time to the end of a child that was killed then."""
    child = await asyncio.create_subprocess_exec(sys.executable, "-Sc", "while True: pass")
    begin = time.perf_counter()
    await asyncio.sleep(LIMIT)
    child.kill()
    await child.wait()
    return (time.perf_counter() - begin - LIMIT) * 1e3


def line(label: str, count: int, right: int, late: list[float], more: str = "") -> None:
    """One line of the table."""
    p95 = quantiles(late, n=20, method="inclusive")[-1] if len(late) > 1 else max(late, default=0)
    figures = (median(late or [0]), p95, max(late, default=0))
    print(f"{label:38}{count:6}{right:7}" + "".join(f"{f:9.1f}" for f in figures), more)


def show(label: str, ends: list[Ended], name: bool) -> None:
    """The line of a language: lateness of those that time ended, and of all that came too late."""
    late = [end for end in ends if end.by == label.split()[1] or end.late > 0]
    worst = max(late, key=lambda end: end.late, default=None)
    more = f"  {worst.file}" if worst and name else ""
    title = label if name else "  control: an honest one after each"
    line(title, len(ends), sum(end.right for end in ends), [end.late for end in late], more)


async def again(host: Host, kind: str, file: Path) -> None:
    """One that was late, alone: whether it was the script or the machine."""
    ends = [await run(host, file.parent.name, kind, read_source(file), file) for _ in range(3)]
    print(f"  {ends[0].file}, {kind}:", ", ".join(f"{end.late:.0f} ms ({end.by})" for end in ends))


async def bench(files: list[Path]) -> None:
    """Print everything for these scripts."""
    print(f"{'':38}{'count':>6}{'right':>7}{'median':>9}{'p95':>9}{'max':>9}   worst   (ms late)")
    everything: list[Ended] = []
    late: list[tuple[str, Path]] = []
    async with Host(config={}) as host:
        for kind, honest in (("wall", WAITS), ("cpu", COUNTS)):
            for language in honest:
                hostile, control = [], []
                for file in files:
                    ends = limits_of(escapes.header(file)) & {"cpu", "wall"}
                    if file.parent.name != language or not ends & {"cpu", kind}:
                        continue
                    hostile.append(await run(host, language, kind, read_source(file), file))
                    control.append(await run(host, language, kind, honest[language]))
                    late += [(kind, file)] if hostile[-1].late > AIM else []
                if hostile:
                    show(f"{language}, {kind}", hostile, True)
                    show(f"{language}, {kind}", control, False)
                everything += hostile
        print(f"later than {AIM:.0f} ms: {len(late) or 'none'}" + "; again, alone:" * bool(late))
        for kind, file in late:
            await again(host, kind, file)
    kills = [await kill() for _ in range(KILLS)]
    line("control: sleep, SIGKILL, reap", KILLS, KILLS, kills)
    stalled = max(everything, key=lambda end: end.pause)
    print(f"longest pause of the host's event loop: {stalled.pause:.1f} ms, {stalled.file}")
    for end in everything:
        if not end.right:
            print(f"not by its limit: {end.file}: {end.by}")


def main() -> None:
    """Run all; three minutes, with --quick half of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"one file of {QUICK}")
    parser.add_argument("names", nargs="*", help="files, as language/name; all without")
    options = parser.parse_args()
    files = escapes.CASES[:: QUICK if options.quick else 1]
    if options.names:
        files = [file for file in files if f"{file.parent.name}/{file.stem}" in options.names]
    print(f"limit {LIMIT * 1e3:.0f} ms; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    asyncio.run(bench(files))
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
