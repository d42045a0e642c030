"""Many requests at once, answered within a day at a lower price, where a provider offers it.

A provider that does has:

    async def batch_submit(requests: Mapping[str, Request]) -> str       # the batch's id
    async def batch_status(id: str) -> BatchStatus
    def batch_results(id: str) -> AsyncIterator[BatchResult]             # when it is done
    async def batch_cancel(id: str) -> None

The names that the caller gives to the requests come back with their results, in any order.
`has_batches` tells whether it does: what is None is not there.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from polyspell.errors import PolyspellError
from polyspell.messages import Response


def has_batches(provider: Any) -> bool:
    """Whether a provider offers batches."""
    return getattr(provider, "batch_submit", None) is not None


class BatchStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a batch is.

    `state`: "done" means that there are results, of those requests at least that were served
    before it expired or was cancelled; "failed" that there are none, and `extra` says why. `counts`
    are the provider's own counts of requests; `extra` is all that it says.
    """

    id: str
    state: Literal["running", "done", "failed"]
    counts: dict[str, int] = {}
    extra: dict[str, Any] = {}


class BatchResult(msgspec.Struct, frozen=True):
    """What became of one request: a response, or an error."""

    name: str
    response: Response | None = None
    error: PolyspellError | None = None
