"""A Lua context: what the prelude asks for on one side, the engine protocol on the other."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from lupa.lua54 import LuaError
from polyspell.errors import PolyspellError, describe
from polyspell.scripting.engine import Call, ContextOptions, Outcome, Port, Reply, Source, Stats
from polyspell.scripting.limits import Limits, Meter
from polyspell.scripting.values import HandleRef

from polyspell_lua import wire
from polyspell_lua.face import pack_api
from polyspell_lua.runtime import start

_WALL, _CPU, _SLOW = 1, 2, 9  # as prelude/limits.lua has them
_LONG_SLICE = 0.02  # seconds
_BAD_TEXT = -1
_LIMITS = wire.encode(dict.fromkeys(Limits.__struct_fields__, True))
_OWN_TASK = -1  # of get and set


class LuaContext:
    """A context of Lua. See `polyspell.scripting.engine.Context`."""

    def __init__(self, options: ContextOptions, port: Port) -> None:
        self._port = port
        self._meter = Meter(options.limits)
        self._memory = options.limits.memory
        self._cpu = 0.0
        self._error = b""
        self._busy = False
        self._dead: dict[str, Any] | None = None
        self._inbox: list[tuple[bytes, tuple[Any, ...]]] = []
        self._outcomes: list[Outcome] = []
        self._dropped: dict[int, None] = {}
        self._texts: dict[str, str] = {}
        self._tasks: set[int] = set()
        self._last = 0.0
        self._output_error: dict[str, Any] | None = None
        host = {
            b"api": pack_api(options.api),
            b"values": wire.encode(options.values),
            b"limits": _LIMITS,
            b"ask": self._asker(), b"error": self._last_error, b"result": self._result,
            b"failed": self._failed, b"output": self._output, b"over": self._over,
            b"lower": self._lower, b"lift": self._lift,
            b"drop": self._drop, b"keep": self._keep,
            b"json_encode": self._json_encode, b"json_decode": self._json_decode,
        }  # fmt: skip
        timed = (options.limits.wall, options.limits.cpu, options.limits.depth)
        limits = {
            b"limited": self._memory is not None,
            b"trusted": options.trusted,
            b"hooked": any(limit is not None for limit in timed),
            b"depth": options.limits.depth,
        }
        self._lua, self._prelude = start(host, limits)
        self._most_memory = (self._memory or 0) + self._lua.get_memory_used()

    # -- the protocol

    def run(self, task: int, source: Source) -> None:
        """Start a task with a program."""
        text = _without_shebang(source.text)
        self._texts[source.name] = text
        file = source.file.encode() if source.file else None
        arguments = (text.encode(errors="replace"), b"@" + source.name.encode(), file)
        self._start(task, b"run", *arguments, source.interactive)

    def call(self, task: int, function: int, arguments: list[Any]) -> None:
        """Start a task that calls a script function."""
        try:
            packed = wire.encode_all(arguments)
        except PolyspellError as error:
            self._port.finish(Outcome(task, error=error.to_dict()))
            return
        self._start(task, b"invoke", function, packed)

    def answer(self, reply: Reply) -> None:
        """The reply to a call."""
        if reply.error is None:
            try:
                self._enter(b"answer", reply.call, True, wire.encode(reply.value))
                return
            except PolyspellError as error:
                reply = Reply(reply.call, error=error.to_dict())
        self._enter(b"answer", reply.call, False, _encode_error(reply.error))

    def cancel(self, task: int) -> None:
        """End a task."""
        if task in self._tasks:
            self._enter(b"cancel", task)

    def release(self, functions: Sequence[int]) -> None:
        """Forget script functions."""
        if self._lua is not None and not self._dead:
            for function in functions:
                self._prelude[b"release"](function)

    def get(self, name: str) -> Any:
        """A global of the script."""
        return self._own(b"get", name.encode())

    def set(self, name: str, value: Any) -> None:
        """Set a global of the script."""
        self._own(b"set", name.encode(), wire.encode(value))

    def stats(self) -> Stats:
        """Memory and processor time so far."""
        memory = self._lua.get_memory_used(total=True) if self._lua is not None else None
        return Stats(memory, self._cpu + self._meter.work)

    def close(self) -> None:
        """Free everything."""
        if self._lua is not None:
            self._prelude[b"closing"] = True  # finalisers no longer call Python
            self._lua = self._prelude = None
        self._inbox.clear()
        self._outcomes.clear()

    # -- slices of work

    def _own(self, function: bytes, *arguments: Any) -> Any:
        """Run one of our own tasks, which never waits, and give its value."""
        if self._busy or self._lua is None:
            raise PolyspellError("Globals can be reached only while the script waits.")
        self._work(function, _OWN_TASK, *arguments)
        own = next((o for o in self._outcomes if o.task == _OWN_TASK), None)
        self._outcomes = [o for o in self._outcomes if o is not own]
        self._flush()
        error = own.error if own else self._dead
        if error:
            raise PolyspellError.from_dict(error)
        return own.value if own else None

    def _start(self, task: int, function: bytes, *arguments: Any) -> None:
        if self._dead:
            self._port.finish(Outcome(task, error=self._dead, fatal=True))
            return
        if not self._tasks:
            self._cpu += self._meter.work
            self._meter.start()
        self._tasks.add(task)
        self._enter(function, task, *arguments)

    def _enter(self, function: bytes, *arguments: Any) -> None:
        """Do something in Lua; if Lua is at work (a host function calls us), do it afterwards."""
        self._inbox.append((function, arguments))
        while self._inbox and not self._busy and self._lua is not None:
            function, arguments = self._inbox.pop(0)
            self._work(function, *arguments)
            self._flush()

    def _work(self, function: bytes, *arguments: Any) -> None:
        """A slice of work: until no fiber can go on."""
        if self._dead:
            return
        self._busy = True
        self._last = time.monotonic()
        self._meter.enter()
        died = True
        try:
            died = self._prelude[function](*arguments)
        except LuaError:  # in our own code: only memory can be the reason
            self._lift()
            self._prelude[b"died"]()
        except BaseException:  # an interrupt: where it hit Lua nobody knows
            self._dead = {"code": "cancelled", "message": "The script was interrupted."}
            raise
        finally:
            self._busy = False
            self._meter.leave()
            self._lift()
        if died:
            self._die()

    def _die(self) -> None:
        """A limit was hit: the task that did ends with it, and nothing runs here any more."""
        limit, failure, task, place = self._prelude[b"halted"]()
        if failure:
            error = wire.decode(failure)
        elif limit == b"output" and self._output_error:
            error = self._output_error
        else:
            error = self._meter.error(limit.decode() if limit else "memory").to_dict()
        context = wire.decode(place)["context"]
        error = {**error, "context": {**context, **error.get("context", {})}}
        self._dead = self._with_source(error)
        if task in self._tasks:
            self._finish(Outcome(task, error=self._dead, fatal=True))

    def _finish(self, outcome: Outcome) -> None:
        self._tasks.discard(outcome.task)
        self._outcomes.append(outcome)

    def _flush(self) -> None:
        """Tell the port what came of a slice, now that Lua is not at work."""
        outcomes, self._outcomes = self._outcomes, []
        for outcome in outcomes:
            self._port.finish(outcome)
        if self._dropped:
            dropped, self._dropped = self._dropped, {}
            self._port.drop(list(dropped))

    def _with_source(self, error: dict[str, Any]) -> dict[str, Any]:
        """An error with the offending line of its file."""
        context = error.get("context") or {}
        lines = self._texts.get(context.get("file", ""), "").splitlines()
        line = context.get("line", 0)
        if "source" not in context and 0 < line <= len(lines):
            context["source"] = lines[line - 1]
        return error

    # -- what the prelude calls: plain values only, and no exceptions

    def _asker(self) -> Callable[..., bytes | int | bool]:
        """What the prelude calls to call the host. The hottest function: its names are locals."""
        ask, fail, lift, decode, encode = (
            self._port.ask,
            self._fail,
            self._lift,
            wire.decode,
            wire.encode,
        )
        numbers, names, texts = itertools.count(1), _Names(), self._texts

        def asked(
            task: int, target: Any, kind: bytes | None, name: bytes, packed: bytes
        ) -> bytes | int | bool:
            """What came of a call; False for an error, or the number of the call to wait for."""
            try:
                arguments = decode(packed)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return _BAD_TEXT
            try:
                where = names[target] if kind is None else HandleRef(target, names[kind])
                call = Call(next(numbers), task, where, names[name], arguments)
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
            lift()
            return answer

        return asked

    def _fail(self, error: dict[str, Any]) -> bool:
        self._error = _encode_error(error)
        return False

    def _last_error(self) -> bytes:
        self._lift()
        return self._error

    def _result(self, task: int, packed: bytes) -> bool:
        """A task has a value; False where the value cannot cross."""
        try:
            self._finish(Outcome(task, wire.decode(packed)))
        except Exception:
            return False
        return True

    def _failed(self, task: int, packed: bytes) -> None:
        self._finish(Outcome(task, error=self._with_source(wire.decode(packed))))

    def _output(self, stream: bytes, text: bytes) -> bool:
        """Print; whether that is too much."""
        try:
            self._port.output(stream.decode(), text.decode(errors="replace"))
        except PolyspellError as error:
            self._output_error = error.to_dict()
            return True
        return False

    def _over(self) -> int | None:
        """A code for the limit that is reached, or for a slice that took long."""
        limit = self._meter.over()
        if limit is not None:
            return _WALL if limit == "wall" else _CPU
        now = time.monotonic()
        last, self._last = self._last, now
        return _SLOW if now - last > _LONG_SLICE else None

    def _lower(self) -> None:
        """The script goes on: it has the memory that it may have."""
        self._lua.set_max_memory(self._most_memory)

    def _lift(self) -> None:
        """Python goes on: an allocation that failed now would jump over its frames."""
        self._lua.set_max_memory(0)

    def _drop(self, handle: int) -> None:
        self._dropped[handle] = None

    def _keep(self, handle: int) -> None:
        self._dropped.pop(handle, None)

    def _json_encode(self, packed: bytes) -> bytes | bool:
        try:
            text = msgspec.json.encode(wire.to_json(wire.decode(packed)))
        except PolyspellError as error:
            return self._fail(error.to_dict())
        self._lift()
        return text

    def _json_decode(self, text: bytes) -> bytes | bool:
        try:
            packed = wire.from_json(text)
        except PolyspellError as error:
            return self._fail(error.to_dict())
        self._lift()
        return packed


class _Names(dict[Any, str]):
    """Names as text by their bytes."""

    def __missing__(self, name: bytes) -> str:
        self[name] = text = name.decode()
        return text


def _encode_error(error: dict[str, Any] | None) -> bytes:
    """An error of the host, packed; without its context where that cannot cross."""
    error = error or {}
    try:
        return wire.encode(error)
    except PolyspellError:
        texts = {k: str(error.get(k, "")) for k in ("code", "message", "hint")}
        return wire.encode({k: v.encode(errors="replace").decode() for k, v in texts.items() if v})


def _without_shebang(text: str) -> str:
    text = text.removeprefix("\ufeff")
    return f"--{text}" if text.startswith("#") else text
