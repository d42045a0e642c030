"""What the prelude calls. Plain values only, and no exceptions: Lua would see them as objects."""

from __future__ import annotations

import functools
import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import msgspec
from polyspell.errors import PolyspellError, describe
from polyspell.scripting.engine import Call, Outcome, Port
from polyspell.scripting.limits import Meter
from polyspell.scripting.values import HandleRef

from polyspell_lua import wire

_WALL, _CPU, _SHORT = 1, 2, 100  # as prelude/limits.lua has them
_SLICE = 2000  # instructions at most, where they are counted by memory
_LONG_SLICE = 0.02  # seconds
_ITEM = 56  # bytes that a list or dict takes at least, for a guess at what JSON becomes
_WORK = 1e9  # bytes that a slice may go through: what each instruction may, if it is one string
_ROOM = 2**16  # bytes by which a short answer may be told without lifting the limit of memory
_BAD_TEXT, _LIFTED = -1, -2  # as prelude/calls.lua has them


class Bridge:
    """Python's side of a context: calls of the host, results, output, time and memory.

    What a slice of work brings is kept here, and told to the port when Lua is not at work.
    """

    def __init__(self, port: Port, meter: Meter, killable: bool = False) -> None:
        self._work = math.inf if killable else _WORK
        self._port = port
        self._meter = meter
        self._error = self._answer = b""
        self.lua: Any = None
        self.used: Callable[[], int] = int
        self.most_memory = 0
        self.ceiling = math.inf  # bytes of memory up to which answers are told at once
        self.peak = 0  # bytes of memory, as seen by `look`
        self.slice_began = 0.0
        self.outcomes: list[Outcome] = []
        self.dropped: dict[int, None] = {}
        self.output_error: dict[str, Any] | None = None
        self.texts: dict[str, str] = {}

    def functions(self) -> dict[bytes, Callable[..., Any]]:
        """All that the prelude calls, by name."""
        return {
            b"ask": self._asker(), b"taken": self._taken,
            b"error": self._last_error, b"result": self._result,
            b"failed": self._failed, b"output": self._output, b"over": self._over,
            b"lower": self._lower, b"lift": self.lift, b"drop": self._drop, b"keep": self._keep,
            b"json_encode": self._json_encode, b"json_decode": self._json_decode,
        }  # fmt: skip

    def attach(self, lua: Any, memory: int | None) -> None:
        """The runtime is there: what it uses now is not the script's; `memory` is what that may."""
        self.lua, self.used = lua, functools.partial(lua.get_memory_used, total=True)
        self.most_memory = (memory or 0) + lua.get_memory_used()
        if memory is not None:
            self.ceiling = self.most_memory - _ROOM

    def with_source(self, error: dict[str, Any]) -> dict[str, Any]:
        """An error with the offending line of its file."""
        context = error.get("context") or {}
        lines = self.texts.get(context.get("file", ""), "").splitlines()
        line = context.get("line", 0)
        if "source" not in context and 0 < line <= len(lines):
            context["source"] = lines[line - 1]
        return error

    def _asker(self) -> Callable[..., bytes | int | bool]:
        """What the prelude calls to call the host. The hottest function: its names are locals."""
        ask, fail, lift = self._port.ask, self._fail, self.lift
        decode, encode = wire.decode, wire.encode
        numbers, names, texts = itertools.count(1), _Names(), self.texts

        def asked(
            task: int,
            target: Any,
            kind: bytes | None,
            name: bytes,
            packed: bytes,
            late: bool = False,
        ) -> bytes | int | bool:
            """What came of a call; False for an error, or the number of the call to wait for."""
            try:
                arguments = decode(packed)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return _BAD_TEXT
            try:
                where = names[target] if kind is None else HandleRef(target, names[kind])
                call = Call(next(numbers), task, where, names[name], arguments, len(packed), late)
                reply = ask(call)
                if reply is None:
                    return call.id
                if reply.error is not None:
                    return fail(reply.error)
                if where == "host":
                    texts[reply.value["name"]] = reply.value["source"]
                answer = encode(reply.value)
            except Exception as error:
                return fail(describe(error))
            if self.used() + len(answer) < self.ceiling:
                return answer
            self._answer = answer
            lift()
            return _LIFTED

        return asked

    def _taken(self) -> bytes:
        """The answer for which the limit of memory was lifted."""
        answer, self._answer = self._answer, b""
        return answer

    def _fail(self, error: dict[str, Any]) -> bool:
        self._error = encode_error(error)
        return False

    def _last_error(self) -> bytes:
        self.lift()
        return self._error

    def _result(self, task: int, packed: bytes) -> bool:
        """A task has a value; False where the value cannot cross."""
        try:
            self.outcomes.append(Outcome(task, wire.decode(packed)))
        except Exception:
            return False
        return True

    def _failed(self, task: int, packed: bytes) -> None:
        self.outcomes.append(Outcome(task, error=self.with_source(wire.decode(packed))))

    def _output(self, stream: bytes, text: bytes) -> bool:
        """Print; whether that is too much."""
        try:
            self._port.output(stream.decode(), text.decode(errors="replace"))
        except PolyspellError as error:
            self.output_error = error.to_dict()
            return True
        return False

    def _over(self) -> int | None:
        """A code for the limit that is reached; or how many instructions come before the next look,
        where that is not as ever: the last slice took long, or the next may, of a script that
        nothing can kill and that has memory for large strings."""
        used = self.look()
        limit = self._meter.over()
        if limit is not None:
            return _WALL if limit == "wall" else _CPU
        now = time.monotonic()
        last, self.slice_began = self.slice_began, now
        if now - last > _LONG_SLICE:
            return _SHORT
        count = self._work / used
        return None if count > _SLICE else max(int(count), _SHORT)

    def look(self) -> int:
        """See how much memory is in use, since Lua keeps no peak. Asked at each of the prelude's
        hooks: what was large and is garbage by then is still there, as a rule, since the collector
        waits until as much again is allocated."""
        used: int = self.lua.get_memory_used(total=True)
        if used > self.peak:
            self.peak = used
        return used

    def _lower(self) -> None:
        """The script goes on: it has the memory that it may have."""
        self.lua.set_max_memory(self.most_memory)

    def lift(self) -> None:
        """Python goes on: an allocation that failed now would jump over its frames."""
        self.lua.set_max_memory(0)

    def _drop(self, handle: int) -> None:
        self.dropped[handle] = None

    def _keep(self, handle: int) -> None:
        self.dropped.pop(handle, None)

    def _json_encode(self, packed: bytes) -> bytes | bool:
        try:
            text = msgspec.json.encode(wire.to_json(wire.decode(packed)))
        except PolyspellError as error:
            return self._fail(error.to_dict())
        self.lift()
        return text

    def _json_decode(self, text: bytes) -> bytes | bool:
        most = self._meter.limits.memory
        if most is not None and _ITEM * sum(map(text.count, (b"[", b"{", b","))) > most:
            return self._fail(self._meter.error("memory").to_dict())
        try:
            packed = wire.from_json(text)
        except PolyspellError as error:
            return self._fail(error.to_dict())
        self.lift()
        return packed


class _Names(dict[Any, str]):
    """Names as text by their bytes."""

    def __missing__(self, name: bytes) -> str:
        self[name] = text = name.decode()
        return text


def encode_error(error: dict[str, Any] | None) -> bytes:
    """An error of the host, packed; without its context where that cannot cross."""
    error = error or {}
    try:
        return wire.encode(error)
    except PolyspellError:
        texts = {k: str(error.get(k, "")) for k in ("code", "message", "hint")}
        return wire.encode({k: v.encode(errors="replace").decode() for k, v in texts.items() if v})
