"""What only some providers have, by the name of a route: counts of tokens, and batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import BadRequestError, NotFoundError
from polyspell.providers.base import Request
from polyspell.providers.batch import BatchResult, BatchStatus, has_batches

if TYPE_CHECKING:
    from polyspell.host import Host

ModelsOf = Callable[[str], Sequence[str]]
"""Gives the models of a route, in their order."""


class Forward:
    """Counts tokens and runs batches at the providers behind routes.

    Args:
        host: whose providers.
        models_of: gives the models of a route.
    """

    def __init__(self, host: Host, models_of: ModelsOf) -> None:
        self._host = host
        self._models_of = models_of

    async def count_tokens(self, request: Request) -> int | None:
        """The tokens of the input for the first model that is there: another one would count
        otherwise. None where its provider does not count."""
        for _, name, provider in self._there(request.model):
            count = getattr(provider, "count_tokens", None)
            if count is None:
                return None
            counted: int | None = await count(msgspec.structs.replace(request, model=name))
            return counted
        return None

    async def batch_submit(self, requests: Mapping[str, Request]) -> str:
        """Send requests to the first of their models that has batches; gives the batch's id, with
        the provider's name before it.

        Raises:
            BadRequestError: no model has, or they are of several providers.
        """
        sent: dict[str, Request] = {}
        owners: set[str] = set()
        for name, request in requests.items():
            owner, model = self._with_batches(request.model)
            owners.add(owner)
            sent[name] = msgspec.structs.replace(request, model=model)
        if len(owners) != 1:
            why = "The requests of a batch are for different providers."
            raise BadRequestError(
                why if owners else "The batch is empty.", hint="Make a batch for each."
            )
        owner = owners.pop()
        provider: Any = self._host.providers.get(owner)
        return f"{owner}/{await provider.batch_submit(sent)}"

    async def batch_status(self, id: str) -> BatchStatus:
        """How far a batch is."""
        provider, own = self._owner(id)
        status: BatchStatus = await provider.batch_status(own)
        return msgspec.structs.replace(status, id=id)

    async def batch_results(self, id: str) -> AsyncIterator[BatchResult]:
        """What became of each request of a batch that is done."""
        provider, own = self._owner(id)
        async with aclosing(provider.batch_results(own)) as results:
            async for result in results:
                yield result

    async def batch_cancel(self, id: str) -> None:
        """Serve no further request of a batch."""
        provider, own = self._owner(id)
        await provider.batch_cancel(own)

    def _there(self, route: str) -> Iterator[tuple[str, str, Any]]:
        """The models of a route whose providers are installed."""
        for model in self._models_of(route):
            try:
                yield self._host.resolve_model(model)
            except NotFoundError:
                continue

    def _with_batches(self, route: str) -> tuple[str, str]:
        for owner, name, provider in self._there(route):
            if has_batches(provider):
                return owner, name
        raise BadRequestError(
            f"No model of the route {route!r} has batches.",
            hint="Name one that does there: of OpenAI, Anthropic or Groq.",
        )

    def _owner(self, id: str) -> tuple[Any, str]:
        owner, slash, own = id.partition("/")
        if not slash or not has_batches(self._host.providers.get(owner)):
            raise BadRequestError(
                f"{id!r} is no batch of a route.", hint="Take the id that `batch_submit` gave."
            )
        return self._host.providers.get(owner), own
