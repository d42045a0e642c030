"""Python spells beside their controls: bare Monty, and bare CPython.

Wall times, the smallest of several rounds, since machines may be busy. The controls: Monty driven
by hand with one value there and back, CPython's own `compile`, `eval` and `gather`.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any

import pydantic_monty as monty
from polyspell.scripting.limits import Limits
from polyspell.testing.port import Driver
from polyspell_python.engine import PythonEngine
from polyspell_python.rewrite import rewrite
from polyspell_python.sites import Sites

LIMITS = Limits(wall=None, cpu=None, calls=None, memory=None)
ENGINE = PythonEngine()
SPELL = '''
from polyspell import demo, log

async def weather(city: str, days: int = 3) -> dict:
    """Current weather of a city"""
    found = await demo.later({"city": city, "days": days})
    for day in range(days):
        found[str(day)] = demo.add(day, b=1)
        if found[str(day)] > 100:
            log.info("hot", {"day": day})
    return found

await weather("Oslo")
'''
FIB = "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
LOOP = "def loop(n):\n    x = 0\n    for i in range(n):\n        x += i * 2\n    return x\n"


def best(work: Callable[[], Any], rounds: int = 5, each: int = 1) -> float:
    """Seconds that it takes, at best."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(each):
            work()
        times.append((time.perf_counter() - begin) / each)
    return min(times)


def row(name: str, seconds: float, control: float) -> None:
    """Print a figure beside its control."""
    print(
        f"{name:<34}{seconds * 1e6:>12.1f} µs{control * 1e6:>12.1f} µs{seconds / control:>9.2f} x"
    )


def sandboxed(program: str, trusted: bool = False) -> Any:
    """A program's value, in a context that is kept."""
    driver = Driver(ENGINE, limits=LIMITS, trusted=trusted)
    driver.value("from polyspell import demo\n" + program)
    return driver


def calls(driver: Any, body: str, count: int) -> float:
    """Seconds for one turn of a loop in a script."""
    driver.value(f"async def run(n):\n    for i in range(n):\n        {body}")
    return best(lambda: driver.value(f"await run({count})"), rounds=3) / count


def bare_calls(count: int) -> tuple[float, float]:
    """Seconds for a call, and for one that is awaited, of bare Monty with a dict there and back."""
    value = {"city": "Oslo", "days": 3}
    with monty.Monty() as pool, pool.checkout(limits={"max_suspensions": 10**9}) as session:
        times = []
        for call, later in (("f", False), ("await f", True)):
            snapshot = session.feed_start(
                f"for i in range({count}):\n    {call}({value!r})\n", external_lookup={"f": None}
            )
            begin = time.perf_counter()
            while isinstance(snapshot, monty.FunctionSnapshot | monty.FutureSnapshot):
                if isinstance(snapshot, monty.FutureSnapshot):
                    one = snapshot.pending_call_ids[0]
                    snapshot = snapshot.resume({one: {"return_value": value}})
                else:
                    snapshot = snapshot.resume(
                        {"future": ...} if later else {"return_value": value}
                    )
            times.append((time.perf_counter() - begin) / count)
    return times[0], times[1]


def contexts() -> None:
    """Opening a context and running a trivial program."""

    def first() -> None:
        with Driver(ENGINE, limits=LIMITS) as driver:
            driver.value("1 + 1")

    def trusted() -> None:
        with Driver(ENGINE, limits=LIMITS, trusted=True) as driver:
            driver.value("1 + 1")

    with monty.Monty() as pool:

        def bare() -> None:
            with pool.checkout() as session:
                session.feed_run("1 + 1")

        row("context and `1 + 1`, sandboxed", best(first, each=20), best(bare, each=20))
    control = best(lambda: eval(compile("1 + 1", "x", "eval")), each=200)
    row("context and `1 + 1`, trusted", best(trusted, each=20), control)


