"""Routes count tokens and run batches where a provider behind them does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import BadRequestError
from polyspell.messages import Delta, Message, Response
from polyspell.providers.base import ModelInfo, Request
from polyspell.providers.batch import BatchResult, BatchStatus, has_batches
from polyspell.providers.tokens import count_tokens

HI = [Message.user("Hi")]


class Plain:
    """A provider that neither counts nor has batches."""

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        yield Delta("Hi", finish_reason="stop")

    async def models(self) -> list[ModelInfo]:
        return []


class Full(Plain):
    """One that has both, and answers at once."""

    def __init__(self) -> None:
        self.batches: dict[str, Mapping[str, Request]] = {}
        self.cancelled: list[str] = []

    async def count_tokens(self, request: Request) -> int | None:
        return None if request.model == "unknown" else 7

    async def batch_submit(self, requests: Mapping[str, Request]) -> str:
        id = f"b/{len(self.batches)}"
        self.batches[id] = requests
        return id

    async def batch_status(self, id: str) -> BatchStatus:
        return BatchStatus(id, "done", {"all": len(self.batches[id])})

    async def batch_results(self, id: str) -> AsyncIterator[BatchResult]:
        for name, request in self.batches[id].items():
            yield BatchResult(name, Response(Message.assistant(request.model)))

    async def batch_cancel(self, id: str) -> None:
        self.cancelled.append(id)


@pytest.fixture
def full() -> Full:
    return Full()


@pytest.fixture
def host(full: Full) -> Host:
    models: dict[str, Any] = {
        "counted": {"try": ["nobody/x", "full/a", "plain/b"]},
        "estimated": {"try": ["plain/b", "full/a"]},
        "unknown": "full/unknown",
        "nested": "route/counted",
        "missing": "nobody/x",
        "slow": "plain/b",
        "other": "more/c",
    }
    host = Host(plugins=[], config={"models": models})
    host.providers.register("plain", Plain())
    host.providers.register("full", full)
    host.providers.register("more", Full())
    return host


@pytest.mark.parametrize(
    ("route", "tokens"),
    [("counted", 7), ("nested", 7), ("estimated", None), ("unknown", None), ("missing", None)],
)
async def test_the_first_model_that_is_there_counts(
    host: Host, route: str, tokens: int | None
) -> None:
    count = await count_tokens(host, f"route/{route}", HI)
    assert count.estimated is (tokens is None)
    assert tokens is None or count.tokens == tokens


async def test_a_batch_goes_to_the_first_model_that_has_them(host: Host, full: Full) -> None:
    provider: Any = host.providers.get("route")
    assert has_batches(provider)
    asked = {"one": Request("estimated", HI), "two": Request("counted", HI)}
    batch = await provider.batch_submit(asked)
    assert batch == "full/b/0"
    assert [request.model for request in full.batches["b/0"].values()] == ["a", "a"]
    status = await provider.batch_status(batch)
    assert (status.id, status.state, status.counts) == (batch, "done", {"all": 2})
    results = [result async for result in provider.batch_results(batch)]
    assert [result.name for result in results] == ["one", "two"]
    await provider.batch_cancel(batch)
    assert full.cancelled == ["b/0"]


async def test_a_batch_of_a_route_in_a_route_finds_its_way_back(host: Host, full: Full) -> None:
    provider: Any = host.providers.get("route")
    batch = await provider.batch_submit({"one": Request("nested", HI)})
    assert (await provider.batch_status(batch)).id == batch == "route/full/b/0"


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        (["slow"], "No model of the route 'slow' has batches"),
        (["missing"], "No model of the route 'missing' has batches"),
        (["counted", "other"], "different providers"),
        ([], "empty"),
    ],
)
async def test_a_batch_that_cannot_be_is_a_clear_error(
    host: Host, routes: list[str], why: str
) -> None:
    provider: Any = host.providers.get("route")
    with pytest.raises(BadRequestError, match=why):
        await provider.batch_submit({name: Request(name, HI) for name in routes})


@pytest.mark.parametrize("id", ["b", "plain/b/0"])
async def test_what_is_no_batch_is_a_clear_error(host: Host, id: str) -> None:
    provider: Any = host.providers.get("route")
    with pytest.raises(BadRequestError, match="no batch of a route"):
        await provider.batch_status(id)
