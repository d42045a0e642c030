"""A host with real engines and a module `probe`, whose things tell when they are closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import polyspell
import pytest
from polyspell import Host
from polyspell.scripting.declare import ApiHandle, ApiModule, ApiRecord
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell

Opening = Callable[..., AbstractAsyncContextManager[Spell]]


class Pair(ApiRecord):
    """Two things."""

    api_name = "Pair"
    left: int
    right: Any


class Thing(ApiHandle):
    """A thing of the host."""

    api_name = "Thing"
    closings: list[str]

    def __init__(self, name: str, closings: list[str]) -> None:
        self._name, self._closings = name, closings

    @property
    def name(self) -> str:
        """How it is called."""
        return self._name

    async def name_later(self) -> str:
        """How it is called, after a while."""
        await asyncio.sleep(0)
        return self._name

    def close(self) -> None:
        """Let it go."""
        self._closings.append(self._name)


class Numbers(ApiHandle):
    """0, 1, 2, one after the other."""

    api_name = "Numbers"
    iterates = "next"

    def __init__(self, numbers: AsyncGenerator[int, None]) -> None:
        self._numbers = numbers

    async def next(self) -> list[int]:
        """The next in a list; an empty list at the end."""
        try:
            return [await anext(self._numbers)]
        except StopAsyncIteration:
            return []

    async def close(self) -> None:
        """No more of them."""
        await self._numbers.aclose()


class Probe(ApiModule):
    """What tests need."""

    name = "probe"
    closings: list[str]
    gate: asyncio.Event

    def thing(self, name: str) -> Thing:
        """A new thing.

        Args:
            name: how it is called.
        """
        return Thing(name, self.closings)

    def echo(self, value: Any) -> Any:
        """The same value.

        Args:
            value: any.
        """
        return value

    def pair(self, left: int, right: Any = None) -> Pair:
        """Both together.

        Args:
            left: a number.
            right: anything.
        """
        return Pair(left, right)

    def name_of(self, thing: Thing) -> str:
        """The name of a thing, at once.

        Args:
            thing: whose name.
        """
        return thing.name

    async def name_of_later(self, thing: Thing, *, mark: str = "") -> str:
        """The name of a thing, when the gate is open.

        Args:
            thing: whose name.
            mark: put behind it.
        """
        await self.gate.wait()
        return thing.name + mark

    async def same_later(self, thing: Thing) -> Thing:
        """The same thing, when the gate is open.

        Args:
            thing: any.
        """
        await self.gate.wait()
        return thing

    def numbers(self, name: str, *, slow: bool = False) -> Numbers:
        """Numbers of a generator that tells when it is closed.

        Args:
            name: under which it tells.
            slow: each waits for the gate.
        """

        async def count() -> AsyncGenerator[int, None]:
            try:
                for number in range(3):
                    if slow:
                        await self.gate.wait()
                    yield number
            finally:
                self.closings.append(f"{name} closed")

        return Numbers(count())

    async def wait(self) -> str:
        """Wait until the gate is open."""
        await self.gate.wait()
        return "open"

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of the script.

        Args:
            function: which.
            arguments: for it.
        """
        return await function(*arguments)


@pytest.fixture
def closings() -> list[str]:
    """The names of the things that were closed, in order."""
    return []


@pytest.fixture
def gate() -> asyncio.Event:
    """Lets `probe.wait` and `probe.name_of_later` go on."""
    return asyncio.Event()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Waits until something is so: `await until(lambda: ...)`; it fails after a while."""

    async def wait(so: Callable[[], bool]) -> None:
        for _ in range(5000):
            if so():
                return
            await asyncio.sleep(0.001)
        raise AssertionError("it never was so")

    return wait


@pytest.fixture
def plugin(closings: list[str], gate: asyncio.Event) -> Any:
    """The plugin that brings `probe`."""
    own = type("Probe", (Probe,), {"closings": closings, "gate": gate, "__doc__": Probe.__doc__})

    class Plugin:
        @polyspell.hookimpl
        def polyspell_script_apis(self) -> list[type[ApiModule]]:
            return [own]

    return Plugin()


@pytest.fixture
def opened(plugin: Any) -> Opening:
    """Opens a spell: `async with opened("lua", limits="wall=1s") as spell`."""

    @asynccontextmanager
    async def opening(
        language: str = "lua",
        *,
        isolation: Any = "inline",
        limits: str | None = None,
        grants: tuple[str, ...] = (),
        **options: Any,
    ) -> AsyncIterator[Spell]:
        sandbox = Sandbox.of(isolation=isolation, limits=limits, grants=grants)
        engines = ["lua", "quickjs", "python", "wren"]
        async with (
            Host(plugins=["echo", *engines, plugin], config={}) as host,
            await host.scripts.open(language, sandbox=sandbox, **options) as spell,
        ):
            yield spell

    return opening
