"""The provider: which reply comes next, and how it is told in deltas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

import msgspec
from polyspell.errors import BadRequestError, ConfigError
from polyspell.messages import Delta, Usage
from polyspell.providers.base import ModelInfo, Request
from polyspell.testing.replies import Reply, deltas, tokens

from polyspell_echo.rules import by_rule

if TYPE_CHECKING:
    from polyspell.host import Host


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How echo answers. `replies` is a list of replies, used one after the other, or a function of
    the request that gives one. A reply takes `delay` seconds, and comes in deltas of `chunk`
    characters (0: in one piece)."""

    replies: Any = None
    delay: float = 0.0
    chunk: int = 0


class EchoProvider:
    """Answers without a model.

    Args:
        host: whose `[providers.echo]` are the settings; a program that makes its own needs none.
        replies, delay, chunk: see `Settings`; they win over the host's.

    A list of replies lasts as long as the provider, each is used once; the list in a request's
    `options` starts anew with each conversation.
    """

    def __init__(self, host: Host | None = None, **settings: Any) -> None:
        configured = host.config.options("echo") if host is not None else {}
        self._settings = _settings({**configured, **settings})
        self._used = 0

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer with the next reply, or by the rule of the model's name."""
        settings = _settings(request.options, self._settings) if request.options else self._settings
        reply = self._reply(request, settings)
        usage = Usage(sum([tokens(m.text) for m in request.messages]), requests=1)
        if type(reply) is str and not settings.delay and not settings.chunk:
            usage.output_tokens = tokens(reply)
            yield Delta(reply, usage=usage, finish_reason="stop", model=request.model)
            return
        pieces = deltas(reply, request, settings.chunk, usage)
        for piece in pieces:
            if settings.delay:
                await asyncio.sleep(settings.delay / len(pieces))
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def _reply(self, request: Request, settings: Settings) -> Reply:
        replies = settings.replies
        if replies is None:
            return by_rule(request)
        if callable(replies):
            return cast(Reply, replies(request))
        if replies is self._settings.replies:
            turn, self._used = self._used, self._used + 1
        else:
            turn = sum([m.role == "assistant" for m in request.messages])
        if turn >= len(replies):
            raise BadRequestError(f"echo was given {len(replies)} replies, and all are used.")
        return cast(Reply, replies[turn](request) if callable(replies[turn]) else replies[turn])

    async def models(self) -> list[ModelInfo]:
        """The names of the rules."""
        return [
            ModelInfo("echo", "Says what the user said, or what a tool returned"),
            ModelInfo("tools", "Calls a tool, then says what it returned"),
            ModelInfo("script", "Gives the replies that it was given"),
        ]

    def features(self, model: str) -> frozenset[str]:
        """All models take tools and schemas."""
        return frozenset({"tools", "output_schema"})


def _settings(values: dict[str, Any], base: Settings | None = None) -> Settings:
    if base is not None:
        values = {"replies": base.replies, "delay": base.delay, "chunk": base.chunk, **values}
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"An option of echo is wrong: {error}.", hint="It takes replies, delay and chunk."
        ) from None
    given = settings.replies
    if given is not None and not callable(given) and not isinstance(given, list | tuple):
        raise ConfigError("The replies of echo must be a list, or a function of the request.")
    return settings
