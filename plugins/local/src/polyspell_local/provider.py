"""The provider `local`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from polyspell.errors import ConfigError
from polyspell.messages import Delta, FinishReason, ToolCall, ToolCallDelta, Usage
from polyspell.providers.base import Feature, ModelInfo, Request

from polyspell_local import choose
from polyspell_local.catalogue import find
from polyspell_local.conversation import Conversation, read
from polyspell_local.engine import Settings
from polyspell_local.pool import Loaded, Pool
from polyspell_local.pull import pull
from polyspell_local.sources import Progress
from polyspell_local.store import Store

if TYPE_CHECKING:
    from polyspell.host import Host

_TEMPERATURE = 0.0  # small models keep to the facts when they are not made to vary
_CHOICE_TOKENS = 1024
_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
_FEATURES: frozenset[Feature] = frozenset(("tools", "output_schema"))


class LocalProvider:
    """Models in this process, by llama.cpp. `local/default`, other names of the catalogue, files in
    the folder of models, and any GGUF file by its path.

    `Request.options` are llama.cpp's own settings of a request (`top_k`, `min_p`, `grammar` ...).
    """

    def __init__(self, host: Host) -> None:
        try:
            settings = msgspec.convert(host.config.options("local"), Settings)
        except msgspec.ValidationError as error:
            raise ConfigError(
                f"[providers.local] is wrong: {error}.",
                hint=f"It may have {', '.join(Settings.__struct_fields__)}.",
            ) from error
        folder = settings.models_dir
        self.store = Store(Path(folder) if folder else host.config.data_dir / "models")
        self._after_tools = settings.after_tools
        self._pool = Pool(settings)

    async def models(self) -> list[ModelInfo]:
        """The catalogue, and the other GGUF files in the folder of models. `extra` holds the size
        in bytes, and the path of what is installed."""
        return self.store.list()

    async def pull(self, name: str, progress: Progress) -> Path:
        """Fetch a model of the catalogue, unless it is there; returns the file.

        Args:
            name: its name, with or without `local/`.
            progress: called with bytes done, bytes in all, and a note about what goes on.

        Raises:
            NotFoundError: the catalogue has no such model.
            ProviderError: no source gave the right bytes, or the disk is full.
        """
        return await pull(self.store, name.removeprefix("local/"), progress)

    def features(self, model: str) -> frozenset[Feature]:
        """What a model can do."""
        known = find(model)
        return known.features if known else _FEATURES

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """A vector for each text, by a model that is loaded for that purpose alone."""
        path = self.store.locate(model)
        loaded = await self._pool.get(model, path, embedding=True)
        return await loaded.embed(texts)

    async def aclose(self) -> None:
        """Stop what runs and free all memory."""
        await self._pool.close()

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer piece by piece: text, or one tool call. Closing the iterator stops the model.

        Raises:
            NotFoundError: the model is not on this machine.
            ProviderError: or one of its kinds.
        """
        conversation = read(request.messages)
        loaded = await self._pool.get(request.model, self.store.locate(request.model))
        answer = _Answer(request, conversation, loaded, self._after_tools)
        async with aclosing(answer.deltas()) as deltas:
            async for delta in deltas:
                yield delta


class _Answer:
    """One request on its way: a choice where there are tools, then the words."""

    def __init__(
        self, request: Request, conversation: Conversation, loaded: Loaded, after_tools: str
    ) -> None:
        self._after_tools = after_tools
        self._request = request
        self._conversation = conversation
        self._loaded = loaded
        now, timeout = asyncio.get_running_loop().time(), request.timeout
        self._deadline = None if timeout is None else now + timeout
        self._usage = Usage(requests=1)
        self._reason: FinishReason = "other"

    async def deltas(self) -> AsyncGenerator[Delta]:
        request = self._request
        if request.tools and request.tool_choice != "none":
            call = await self._choose()
            if call is not None:
                piece = ToolCallDelta(0, call.id, call.name, call.arguments)
                yield Delta(tool_call=piece)
                yield self._last("tool_calls")
                return
            if self._reason == "length":
                yield self._last("length")
                return
        async with aclosing(self._chat(self._words())) as pieces:
            async for text in pieces:
                yield Delta(text=text)
        yield self._last(self._reason)

    def _last(self, reason: FinishReason) -> Delta:
        return Delta(usage=self._usage, finish_reason=reason, model=self._request.model)

    async def _choose(self) -> ToolCall | None:
        """The tool to call; None for none, or (the reason is "length") for one that was cut off."""
        request = self._request
        must = request.tool_choice != "auto"
        tools = choose.allowed(request.tools, request.tool_choice)
        body = {
            "messages": choose.prompt(self._conversation, tools),
            "json_schema": choose.schema(tools, must=must),
            "temperature": 0,
            "max_tokens": request.max_tokens or _CHOICE_TOKENS,
        }
        async with aclosing(self._chat(body)) as pieces:
            text = "".join([piece async for piece in pieces])
        if self._reason == "length":
            return None
        call = choose.parse(text)
        if call is None or (not must and choose.repeats(call, self._conversation.turns[-1])):
            return None
        return call

    def _words(self) -> dict[str, Any]:
        """The request for an answer in words, or in JSON of the schema that was asked for."""
        request, schema = self._request, self._request.output_schema
        told = self._after_tools if self._conversation.turns[-1].done and schema is None else ""
        wanted = {
            "temperature": _TEMPERATURE if request.temperature is None else request.temperature,
            "top_p": request.top_p,
            "max_tokens": request.max_tokens,
            "stop": list(request.stop) or None,
            "seed": request.seed,
            "json_schema": schema,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        return {**given, **request.options, "messages": self._conversation.messages(told)}

    async def _chat(self, body: dict[str, Any]) -> AsyncGenerator[str]:
        """The text of an answer; adds to the usage, and sets the reason for its end."""
        async with aclosing(self._loaded.chat(body, self._deadline)) as chunks:
            async for chunk in chunks:
                for choice in chunk["choices"]:
                    if text := choice["delta"].get("content"):
                        yield text
                    if reason := choice["finish_reason"]:
                        self._reason = _REASONS.get(reason, "other")
                if usage := chunk.get("usage"):
                    self._usage.add(_usage(usage))


def _usage(data: dict[str, Any]) -> Usage:
    cached = (data.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return Usage(data["prompt_tokens"], data["completion_tokens"], cached)
