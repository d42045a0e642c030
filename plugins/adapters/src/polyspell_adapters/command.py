"""A command that speaks JSON-RPC 2.0 over its standard input and output, a message a line."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from typing import TYPE_CHECKING, Any

import msgspec
from polyspell.aio import end_process
from polyspell.errors import PolyspellError

if TYPE_CHECKING:
    from polyspell_adapters.adapter import AdapterOptions

_LINE = 16 * 1024 * 1024  # bytes of the longest message that is read
_ENV = ("PATH", "HOME", "LANG", "SYSTEMROOT")


class Command:
    """A process, started when it is first needed in an event loop, and again when it has ended."""

    def __init__(self, options: AdapterOptions) -> None:
        self._options = options
        self._numbers = itertools.count(1)
        self._running: _Running | None = None

    async def ask(self, phase: str, about: dict[str, Any]) -> Any:
        """See Line."""
        if self._running is None or not self._running.usable:
            self.close()
            self._running = _Running(self._options)
        async with asyncio.timeout(self._options.timeout):
            return await self._running.ask(next(self._numbers), phase, about)

    def close(self) -> None:
        """End the process."""
        if self._running is not None:
            self._running.end()
            self._running = None


class _Running:
    """One process, in one event loop."""

    def __init__(self, options: AdapterOptions) -> None:
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._ended = False
        self._reading = self._loop.create_task(self._work())
        self._started: asyncio.Future[None] = self._loop.create_future()

    @property
    def usable(self) -> bool:
        """Whether it can be asked, here and now."""
        return self._loop is asyncio.get_running_loop() and not self._ended

    async def ask(self, number: int, method: str, params: dict[str, Any]) -> Any:
        """Send a request and wait for its answer."""
        await asyncio.shield(self._started)
        assert self._process is not None and self._process.stdin is not None
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting[number] = future
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        try:
            self._process.stdin.write(msgspec.json.encode(message) + b"\n")
            await self._process.stdin.drain()
            return await future
        finally:
            self._waiting.pop(number, None)

    async def _work(self) -> None:
        """Start, read answers until there are no more, and let nobody wait any longer."""
        command = self._options.command or []
        problem = f"{command[0]} has ended."
        try:
            names = (*_ENV, *self._options.env)
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LINE,
                cwd=self._options.folder,
                env={name: os.environ[name] for name in names if name in os.environ},
            )
            self._started.set_result(None)
            assert self._process.stdout is not None
            while line := await self._process.stdout.readline():
                self._answered(line)
        except (OSError, ValueError) as error:  # cannot be started; a line that is too long
            problem = f"{command[0]} cannot be used: {error}."
        finally:
            self._fail(PolyspellError(problem, code="adapter"))
            if self._process is not None:
                await end_process(self._process)

    def _answered(self, line: bytes) -> None:
        try:
            message = msgspec.json.decode(line)
            future = self._waiting.get(message["id"])
        except (msgspec.DecodeError, TypeError, KeyError):
            return  # no answer: what a program prints besides
        if future is None or future.done():
            return
        if "error" in message:
            said = message["error"]
            text = said.get("message") if isinstance(said, dict) else said
            future.set_exception(PolyspellError(f"The command failed: {text}", code="adapter"))
        else:
            future.set_result(message.get("result"))

    def _fail(self, error: PolyspellError) -> None:
        self._ended = True
        for future in (self._started, *self._waiting.values()):
            if not future.done():
                future.set_exception(error)
        if self._started.exception() is not None:
            return  # looked at, so that it is not reported as lost

    def end(self) -> None:
        """Kill the process; its loop reaps it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._reading.cancel)
