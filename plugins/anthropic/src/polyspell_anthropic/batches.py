"""Message batches (see polyspell's `batch`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from polyspell.errors import Cancelled, PolyspellError, ProviderError
from polyspell.messages import Response
from polyspell.providers.answers import NAMES
from polyspell.providers.batch import BatchResult, BatchStatus
from polyspell.providers.endpoint import Endpoint
from polyspell.providers.exchange import HttpCall, decode
from polyspell.providers.failures import provider_error
from polyspell.providers.fold import Fold
from polyspell.providers.transport import Transport

from polyspell_anthropic.reading import Reader, explain


class Batches:
    """The batches of an account.

    Args:
        name: of the provider.
        endpoint, transport: the way to it.
    """

    def __init__(self, name: str, endpoint: Endpoint, transport: Transport) -> None:
        self._name = name
        self._endpoint = endpoint
        self._transport = transport

    async def submit(self, bodies: Mapping[str, dict[str, Any]], headers: dict[str, str]) -> str:
        """Send requests, each with its name and its body; gives the batch's id."""
        requests = [
            {"custom_id": name, "params": {k: v for k, v in body.items() if k != "stream"}}
            for name, body in bodies.items()
        ]
        # Not tried again: what did not answer may have made a batch all the same.
        found = await self._json("POST", "", {"requests": requests}, headers=headers, retries=0)
        return str(found["id"])

    async def status(self, id: str) -> BatchStatus:
        """How far a batch is."""
        found = await self._json("GET", f"/{id}")
        state = "done" if found.get("processing_status") == "ended" else "running"
        return BatchStatus(id, state, found.get("request_counts") or {}, found)  # type: ignore[arg-type]

    async def cancel(self, id: str) -> None:
        """Serve no further request of a batch."""
        await self._json("POST", f"/{id}/cancel")

    async def results(self, id: str) -> AsyncIterator[BatchResult]:
        """What became of each request.

        Raises:
            BadRequestError: there are no results yet.
        """
        call = self._call("GET", f"/{id}/results")
        async with aclosing(self._transport.stream_lines(call)) as lines:
            async for line in lines:
                yield self._result(decode(line, call))

    def _result(self, line: dict[str, Any]) -> BatchResult:
        name, result = str(line.get("custom_id")), line.get("result") or {}
        if result.get("type") == "succeeded":
            try:
                return BatchResult(name, self._whole(result["message"]))
            except ProviderError as error:
                return BatchResult(name, error=error)
        return BatchResult(name, error=self._error(result))

    def _whole(self, message: dict[str, Any]) -> Response:
        model = str(message.get("model") or "")
        by_tool = any(block.get("name") in NAMES for block in message["content"])
        reader, fold = Reader(self._name, model, by_tool), Fold(model)
        for delta in [*reader.read(message), *reader.finish()]:
            fold.add(delta)
        return fold.response()

    def _error(self, result: dict[str, Any]) -> PolyspellError:
        kind = result.get("type")
        if kind == "errored":
            return provider_error(0, result.get("error"), provider=self._name, explain=explain)
        if kind in ("canceled", "cancelled"):
            return Cancelled("The request was cancelled before it was served.")
        return provider_error(0, {"error": {"message": f"{kind}"}}, provider=self._name)

    def _call(self, method: str, path: str, json: Any = None, **more: Any) -> HttpCall:
        return self._endpoint.call(method, f"/v1/messages/batches{path}", json, **more)

    async def _json(self, method: str, path: str, json: Any = None, **more: Any) -> dict[str, Any]:
        found, _ = await self._transport.json(self._call(method, path, json, **more))
        return dict(found)
