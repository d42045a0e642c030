"""How fast wrenpy runs, against the reference VM on the same machine in the same minutes.

    WREN_CHECKOUT=~/wren WREN_BINARY=~/wren/bin/wren_test python benchmarks/speed.py [ROUNDS]

Each program is its own process and times itself. Rounds interleave the two VMs; the figure is the
median of wrenpy's time divided by the median of the reference's. wrenpy runs with all limits on.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
THEIRS = (
    "fib", "fibers", "method_call", "binary_trees", "for", "map_numeric", "map_string",
    "string_equals", "delta_blue",
)  # fmt: skip
OURS = ("nbody", "fannkuch")


def elapsed(command: list[str]) -> tuple[float, str]:
    """Seconds that a program says it took, and what else it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    output, _, seconds = done.stdout.rpartition("elapsed: ")
    return float(seconds), output


def run_file(path: str) -> None:
    """Run a program with limits that it does not meet."""
    import wrenpy

    limits = wrenpy.Limits(fuel=10**12, seconds=300, memory=1 << 30, output=1 << 20)
    wrenpy.VM(limits=limits).interpret(Path(path).read_bytes())


def measure_start() -> None:
    """Print the time to import, to make a VM, and to compile."""
    code = "import time; t = time.perf_counter(); import wrenpy; print(time.perf_counter() - t)"
    imports = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        for _ in range(5)
    ]
    import wrenpy
    from wrenpy.compiler.scope import ModuleScope
    from wrenpy.compiler.unit import compile_module

    wrenpy.VM()
    times = []
    for _ in range(20):
        start = time.perf_counter()
        wrenpy.VM()
        times.append(time.perf_counter() - start)
    print(f"import wrenpy: {statistics.median(imports) * 1e3:.1f} ms")
    print(f"a VM (after the first): {statistics.median(times) * 1e3:.2f} ms")
    sources = [p.read_text("latin-1") for p in programs().values() if p.is_file()]
    lines = sum(len(re.findall(r"[^\n]*\S[^\n]*\n", source)) for source in sources)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        for source in sources:
            compile_module(source, ModuleScope(["System", "List", "Fiber", "Fn", "Num"]), 0)
        times.append(time.perf_counter() - start)
    print(f"compiling: {lines / statistics.median(times) / 1e3:.1f} lines a ms (blank ones apart)")


def programs() -> dict[str, Path]:
    """Benchmark programs by name."""
    folder = Path(os.environ.get("WREN_CHECKOUT", "")) / "test" / "benchmark"
    found = {name: folder / f"{name}.wren" for name in THEIRS}
    return found | {name: HERE / f"{name}.wren" for name in OURS}


def main() -> int:
    if sys.argv[1:2] == ["--run"]:
        run_file(sys.argv[2])
        return 0
    binary = os.environ.get("WREN_BINARY")
    if not binary or not os.environ.get("WREN_CHECKOUT"):
        print("Set WREN_CHECKOUT to a checkout of wren-lang/wren and WREN_BINARY to its VM.")
        return 0
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    ratios = []
    for name, path in programs().items():
        ours, theirs = [], []
        for _ in range(rounds):
            seconds, output = elapsed([sys.executable, __file__, "--run", str(path)])
            ours.append(seconds)
            seconds, expected = elapsed([binary, str(path)])
            theirs.append(seconds)
            assert output == expected, f"{name}: {output!r} is not {expected!r}"
        ratio = statistics.median(ours) / statistics.median(theirs)
        ratios.append(ratio)
        print(
            f"{name:14} {statistics.median(ours):7.3f} s  {statistics.median(theirs):7.3f} s"
            f"  {ratio:5.2f}",
            flush=True,
        )
    print(f"geometric mean of the ratios: {statistics.geometric_mean(ratios):.3f}")
    measure_start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
