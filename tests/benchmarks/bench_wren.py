"""Wren: a call of the host with a map, a context from nothing, the limits' price, and the import
of the plugin; each beside the same by bare wrenpy in the same run. Processor time, the best of
several.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import wrenpy
from polyspell import Host
from polyspell.scripting.declare import ApiModule
from polyspell.scripting.engine import Call, Context, ContextOptions, Outcome, Reply, Source
from polyspell.scripting.limits import Limits
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.vocabulary import Vocabulary
from polyspell_wren.engine import WrenEngine

CALLS, CONTEXTS, ROUNDS = 20_000, 200, 7
ARGUMENT = '{"city": "Oslo", "days": 3, "units": "metric"}'
NO_LIMITS = Limits(*[None] * len(Limits.__struct_fields__))
LOOP = "var n = 0\nfor (i in 1..2000000) n = n + i % 7"
HELLO = 'import "polyspell" for Bench\nvar x = 1'


class Bench(ApiModule):
    """What the script calls."""

    name = "bench"

    def echo(self, value: Any) -> Any:
        """The same."""
        return value


API = Vocabulary([Bench]).api


class Port:
    """Answers each call with its argument."""

    def ask(self, call: Call) -> Reply:
        return Reply(call.id, call.arguments[0])

    def finish(self, outcome: Outcome) -> None:
        assert outcome.error is None, outcome.error

    def output(self, stream: str, text: str) -> None: ...

    def drop(self, handles: Any) -> None: ...


def best(work: Callable[[], object], count: int) -> float:
    """Seconds of processor time for one of `count`."""
    spans = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        spans.append(time.process_time() - began)
    return min(spans) / count


def context(limits: Limits | None = None) -> Context:
    return WrenEngine().open(ContextOptions(API, limits or Limits()), Port())


def bare_call() -> float:
    host = wrenpy.Foreign()
    host.function("main", "Bench", "echo(_)")(lambda value: dict(value))
    vm = wrenpy.VM(bind=host)
    vm.interpret("class Bench {\n foreign static echo(value)\n}")
    vm.interpret(f"var run = Fn.new {{\n for (i in 1..{CALLS}) Bench.echo({ARGUMENT})\n}}")
    return best(vm.variable("main", "run"), CALLS)


def calls() -> str:
    return f'import "polyspell" for Bench\nfor (i in 1..{CALLS}) Bench.echo({ARGUMENT})'


def engine_call() -> float:
    wren, source = context(), Source(calls())
    return best(lambda: wren.run(1, source), CALLS)


async def host_call(isolation: Any) -> float:
    """Through the gate; in a worker its processor time counts too."""
    async with Host() as host:
        host.script_apis.register("bench", Bench)
        limits = "calls=none,cpu=none,wall=none"
        sandbox = Sandbox.of(isolation=isolation, limits=limits)
        async with await host.scripts.open("wren", sandbox=sandbox) as spell:
            spans = []
            for _ in range(ROUNDS):
                began = time.process_time()
                used = (await spell.run(calls())).usage.cpu
                own = time.process_time() - began
                spans.append(own + used if isolation == "process" else own)
            return min(spans) / CALLS


def create() -> None:
    for _ in range(CONTEXTS):
        made = context()
        made.run(1, Source(HELLO))
        made.close()


def bare_create() -> None:
    for _ in range(CONTEXTS):
        vm = wrenpy.VM()
        vm.interpret("var x = 1")
        vm.close()


def import_time(module: str) -> float:
    """Seconds of processor time to import a module whose own imports are there already."""
    code = (
        "import time, polyspell.hookspecs; t = time.process_time(); "
        f"import {module}; print(time.process_time() - t)"
    )
    runs = [subprocess.check_output([sys.executable, "-c", code]) for _ in range(5)]
    return min(map(float, runs))


def show(name: str, seconds: float, control: float, unit: str = "µs") -> None:
    scale = {"µs": 1e6, "ms": 1e3}[unit]
    print(
        f"{name:44}{seconds * scale:9.2f} {unit}   control {control * scale:8.2f} {unit}"
        f"   {seconds / control:5.2f} times"
    )


def main() -> None:
    """Run all; half a minute at most."""
    control = bare_call()
    show("host call with a dict, the engine alone", engine_call(), control)
    show("host call with a dict, inline", asyncio.run(host_call("inline")), control)
    show("host call with a dict, in a worker", asyncio.run(host_call("process")), control)
    show(
        "context opened, a program run, and closed",
        best(create, CONTEXTS),
        best(bare_create, CONTEXTS),
    )
    bare, unlimited, limited = wrenpy.VM(), context(NO_LIMITS), context()
    loop = best(lambda: bare.start(LOOP, kind="again").run(), 1)
    for name, wren in (("no limits", unlimited), ("limits", limited)):
        took = best(lambda: wren.run(1, Source(LOOP)), 1)  # noqa: B023
        show(f"2 million turns of a loop, {name}", took, loop, "ms")
    plugin, library = import_time("polyspell_wren"), import_time("wrenpy")
    show("import of the plugin's entry module", plugin, library, "ms")


if __name__ == "__main__":
    main()
