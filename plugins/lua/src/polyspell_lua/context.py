"""A Lua context: what the prelude asks for on one side, the engine protocol on the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from lupa.lua54 import LuaError
from polyspell.errors import PolyspellError
from polyspell.scripting.engine import ContextOptions, Outcome, Port, Reply, Source, Stats
from polyspell.scripting.limits import Limits, Meter

from polyspell_lua import wire
from polyspell_lua.bridge import Bridge, encode_error
from polyspell_lua.face import pack_api
from polyspell_lua.runtime import start

_LIMITS = wire.encode(dict.fromkeys(Limits.__struct_fields__, True))
_OBJECT = 200  # bytes that a list or dict takes here, about
_OWN_TASK = -1  # of get and set


class LuaContext:
    """A context of Lua. See `polyspell.scripting.engine.Context`."""

    def __init__(self, options: ContextOptions, port: Port) -> None:
        self._port = port
        self._meter = Meter(options.limits)
        self._cpu = 0.0
        self._bridge = Bridge(port, self._meter, options.killable)
        self._busy = False
        self._dead: dict[str, Any] | None = None
        self._inbox: list[tuple[bytes, tuple[Any, ...]]] = []
        self._tasks: set[int] = set()
        host = {
            b"api": pack_api(options.api),
            b"values": wire.encode(options.values),
            b"limits": _LIMITS,
            **self._bridge.functions(),
        }
        timed = (options.limits.wall, options.limits.cpu, options.limits.depth)
        limits = {
            b"limited": options.limits.memory is not None,
            b"trusted": options.trusted,
            b"careful": not (options.trusted or options.killable),
            b"most_tables": (options.limits.memory or 0) // _OBJECT or None,
            b"hooked": any(limit is not None for limit in timed),
            b"depth": options.limits.depth,
        }
        self._lua, self._prelude = start(host, limits)
        self._bridge.attach(self._lua, options.limits.memory)

    # -- the protocol

    def run(self, task: int, source: Source) -> None:
        """Start a task with a program."""
        text = _without_shebang(source.text)
        self._bridge.texts[source.name] = text
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
        self._enter(b"answer", reply.call, False, encode_error(reply.error))

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
        return Stats(memory, self._cpu + self._meter.work, self._bridge.peak)

    def close(self) -> None:
        """Free everything."""
        if self._lua is not None:
            self._prelude[b"closing"] = True  # finalisers no longer call Python
            self._lua = self._prelude = self._bridge.lua = None
        self._inbox.clear()
        self._bridge.outcomes.clear()

    # -- slices of work

    def _own(self, function: bytes, *arguments: Any) -> Any:
        """Run one of our own tasks, which never waits, and give its value."""
        if self._busy or self._lua is None:
            raise PolyspellError("Globals can be reached only while the script waits.")
        self._work(function, _OWN_TASK, *arguments)
        own = next((o for o in self._bridge.outcomes if o.task == _OWN_TASK), None)
        if own:
            self._bridge.outcomes.remove(own)
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
            self._bridge.peak = 0
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
        self._bridge.slice_began = time.monotonic()
        self._meter.enter()
        died = True
        try:
            died = self._prelude[function](*arguments)
        except LuaError:  # in our own code: only memory can be the reason
            self._bridge.lift()
            self._prelude[b"died"]()
        except BaseException:  # an interrupt: where it hit Lua nobody knows
            self._dead = {"code": "cancelled", "message": "The script was interrupted."}
            raise
        finally:
            self._busy = False
            self._meter.leave()
            self._bridge.lift()
            self._bridge.look()
        if died:
            self._die()

    def _die(self) -> None:
        """A limit was hit: the task that did ends with it, and nothing runs here any more."""
        limit, failure, task, place = self._prelude[b"halted"]()
        if failure:
            error = wire.decode(failure)
        elif limit == b"output" and self._bridge.output_error:
            error = self._bridge.output_error
        else:
            error = self._meter.error(limit.decode() if limit else "memory").to_dict()
        context = wire.decode(place)["context"]
        error = {**error, "context": {**context, **error.get("context", {})}}
        self._dead = self._bridge.with_source(error)
        if task in self._tasks:
            self._bridge.outcomes.append(Outcome(task, error=self._dead, fatal=True))

    def _flush(self) -> None:
        """Tell the port what came of a slice, now that Lua is not at work."""
        bridge = self._bridge
        outcomes, bridge.outcomes = bridge.outcomes, []
        for outcome in outcomes:
            self._tasks.discard(outcome.task)
            self._port.finish(outcome)
        if bridge.dropped:
            dropped, bridge.dropped = bridge.dropped, {}
            self._port.drop(list(dropped))


def _without_shebang(text: str) -> str:
    text = text.removeprefix("\ufeff")
    return f"--{text}" if text.startswith("#") else text
