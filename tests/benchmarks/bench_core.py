"""The core at work: runs, events, hook points, streamed pieces; each beside its control.

A run is: the model calls a tool, the tool answers, the model answers. The control does the same by
hand: the provider's stream, JSON, the function, a list of messages, and nothing else.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from statistics import median
from typing import Any

import msgspec
from polyspell import Agent, Host, tool
from polyspell.events import EventBus
from polyspell.hooks import HookCall, Hooks, through
from polyspell.messages import Delta, Message, ToolCallDelta, ToolResult, Usage
from polyspell.providers.base import ModelInfo, Request
from polyspell.providers.fold import Fold

MANY = 1000
WAIT = 0.05
PIECES = 1000


class Fake:
    """A model that calls the tool, then says what it gave; waits before each answer if told to."""

    def __init__(self, wait: float = 0.0) -> None:
        self._wait = wait

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        if self._wait:
            await asyncio.sleep(self._wait)
        usage = Usage(10, 5, requests=1)
        if request.messages[-1].role == "user":
            yield Delta(tool_call=ToolCallDelta(0, "call_1", "weather", '{"city": "Oslo"}'))
            yield Delta(usage=usage, finish_reason="tool_calls")
        else:
            yield Delta("It is 21 degrees.")
            yield Delta(usage=usage, finish_reason="stop")

    async def models(self) -> list[ModelInfo]:
        return []


class Talkative(Fake):
    """One answer in many pieces."""

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        for _ in range(PIECES):
            yield Delta("word ")
        yield Delta(usage=Usage(1, PIECES), finish_reason="stop")


async def weather(city: str) -> dict[str, Any]:
    """Current weather of a city."""
    return {"city": city, "celsius": 21}


async def by_hand(provider: Fake) -> str:
    """A run without a framework."""
    messages = [Message.user("The weather in Oslo?")]
    while True:
        fold = Fold()
        async for delta in provider.stream(Request("m", messages)):
            fold.add(delta)
        message = fold.response().message
        messages.append(message)
        calls = message.tool_calls
        if not calls:
            return message.text
        results = []
        for call in calls:
            value = await weather(**msgspec.json.decode(call.arguments))
            content = msgspec.json.encode(value).decode()
            results.append(ToolResult(call.id, call.name, content, value))
        messages.append(Message("tool", results))


async def each(work: Callable[[], Awaitable[Any]], times: int) -> float:
    """Seconds of processor time of one, the median of five rounds."""
    rounds = []
    await work()
    gc.collect()
    for _ in range(5):
        began = time.process_time()
        for _ in range(times):
            await work()
        rounds.append((time.process_time() - began) / times)
    return median(rounds)


async def together(work: Callable[[], Awaitable[Any]]) -> float:
    """Seconds on the clock for many at once, the best of three rounds: others use the machine."""
    rounds = []
    for _ in range(3):
        began = time.perf_counter()
        await asyncio.gather(*[work() for _ in range(MANY)])
        rounds.append(time.perf_counter() - began)
    return min(rounds)


def per_call(work: Callable[[], Any], times: int = 100_000) -> float:
    """Seconds of one plain call, the best of five rounds, the loop around it included."""
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - began) / times)
    return min(rounds)


def show(label: str, measured: float, control: float, aim: float, unit: str) -> None:
    """One line of the table."""
    scale = {"µs": 1e6, "ms": 1e3, "s": 1.0, "MB": 1.0}[unit]
    figures = "".join(f"{value * scale:11.2f}" for value in (measured, control, aim))
    verdict = "" if measured <= aim else "   over its aim"
    print(f"{label:44}{figures} {unit}{verdict}")


def memory() -> float:
    """The most memory that the process has had, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


async def runs(host: Host) -> None:
    """Single runs, many runs, streamed pieces."""
    fake, slow, talkative = Fake(), Fake(WAIT), Talkative()
    for name, provider in (("fake", fake), ("slow", slow), ("talkative", talkative)):
        host.providers.register(name, provider)

    def agent(name: str) -> Agent:
        return Agent(f"{name}/m", tools=[tool(weather)], host=host)

    one, many, told = agent("fake"), agent("slow"), agent("talkative")
    ours, bare = (
        await each(lambda: one.run("The weather in Oslo?"), 500),
        await each(lambda: by_hand(fake), 500),
    )
    show("one run, processor", ours, bare, 100e-6, "µs")
    before = memory()
    bare = await together(lambda: by_hand(slow))
    between = memory()
    ours = await together(lambda: many.run("The weather in Oslo?"))
    show("1,000 runs at once, model calls of 50 ms", ours, bare, 0.25, "s")
    show("  and their memory, over what was used", memory() - before, between - before, 60.0, "MB")

    async def read() -> None:
        async for _ in talkative.stream(Request("m", [])):
            pass

    async def stream() -> None:
        async with told.stream("Talk!") as events:
            async for _ in events:
                pass

    ours, bare = await each(stream, 5) / PIECES, await each(read, 5) / PIECES
    show("one streamed piece, processor", ours, bare, 25e-6, "µs")


async def points() -> None:
    """What costs everybody who does not use it."""
    bus, hooks = EventBus(), Hooks()
    data = {"a": 1}
    show(
        "an event without subscriber",
        per_call(lambda: bus.emit("tool.call.started", data)),
        per_call(lambda: None),
        1e-6,
        "µs",
    )
    bus.on("agent.**", print)
    show(
        "an event with a subscriber of others",
        per_call(lambda: bus.emit("tool.call.started", data)),
        per_call(lambda: None),
        1e-6,
        "µs",
    )
    call = HookCall("tool.call", {})

    async def inner(call: HookCall) -> None: ...

    async def ask() -> None:
        chain = hooks.chain("tool.call")
        if chain is None:
            await inner(call)
        else:
            await through(chain, call, inner)

    async def loop(work: Callable[[], Awaitable[Any]]) -> float:
        began = time.perf_counter()
        for _ in range(50_000):
            await work()
        return (time.perf_counter() - began) / 50_000

    async def plain() -> None:
        await inner(call)

    ours, bare = (
        min([await loop(ask) for _ in range(5)]),
        min([await loop(plain) for _ in range(5)]),
    )
    show("a hook point without hook, over its control", ours - bare, bare, 1e-6, "µs")


async def main() -> None:
    """Run all; a quarter of a minute."""
    print(f"{'':44}{'measured':>11}{'control':>11}{'aim':>11}")
    async with Host(plugins=[], config={}) as host:
        await runs(host)
    await points()


if __name__ == "__main__":
    asyncio.run(main())
