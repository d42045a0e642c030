"""JavaScript: contexts, host calls, awaits and the reading of sources, each beside the bare engine.

All times are the least of several rounds, of this process's processor.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import jsbox
from polyspell.scripting.engine import ContextOptions, Outcome, Source
from polyspell.scripting.limits import Limits
from polyspell.testing.demo import API
from polyspell.testing.port import Driver, FakePort
from polyspell_quickjs.engine import JavaScriptEngine
from polyspell_quickjs.syntax import read

VALUE = '{ city: "Oslo", days: 3, tags: ["a", "b"] }'
LIMITS = Limits(wall=None, cpu=None, calls=None)
ENGINE = JavaScriptEngine()
PROGRAMS = {
    "calls": "const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2); fib(22)",
    "a loop": "let s = 0; for (let i = 0; i < 1e6; i++) s += i",
    "callbacks": "Array.from({ length: 2e5 }, (_, i) => i).map(x => x * 2).filter(x => x % 3 == 0)",
    "strings": "const s = []; for (let i = 0; i < 1e5; i++) s.push(`${i}`.padStart(8, '0'))",
}
TYPED = "export function add<T extends number>(a: T, b: T): number { return (a + b) as number }\n"


def least(work: Callable[[], object], times: int, rounds: int = 7) -> float:
    """Seconds that `work` takes at least, of `times` in each of the rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - began) / times)
    return best


class Port(FakePort):
    """Answers the demo API at once, and keeps nothing."""

    def ask(self, call):  # type: ignore[no-untyped-def]
        reply = super().ask(call)
        self.calls.clear()
        return reply

    def finish(self, outcome: Outcome) -> None:
        assert outcome.error is None, outcome.error


def context() -> None:
    """Open and close a context."""
    ENGINE.open(ContextOptions(API, LIMITS), Port()).close()


def first_program() -> None:
    """Open a context, and run a program that imports the API."""
    opened = ENGINE.open(ContextOptions(API, LIMITS), Port())
    opened.run(1, Source("import { demo } from 'polyspell'; demo.add(1);"))
    opened.close()


def calls(statement: str, times: int = 20_000) -> float:
    """Seconds of one host call in a loop, without the loop."""
    opened = ENGINE.open(ContextOptions(API, LIMITS), Port())
    head = "import { demo } from 'polyspell'; "
    loop = f"{head}for (let i = 0; i < {times}; i++) {{ {statement} }}"
    empty = least(lambda: opened.run(1, Source(f"for (let i = 0; i < {times}; i++) {{ }}")), 1)
    spent = least(lambda: opened.run(1, Source(loop)), 1)
    opened.close()
    return (spent - empty) / times


def bare_call(statement: str, times: int = 20_000) -> float:
    """The same by the engine alone: a Python function that gives its argument back."""
    runtime = jsbox.Runtime()
    runtime.bind_function("echo", lambda value: value)
    return (
        least(lambda: runtime.eval(f"for (let i = 0; i < {times}; i++) {{ {statement} }}"), 1)
        / times
    )


def program(source: str, killable: bool) -> float:
    """Seconds of a program: one that looks up by itself where no process ends with it."""

    def run() -> None:
        opened = ENGINE.open(ContextOptions(API, LIMITS, killable=killable), Port())
        opened.run(1, Source(source))
        opened.close()

    return least(run, 1, 5)


def awaits(times: int = 2_000) -> float:
    """Seconds of one await of a host function that is answered later."""
    loop = f"for (let i = 0; i < {times}; i++) await demo.later(i);"
    program = f"import {{ demo }} from 'polyspell'; {loop}"
    with Driver(ENGINE, limits=LIMITS) as driver:
        return least(lambda: driver.value(program), 1, 5) / times


def import_time(module: str) -> float:
    """Milliseconds that importing a module adds to a bare interpreter."""
    code = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
    line = [sys.executable, "-c", f"import polyspell.hookspecs; {code.format(module)}"]
    return min(float(subprocess.check_output(line)) for _ in range(7)) * 1e3


def row(label: str, ours: float, bare: float, unit: str = "µs") -> None:
    """Print a figure beside its control."""
    scale = 1e6 if unit == "µs" else 1e3
    figures = f"{ours * scale:8.2f} {unit}   control {bare * scale:8.2f}   x{ours / bare:.1f}"
    print(f"  {label:44} {figures}")


def main() -> None:
    """Run all; half a minute at most."""
    runtime = least(lambda: jsbox.Runtime(memory_limit=2**26), 50)
    row("context, open to close", least(context, 50), runtime)
    row("context with a program and the API", least(first_program, 50), runtime)
    row(
        "host call with a dict, there and back",
        calls(f"demo.echo({VALUE})"),
        bare_call(f"echo({VALUE})"),
    )
    row("host call with a number", calls("demo.echo(i)"), bare_call("echo(i)"))
    row("await of a host function", awaits(), bare_call("echo(i)"))
    for name, text in PROGRAMS.items():
        guarded, plain = program(text, False), program(text, True)
        row(f"{name}, inline (control: in a worker)", guarded, plain, "ms")
    source = TYPED * 300
    runtime_ = jsbox.Runtime()
    plain = "".join(TYPED.replace("add", f"f{i}") for i in range(300))
    erased = (
        plain.replace("<T extends number>", "")
        .replace(": T", "")
        .replace(": number", "")
        .replace(" as number", "")
    )
    row(
        f"TypeScript erased, {len(source) // 1000} kB (control: compiled)",
        least(lambda: read.__wrapped__(source, "a.ts"), 3),
        least(lambda: runtime_.check_syntax(erased, module=True), 3),
        "ms",
    )
    for module in ("polyspell_quickjs", "polyspell_quickjs.engine"):
        print(f"  import of {module:34} {import_time(module):8.2f} ms")


if __name__ == "__main__":
    main()
