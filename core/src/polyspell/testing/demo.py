"""A small script API to try engines with: every kind of function, handle, record and error."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, cast

from polyspell.errors import LimitExceeded, PermissionDenied, PolyspellError
from polyspell.scripting.declare import (
    Api,
    ApiHandle,
    ApiModule,
    ApiRecord,
    declare_handle,
    declare_module,
    declare_record,
)

if TYPE_CHECKING:
    from polyspell.testing.port import FakePort


class Pause:
    """Awaited by a demo function: it goes on after so many seconds of the port's own clock."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def __await__(self) -> Generator[Pause, None, None]:
        yield self


class Invoke:
    """Awaited by a demo function: calls script functions at once, and gives their values."""

    def __init__(self, calls: list[tuple[Any, list[Any]]]) -> None:
        self.calls = calls

    def __await__(self) -> Generator[Invoke, list[Any], list[Any]]:
        return (yield self)


class Usage(ApiRecord):
    """What it cost."""

    api_name = "Usage"
    total_tokens: int = 0


class Result(ApiRecord):
    """What came of it."""

    api_name = "Result"
    text: str
    finish_reason: str
    usage: Usage
    output: dict[str, Any] | None = None


class Counter(ApiHandle):
    """A number that grows."""

    api_name = "Counter"

    def __init__(self, port: FakePort, start: int) -> None:
        self._port, self._value = port, start

    def add(self, amount: int = 1) -> int:
        """Add to it, at once."""
        self._value += amount
        return self._value

    async def add_later(self, amount: int = 1) -> int:
        """Add to it, after a while."""
        await Pause()
        return self.add(amount)

    @property
    def value(self) -> int:
        """The number."""
        return self._value

    def close(self) -> None:
        """Give it back."""
        self._port.closed.append("Counter")


class Items(ApiHandle):
    """Numbers from one up, as a stream."""

    api_name = "Items"
    iterates = "next"

    def __init__(self, port: FakePort, count: int) -> None:
        self._port, self._items = port, iter(range(1, count + 1))

    async def next(self) -> list[int]:
        """`[number]`, or `[]` at the end."""
        await Pause()
        return [number for number in [next(self._items, 0)] if number]

    def close(self) -> None:
        """Give it back."""
        self._port.closed.append("Items")


class _Module(ApiModule):
    @property
    def _port(self) -> FakePort:
        return cast("FakePort", self.spell)


class Root(_Module):
    """What hangs on `polyspell` itself."""

    name = ""

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await Pause(seconds)


class Log(_Module):
    """Messages for whoever runs the script."""

    name = "log"

    def debug(self, text: str, fields: dict[str, Any] | None = None) -> None:
        """A detail."""
        self._port.logged.append(("debug", text))

    def info(self, text: str, fields: dict[str, Any] | None = None) -> None:
        """A fact."""
        self._port.logged.append(("info", text))

    def warn(self, text: str, fields: dict[str, Any] | None = None) -> None:
        """A doubt."""
        self._port.logged.append(("warn", text))

    def error(self, text: str, fields: dict[str, Any] | None = None) -> None:
        """A failure."""
        self._port.logged.append(("error", text))


class Demo(_Module):
    """One function of every kind."""

    name = "demo"

    def echo(self, value: Any) -> Any:
        """The same value, at once."""
        return value

    async def later(self, value: Any, seconds: float = 0.0) -> Any:
        """The same value, after a while."""
        await Pause(seconds)
        return value

    def add(self, a: int, *, b: int = 0) -> int:
        """Two numbers added: one in order, one by name."""
        return a + b

    def two_words(self) -> str:
        """Its name shows how a language writes names."""
        return "two words"

    def kind(self, value: Any) -> str:
        """The host's name for the type of a value."""
        return type(value).__name__

    def tick(self) -> int:
        """How often it was called."""
        self._port.ticks += 1
        return self._port.ticks

    def fail(self, code: str, message: str, hint: str = "") -> None:
        """Fail at once."""
        raise PolyspellError(message, code=code, hint=hint)

    async def fail_later(self, code: str, message: str, hint: str = "") -> None:
        """Fail after a while."""
        await Pause()
        raise PolyspellError(message, code=code, hint=hint)

    def forbidden(self) -> None:
        """Never allowed."""
        raise PermissionDenied("Not allowed.", hint="Grant it.", context={"grant": "demo:x"})

    def exhaust(self, limit: str) -> None:
        """As if a limit were reached in the host."""
        raise LimitExceeded("Too much.", context={"limit": limit})

    def counter(self, start: int = 0) -> Counter:
        """A handle."""
        return Counter(self._port, start)

    def count(self, to: int) -> Items:
        """A stream of numbers."""
        return Items(self._port, to)

    def result(self, text: str) -> Result:
        """A record, with another in it, and a field with nothing."""
        return Result(text, "stop", Usage(3))

    async def apply(self, function: Callable[..., Any], value: Any) -> Any:
        """Call a script function while the script waits."""
        return (await Invoke([(function, [value])]))[0]

    async def each(self, function: Callable[..., Any], values: list[Any]) -> list[Any]:
        """Call a script function for all values at once."""
        return await Invoke([(function, [value]) for value in values])

    def keep(self, function: Callable[..., Any]) -> None:
        """Keep a script function for later."""
        self._port.kept.append(function)


MODULES: tuple[type[ApiModule], ...] = (Root, Log, Demo)
HANDLES: tuple[type[ApiHandle], ...] = (Counter, Items)
API = Api(
    modules=tuple(declare_module(cls) for cls in MODULES),
    handles=tuple(declare_handle(cls) for cls in HANDLES),
    records=tuple(declare_record(cls) for cls in (Result, Usage)),
)
"""The declaration of the demo API."""