def speed() -> None:
    """Computing, as rewritten, beside the same text."""
    driver, trusted = sandboxed(FIB + LOOP), sandboxed(FIB + LOOP, trusted=True)
    names: dict[str, Any] = {}
    exec(FIB + LOOP, names)
    with monty.Monty() as pool, pool.checkout() as session:
        session.feed_run(FIB + LOOP)
        for call in ("fib(22)", "loop(100_000)"):
            bare = best(lambda call=call: session.feed_run(call), rounds=7)
            row(f"{call}, sandboxed", best(lambda call=call: driver.value(call), rounds=7), bare)
            cpython = best(lambda call=call: eval(call, names), rounds=7)
            row(f"{call}, trusted", best(lambda call=call: trusted.value(call), rounds=7), cpython)
    driver.close()
    trusted.close()


def border() -> None:
    """Calls of the host and of the script."""
    plain, awaited = map(min, zip(*[bare_calls(1_000) for _ in range(5)], strict=True))
    for name, is_trusted in (("sandboxed", False), ("trusted", True)):
        driver = sandboxed("def f(x):\n    return x\ndemo.keep(f)", is_trusted)
        value = "{'city': 'Oslo', 'days': 3}"
        row(f"host call, dict, {name}", calls(driver, f"demo.echo({value})", 1_000), plain)
        row(f"awaited host call, {name}", calls(driver, f"await demo.later({value})", 500), awaited)
        function = driver.port.kept[0]
        once = best(lambda d=driver, f=function: d.call(f, {"a": 1}), each=200)
        row(f"call of a script function, {name}", once, awaited)
        driver.close()


def reading() -> None:
    """Rewriting a spell, beside compiling it."""
    flags = 0x2000  # PyCF_ALLOW_TOP_LEVEL_AWAIT
    control = best(lambda: compile(SPELL, "x", "exec", flags), each=50)
    row(
        f"rewriting {len(SPELL.splitlines())} lines",
        best(lambda: rewrite(SPELL, "x", "x", Sites(), (), module=False), each=50),
        control,
    )


def suspending() -> None:
    """Putting away and taking up, beside a dump of bare Monty."""
    from polyspell.scripting.engine import ContextOptions
    from polyspell.testing.demo import API
    from polyspell.testing.port import FakePort

    key = bytes(32)
    driver = Driver(ENGINE, limits=LIMITS)
    driver.start(SPELL)
    context: Any = driver.context
    sealed = context.dump(key)
    with monty.Monty() as pool, pool.checkout() as session:
        snapshot = session.feed_start("await f()", external_lookup={"f": None})
        bare = best(lambda: snapshot.dump(), each=50)
        row(f"dump ({len(sealed)} bytes)", best(lambda: context.dump(key), each=50), bare)
        dump = snapshot.dump()

        def load() -> None:
            with pool.checkout() as other:
                other.load_snapshot(dump)

        def restore() -> None:
            port = FakePort()
            ENGINE.restore(sealed, key, ContextOptions(API), port).close()
            port.abandon()

        row("restore", best(restore, each=10), best(load, each=10))
    driver.close()


def a_hundred() -> None:
    """A hundred awaits at once, beside asyncio's own."""
    program = "await all([lambda: demo.later(1) for i in range(100)])"
    driver = sandboxed("from polyspell import all")
    trusted = sandboxed("from polyspell import all", trusted=True)

    async def control() -> None:
        await asyncio.gather(*[asyncio.sleep(0) for _ in range(100)])

    with asyncio.Runner() as runner:
        bare = best(lambda: runner.run(control()), each=5)
    row("100 awaits at once, sandboxed", best(lambda: driver.value(program), each=5), bare)
    row("100 awaits at once, trusted", best(lambda: trusted.value(program), each=5), bare)
    driver.close()
    trusted.close()


def deadline() -> None:
    """How long after its limit a script has ended."""
    late = []
    for program in ("while True:\n    pass", "x = 7 ** (3 * 10**6)\nstr(x * x * x)"):
        for _ in range(3):
            with Driver(ENGINE, limits=Limits(wall=20.0, cpu=0.3)) as driver:
                driver.value("1")
                begin = time.perf_counter()
                driver.run(program)
                late.append(time.perf_counter() - begin - 0.3)
    print(f"ended after its limit: median {statistics.median(late) * 1e3:.0f} ms, "
          f"at most {max(late) * 1e3:.0f} ms")  # fmt: skip


if __name__ == "__main__":
    print(f"{'':<38}{'here':>14}{'control':>14}{'ratio':>11}")
    for part in (contexts, reading, border, a_hundred, speed, suspending, deadline):
        part()
