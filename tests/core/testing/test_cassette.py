"""Cassettes on a real transport against a real server, which is gone when they are replayed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import BadRequestError, ConfigError, OverloadedError
from polyspell.host import Host
from polyspell.providers.exchange import HttpCall
from polyspell.providers.transport import Transport
from polyspell.testing.cassette import Cassette
from polyspell.testing.wire import Wire, answer, events

SECRET = "sk-live-0123456789abcdefghij"


def call(url: str, body: Any = None, key: str = SECRET, **more: Any) -> HttpCall:
    return HttpCall(
        "POST", f"{url}/v1/chat?key={key}", body or {"q": 1},
        {"authorization": f"Bearer {key}", "x-custom": "visible?"}, provider="acme", **more,
    )  # fmt: skip


async def test_what_was_recorded_is_replayed_without_the_server(tmp_path: Path) -> None:
    path = tmp_path / "cassettes" / "x.json"
    transport = Transport()
    stream = events({"text": "Hé"}, {"text": "llo"})
    async with Wire(stream, answer({"n": 2}, x_request_id="r1")) as wire:
        with Cassette(path):
            heard = [e.data async for e in transport.stream_events(call(wire.url))]
            value, headers = await transport.json(call(wire.url, {"q": 2}))
        url = wire.url
    await transport.aclose()
    again = Transport()
    with Cassette(path):
        assert [e.data async for e in again.stream_events(call(url, key="other"))] == heard
        value2, headers2 = await again.json(call("http://127.0.0.1:1", {"q": 2}))
    assert (value2, headers2["x-request-id"]) == (value, headers["x-request-id"])
    await again.aclose()


async def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    transport = Transport()
    told = {"text": f"your key is {SECRET}, and ghp_abcdefghijklmnopqrstuvwxyz0123 too", "n": 5}
    async with Wire(answer(told, set_cookie="session=abcdef")) as wire:
        with Cassette(path, remove=("Ada",)):
            body = {"api_key": "hidden-one", "max_tokens": 5, "prompt": "I am Ada", "k": SECRET}
            await transport.json(call(wire.url, body))
    await transport.aclose()
    text = path.read_text()
    for secret in (SECRET, "ghp_abc", "hidden-one", "session", "Ada", "visible", "authorization"):
        assert secret not in text
    recorded = json.loads(text)[0]
    assert recorded["request"]["body"]["max_tokens"] == 5
    assert "your key is" in recorded["response"]["body"][0]


async def test_retries_are_replayed_too(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    transport = Transport(backoff=0.001)
    async with Wire(answer({"error": "busy"}, 503), answer({"n": 1})) as wire:
        with Cassette(path):
            assert (await transport.json(call(wire.url)))[0] == {"n": 1}
        url = wire.url
    with Cassette(path):
        assert (await transport.json(call(url)))[0] == {"n": 1}
        with pytest.raises(BadRequestError, match="more often than it was recorded"):
            await transport.json(call(url))
    with Cassette(path), pytest.raises(OverloadedError):
        await transport.json(call(url, retries=0))
    await transport.aclose()


async def test_an_unknown_request_says_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    transport = Transport()
    async with Wire(answer({"n": 1})) as wire:
        with Cassette(path):
            await transport.json(call(wire.url, {"messages": [{"text": "one"}]}))
    with Cassette(path, "replay"), pytest.raises(BadRequestError) as failed:
        await transport.json(call(wire.url, {"messages": [{"text": "two"}]}))
    assert 'body.messages[0].text is "two", not "one"' in failed.value.message
    await transport.aclose()


async def test_requests_are_matched_in_any_order_and_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    transport = Transport()

    def echo(request: Any) -> bytes:
        return answer({"said": request.json["q"]})

    async with Wire(echo) as wire:
        with Cassette(path):
            for n in range(5):
                await transport.json(call(wire.url, {"q": n}))
    with Cassette(path):
        given = await asyncio.gather(
            *(transport.json(call(wire.url, {"q": n})) for n in (3, 1, 4, 0, 2))
        )
    assert [value["said"] for value, _ in given] == [3, 1, 4, 0, 2]
    await transport.aclose()


async def test_bytes_that_are_no_text_are_kept(tmp_path: Path) -> None:
    path, data = tmp_path / "x.json", bytes(range(256))
    transport = Transport()

    async def lines(url: str) -> list[bytes]:
        return [line async for line in transport.stream_lines(call(url))]

    async with Wire([answer(data)]) as wire:
        with Cassette(path):
            first = await lines(wire.url)
    with Cassette(path):
        assert await lines(wire.url) == first
    await transport.aclose()


async def test_a_missing_key_is_stood_in_for_while_replaying_only(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("[]")
    async with Host(plugins=[], config={}) as host:
        with Cassette(path, host=host):
            assert host.keys.require("nobody")
        assert host.keys.get("nobody") is None
        with Cassette(tmp_path / "new.json", host=host):
            assert host.keys.get("nobody") is None


def test_a_cassette_that_cannot_be_read_says_how_to_record(tmp_path: Path) -> None:
    for text in (None, "no"):
        if text is not None:
            (tmp_path / "x.json").write_text(text)
        with pytest.raises(ConfigError, match="cannot be read"):
            Cassette(tmp_path / "x.json", "replay")
