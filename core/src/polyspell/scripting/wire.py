"""What a host and a worker say to each other about a context: arrays in msgpack, tagged."""

from __future__ import annotations

from typing import Any

import msgspec

from polyspell.errors import ValidationError
from polyspell.scripting.engine import Call, Context, ContextOptions, Outcome, Reply, Source
from polyspell.scripting.values import decode_own, encode_own, few, pack_big_ints
from polyspell.scripting.worker.frames import Codec


class Setup(msgspec.Struct):
    """What a worker is started with: the engine's `module:object`, how its context is opened, and
    the functions that wait, as (module or handle type, name). `values` are those of the options,
    packed: what a worker is started with is JSON's values alone."""

    engine: str
    options: ContextOptions
    waits: list[tuple[str, str]]
    values: bytes = b""

    @classmethod
    def of(cls, engine: str, options: ContextOptions, waits: list[tuple[str, str]]) -> Setup:
        """What the host sends."""
        values = msgspec.msgpack.encode(pack_big_ints(options.values), enc_hook=encode_own)
        sent = msgspec.structs.replace(options, values={}, killable=True)
        return cls(engine, sent, waits, values)

    def opened(self) -> ContextOptions:
        """The options, as the worker opens the context with them."""
        values = msgspec.msgpack.decode(self.values, ext_hook=decode_own)
        return msgspec.structs.replace(self.options, values=values)


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

    def reply(self) -> Reply:
        """The reply."""
        return Reply(self.call, self.value, self.error)

    def do(self, context: Context) -> None:
        """Do it."""
        context.answer(self.reply())


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


_SMALL = 2**18
_CONTAINERS = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
_OTHERS = bytes(set(range(256)) - set(_CONTAINERS))
MAX_OWN = 20_000
"""Functions, handles and records in a message from a worker."""


class WireCodec(Codec):
    """Messages of one direction written, of the other read. Ints beyond 64 bits cost a detour.
    `wary`: who writes what is read may be an enemy."""

    __slots__ = ()

    def __init__(self, reads: Any, *, wary: bool = False) -> None:
        super().__init__(reads, enc_hook=encode_own, ext_hook=decode_own)
        if wary:
            trusting = self.decode

            def decode(frame: Any) -> Any:
                require_few(frame)
                with few(MAX_OWN):
                    return trusting(frame)

            self.decode = decode
        plain = self.encode_into

        def encode_into(message: Any, out: bytearray, offset: int) -> None:
            start = len(out)
            try:
                plain(message, out, offset)
            except OverflowError:
                del out[start:]
                plain(_packed(message), out, offset)

        self.encode_into = encode_into


def require_few(frame: memoryview) -> None:
    """Go on if a frame does not unfold to millions of lists and tables, of a byte each on the wire
    and many in memory. Text and pictures have some of their first bytes, too.

    Raises:
        ValidationError: it may.
    """
    size = len(frame)
    if size > _SMALL and len(bytes(frame).translate(None, _OTHERS)) > 1_000_000 + size // 16:
        raise ValidationError("There are too many values in one message.")


def _packed(message: Any) -> Any:
    return type(message)(*[pack_big_ints(v) for v in msgspec.structs.astuple(message)])


def host_codec() -> Codec:
    """The host's side."""
    return WireCodec(ToHost, wary=True)


def worker_codec() -> Codec:
    """The worker's side."""
    return WireCodec(ToWorker)
