"""What a host and a worker say to each other about a context: arrays in msgpack, tagged."""

from __future__ import annotations

from typing import Any

import msgspec

from polyspell.scripting.engine import Call, Context, ContextOptions, Outcome, Reply, Source
from polyspell.scripting.values import decode_own, encode_own, pack_big_ints
from polyspell.scripting.worker.frames import Codec


class Setup(msgspec.Struct):
    """What a worker is started with: the engine's `module:object`, how its context is opened, and
    the functions that wait, as (module or handle type, name)."""

    engine: str
    options: ContextOptions
    waits: list[tuple[str, str]]


class _Message(msgspec.Struct, array_like=True, tag=True):
    """A message."""


class Run(_Message):
    """To the worker: start a program."""

    task: int
    source: Source

    def do(self, context: Context) -> None:
        """Do it."""
        context.run(self.task, self.source)


class Invoke(_Message):
    """To the worker: start a call of a script function."""

    task: int
    function: int
    arguments: list[Any]

    def do(self, context: Context) -> None:
        """Do it."""
        context.call(self.task, self.function, self.arguments)


class Answer(_Message):
    """To the worker: the reply to a call."""

    call: int
    value: Any
    error: dict[str, Any] | None

    def do(self, context: Context) -> None:
        """Do it."""
        context.answer(Reply(self.call, self.value, self.error))


class Cancel(_Message):
    """To the worker: end a task."""

    task: int

    def do(self, context: Context) -> None:
        """Do it."""
        context.cancel(self.task)


class Release(_Message):
    """To the worker: the host holds these functions no more."""

    functions: list[int]

    def do(self, context: Context) -> None:
        """Do it."""
        context.release(self.functions)


class Query(_Message):
    """To the worker: call a method that gives something; it comes as `Gave`."""

    number: int
    method: str
    arguments: list[Any]


class Ask(_Message):
    """To the host: the script calls."""

    id: int
    task: int
    target: Any
    name: str
    arguments: list[Any]

    def call(self) -> Call:
        """The call."""
        return Call(self.id, self.task, self.target, self.name, self.arguments)


class Ended(_Message):
    """To the host: a task has ended."""

    task: int
    value: Any
    error: dict[str, Any] | None
    fatal: bool

    def outcome(self) -> Outcome:
        """How."""
        return Outcome(self.task, self.value, self.error, self.fatal)


class Printed(_Message):
    """To the host: the script printed."""

    stream: str
    text: str


class Dropped(_Message):
    """To the host: the script dropped handles."""

    handles: list[int]


class Gave(_Message):
    """To the host: what a queried method gave, or the error that it raised."""

    number: int
    value: Any
    error: dict[str, Any] | None


ToWorker = Run | Invoke | Answer | Cancel | Release | Query
ToHost = Ask | Ended | Printed | Dropped | Gave


class WireCodec(Codec):
    """Messages of one direction written, of the other read. Ints beyond 64 bits cost a detour."""

    __slots__ = ()

    def __init__(self, reads: Any) -> None:
        super().__init__(reads, enc_hook=encode_own, ext_hook=decode_own)
        plain = self.encode_into

        def encode_into(message: Any, out: bytearray, offset: int) -> None:
            start = len(out)
            try:
                plain(message, out, offset)
            except OverflowError:
                del out[start:]
                plain(_packed(message), out, offset)

        self.encode_into = encode_into


def _packed(message: Any) -> Any:
    return type(message)(*[pack_big_ints(v) for v in msgspec.structs.astuple(message)])


def host_codec() -> Codec:
    """The host's side."""
    return WireCodec(ToHost)


def worker_codec() -> Codec:
    """The worker's side."""
    return WireCodec(ToWorker)
