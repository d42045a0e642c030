"""The models that one provider keeps in memory, and the threads that they work in.

llama.cpp blocks the thread that calls it, and streams by a callback in that thread. Here its pieces
become an async generator; closing it makes the callback say "stop" at its next call.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from polyspell.errors import Cancelled, TransportError

from polyspell_local.engine import Settings, error_of, load

T = TypeVar("T")

# Reports of progress make llama.cpp call back while it still reads the prompt, so that it can be
# stopped there too.
_STREAM = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}


class Loaded:
    """A model in memory.

    Args:
        name: how the user calls it, for errors.
        server: the xllamacpp server.
        parallel: how many requests it answers at once; others wait for a thread.
    """

    def __init__(self, name: str, server: Any, parallel: int) -> None:
        self.name = name
        self.busy = 0
        self._server = server
        self._closing = threading.Event()
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix=f"local/{name}")

    async def chat(
        self, body: dict[str, Any], deadline: float | None = None
    ) -> AsyncGenerator[dict[str, Any]]:
        """The chunks of a chat completion, in the shape of OpenAI's.

        Args:
            body: the request.
            deadline: when it has to be whole, by the clock of the event loop.

        Raises:
            ProviderError: or one of its kinds.
            Cancelled: the model was closed meanwhile.
        """
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[Any] = asyncio.Queue()
        stop = threading.Event()

        def put(piece: Any) -> bool:
            with suppress(RuntimeError):  # the loop is closed: nobody waits for the piece any more
                loop.call_soon_threadsafe(pieces.put_nowait, piece)
            return stop.is_set() or self._closing.is_set()

        def work() -> None:
            if not stop.is_set():
                self._server.handle_chat_completions({**body, **_STREAM}, put)

        self.busy += 1
        try:
            self._threads.submit(work).add_done_callback(put)
            while not isinstance(piece := await self._before(deadline, pieces.get()), Future):
                if "error" in piece:
                    raise error_of(piece["error"], self.name)
                yield piece
            if self._closing.is_set() or piece.cancelled():
                raise Cancelled(f"local/{self.name} was closed while it answered.")
            if error := piece.exception():
                raise error_of(error, self.name) from error
        finally:
            stop.set()
            self.busy -= 1

    async def _before(self, deadline: float | None, waiting: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout_at(deadline):
                return await waiting
        except TimeoutError:
            raise TransportError(
                f"local/{self.name} did not answer in time.",
                hint="Give the request a longer timeout, or fewer max_tokens.",
                context={"provider": "local", "model": self.name},
            ) from None

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """A vector for each text.

        Raises:
            ProviderError: or one of its kinds.
        """
        call = self._server.handle_embeddings
        self.busy += 1
        try:
            waiting = asyncio.get_running_loop().run_in_executor(
                self._threads, call, {"input": texts}
            )
            answer = await waiting
        except (ValueError, RuntimeError) as error:
            raise error_of(error, self.name) from error
        finally:
            self.busy -= 1
        if "error" in answer:
            raise error_of(answer["error"], self.name)
        rows = sorted(answer["data"], key=lambda row: row["index"])
        return [row["embedding"] for row in rows]

    def close(self) -> None:
        """Stop what runs, wait for it, and free the memory. Blocks."""
        self._closing.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._server = None


class Pool:
    """Models by their file, loaded when they are first asked for, from whichever event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._models: dict[tuple[Path, bool], Future[Loaded]] = {}  # used last: at the end
        self._one_at_a_time = threading.Lock()

    async def get(self, name: str, path: Path, *, embedding: bool = False) -> Loaded:
        """A model, loaded if it is not in memory.

        Raises:
            ProviderError: it cannot be loaded.
        """
        key = (path, embedding)
        future = self._models.pop(key, None)
        if future is None or (future.done() and future.exception()):
            room = self._make_room()
            loader = ThreadPoolExecutor(1, thread_name_prefix=f"local/{name}/load")
            future = loader.submit(self._load, room, name, path, embedding)
            loader.shutdown(wait=False)  # its thread ends with the work
        self._models[key] = future
        # Shielded: others may wait for the same model.
        return await asyncio.shield(asyncio.wrap_future(future))

    def _load(self, room: list[Loaded], name: str, path: Path, embedding: bool) -> Loaded:
        with self._one_at_a_time:
            for other in room:
                other.close()
            server = load(path, self._settings, embedding=embedding)
            return Loaded(name, server, self._settings.n_parallel)

    def _make_room(self) -> list[Loaded]:
        """The idle models that have to go so that one more may come, the least used first."""
        most = self._settings.max_loaded
        if most is None:
            return []
        ready = [(k, f.result()) for k, f in self._models.items() if f.done() and not f.exception()]
        idle = [key for key, loaded in ready if not loaded.busy]
        return [self._models.pop(key).result() for key in idle[: len(self._models) + 1 - most]]

    async def close(self) -> None:
        """Free all models; what still runs is stopped."""
        while self._models:
            _, future = self._models.popitem()
            await asyncio.to_thread(_close, future)


def _close(future: Future[Loaded]) -> None:
    if future.exception() is None:  # waits, if it is still being loaded
        future.result().close()
