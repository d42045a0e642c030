"""Batches: a file of requests goes up, a file of answers comes down (see polyspell's `batch`)."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import msgspec
from polyspell.errors import BadRequestError, BadResponseError, ProviderError
from polyspell.providers.batch import BatchResult, BatchStatus
from polyspell.providers.endpoint import Endpoint
from polyspell.providers.exchange import decode
from polyspell.providers.failures import provider_error
from polyspell.providers.transport import Transport

from polyspell_openai.apis import PATHS, Api, whole

_DONE = ("completed", "expired", "cancelled")


class Batches:
    """The batches of a service.

    Args:
        name: of the provider.
        endpoint, transport: the way to it.
    """

    def __init__(self, name: str, endpoint: Endpoint, transport: Transport) -> None:
        self._name = name
        self._endpoint = endpoint
        self._transport = transport

    async def submit(self, bodies: Mapping[str, tuple[Api, dict[str, Any]]]) -> str:
        """Send requests, each with its name, its API and its body; gives the batch's id.

        Raises:
            BadRequestError: there is none, or they are for different APIs.
        """
        apis = {api for api, _ in bodies.values()}
        if len(apis) != 1:
            why = (
                "The requests of a batch are for different APIs." if apis else "The batch is empty."
            )
            raise BadRequestError(why, hint="Set `api`, or make a batch for each.")
        path = f"/v1{PATHS[apis.pop()]}"
        lines = [
            {"custom_id": name, "method": "POST", "url": path, "body": _unstreamed(body)}
            for name, (_, body) in bodies.items()
        ]
        file = await self._upload(b"\n".join(msgspec.json.encode(line) for line in lines))
        asked = {"input_file_id": file, "endpoint": path, "completion_window": "24h"}
        # Not tried again: what did not answer may have made a batch all the same.
        return str((await self._json("POST", "/batches", asked, retries=0))["id"])

    async def status(self, id: str) -> BatchStatus:
        """How far a batch is."""
        return _status(await self._json("GET", f"/batches/{id}"))

    async def cancel(self, id: str) -> None:
        """Serve no further request of a batch."""
        await self._json("POST", f"/batches/{id}/cancel")

    async def results(self, id: str) -> AsyncIterator[BatchResult]:
        """What became of each request.

        Raises:
            BadRequestError: the batch is not done, or has failed.
        """
        found = await self._json("GET", f"/batches/{id}")
        state = _status(found).state
        if state != "done":
            raise BadRequestError(
                f"The batch {id} is {found['status']}: there are no results.",
                hint="Wait until it is done." if state == "running" else "See its errors.",
                context={"batch": id, "errors": found.get("errors")},
            )
        for file in filter(None, (found.get("output_file_id"), found.get("error_file_id"))):
            call = self._endpoint.call("GET", f"/files/{file}/content")
            async with aclosing(self._transport.stream_lines(call)) as lines:
                async for line in lines:
                    yield self._result(decode(line, call))

    def _result(self, line: dict[str, Any]) -> BatchResult:
        answer = line.get("response") or {}
        status, body = answer.get("status_code") or 0, answer.get("body")
        name = str(line.get("custom_id"))
        if status != 200 or not isinstance(body, dict):
            failure = {"error": line["error"]} if line.get("error") else body
            error = provider_error(status, failure, provider=self._name)
            return BatchResult(name, error=error)
        api: Api = "responses" if body.get("object") == "response" else "chat"
        try:
            return BatchResult(name, whole(api, self._name, body))
        except ProviderError as error:
            return BatchResult(name, error=error)

    async def _upload(self, lines: bytes) -> str:
        border = f"polyspell-{secrets.token_hex(16)}"
        fields = (
            f'--{border}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
            f'--{border}\r\ncontent-disposition: form-data; name="file"; filename="batch.jsonl"\r\n'
            "content-type: application/jsonl\r\n\r\n"
        )
        call = self._endpoint.call(
            "POST",
            "/files",
            headers={"content-type": f"multipart/form-data; boundary={border}"},
            content=fields.encode() + lines + f"\r\n--{border}--\r\n".encode(),
        )
        found, _ = await self._transport.json(call)
        return str(found["id"])

    async def _json(self, method: str, path: str, json: Any = None, **more: Any) -> dict[str, Any]:
        found, _ = await self._transport.json(self._endpoint.call(method, path, json, **more))
        if not isinstance(found, dict) or "id" not in found:
            raise BadResponseError(f"{self._name} sent no batch.", context={"body": found})
        return found


def _unstreamed(body: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in body.items() if k not in ("stream", "stream_options")}


def _status(found: dict[str, Any]) -> BatchStatus:
    said = found.get("status")
    state = "done" if said in _DONE else "failed" if said == "failed" else "running"
    return BatchStatus(str(found["id"]), state, found.get("request_counts") or {}, found)  # type: ignore[arg-type]
