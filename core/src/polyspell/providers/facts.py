"""What is known of models: how much they take, what they can, what they cost.

Catalogues bring the facts (a plugin's `polyspell_model_catalogs`). They may be slow to load: the
first request of a model looks its facts up beside the request itself, in a thread.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import msgspec

from polyspell.errors import BadRequestError, ContextTooLong, PolyspellError
from polyspell.memory.window import estimate_tokens
from polyspell.messages import Media, Usage
from polyspell.providers.base import Request

if TYPE_CHECKING:
    from polyspell.registry import Registry

MARGIN = 1.3
"""Tokens are estimated: only a request that is longer by this factor is refused unsent."""


class Prices(msgspec.Struct, frozen=True, omit_defaults=True):
    """US dollars for a million tokens. What is None is charged like plain input or output.

    `tiers` are other prices for all tokens of a request with more input tokens than a number.
    """

    input: float
    output: float
    cached: float | None = None
    cache_write: float | None = None
    tiers: tuple[tuple[int, Prices], ...] = ()

    def cost(self, usage: Usage) -> float:
        """What a request costs, in US dollars."""
        over = [prices for start, prices in self.tiers if usage.input_tokens > start]
        at = over[-1] if over else self
        cached, written = usage.cached_tokens, usage.cache_write_tokens
        plain = max(0, usage.input_tokens - cached - written)
        total = plain * at.input + usage.output_tokens * at.output
        total += cached * (at.input if at.cached is None else at.cached)
        total += written * (at.input if at.cache_write is None else at.cache_write)
        return total / 1e6


class ModelFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a model; None and nothing mean unknown."""

    context_tokens: int | None = None
    output_tokens: int | None = None
    features: frozenset[str] | None = None
    prices: Prices | None = None


class ModelCatalog(Protocol):
    """A source of facts. Called in a thread; may be slow at first."""

    def facts(self, provider: str, model: str) -> ModelFacts | None:
        """The facts of a model, None where it is not known."""
        ...


class Facts:
    """The facts of all catalogues, each model looked up once."""

    def __init__(self, catalogs: Registry[ModelCatalog]) -> None:
        self._catalogs = catalogs
        self._known: dict[str, ModelFacts | None] = {}

    @property
    def active(self) -> bool:
        """Whether there is any catalogue."""
        return len(self._catalogs) > 0

    def known(self, model: str) -> ModelFacts | None:
        """The facts of `provider/model` if they have been looked up."""
        return self._known.get(model)

    async def of(self, model: str) -> ModelFacts | None:
        """The facts of `provider/model`."""
        if model not in self._known:
            loop = asyncio.get_running_loop()
            self._known[model] = await loop.run_in_executor(None, self._look_up, model)
        return self._known[model]

    def _look_up(self, model: str) -> ModelFacts | None:
        provider, _, name = model.partition("/")
        for catalog in self._catalogs:
            try:
                found = self._catalogs.get(catalog).facts(provider, name)
            except PolyspellError:
                continue  # the entry keeps the reason
            if found is not None:
                return found
        return None

    async def price(self, model: str, usage: Usage) -> None:
        """Put the cost into a usage that has none."""
        if usage.cost is None:
            facts = await self.of(model)
            if facts is not None and facts.prices is not None:
                usage.cost = facts.prices.cost(usage)


_HINT = "Use another model: `polyspell models` lists what each can."
_KINDS = {"image": "images", "audio": "audio"}


def require_served(model: str, request: Request, features: frozenset[str] | None) -> None:
    """Refuse a request with what its model cannot take.

    Raises:
        BadRequestError: it names what, before anything is sent.
    """
    if features is None:
        return
    if request.tools and "tools" not in features:
        raise BadRequestError(
            f"{model} takes no tools.",
            hint="Use another model: `polyspell models` lists what each can.",
        )
    for media in _media(request):
        kind = {"image": "images", "audio": "audio"}.get(
            media.media_type.split("/")[0], "documents"
        )
        if kind not in features:
            raise BadRequestError(
                f"{model} takes no {kind} ({media.media_type}).",
                hint="Use another model: `polyspell models` lists what each can.",
            )


def require_fits(model: str, request: Request, facts: ModelFacts | None) -> None:
    """Refuse a request that is plainly too long for its model.

    Raises:
        ContextTooLong: with the numbers.
    """
    if facts is None or facts.context_tokens is None:
        return
    tokens = sum(estimate_tokens(message) for message in request.messages)
    if tokens > facts.context_tokens * MARGIN:
        raise ContextTooLong(
            f"About {tokens} tokens are too many for {model}, which takes {facts.context_tokens}.",
            context={"tokens": tokens, "allowed": facts.context_tokens, "estimated": True},
        )


def _media(request: Request) -> list[Media]:
    return [p for m in request.messages for p in m.parts if isinstance(p, Media)]
