"""The transport against servers on loopback that behave and misbehave."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from polyspell.errors import (
    AuthError,
    BadResponseError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    TransportError,
)
from polyspell.providers.exchange import HttpCall
from polyspell.providers.transport import Transport
from polyspell.providers.waiting import Timeout
from polyspell.testing.wire import CLOSE, RESET, STALL, Answer, Wire, answer, events, head, stream

FAST = 0.001


@asynccontextmanager
async def wired(*answers: Answer, **settings: Any) -> AsyncIterator[tuple[Wire, Transport]]:
    transport = Transport(**{"backoff": FAST, **settings})
    async with Wire(*answers) as wire:
        yield wire, transport
        await transport.aclose()


def call(wire: Wire, **more: Any) -> HttpCall:
    return HttpCall("POST", f"{wire.url}/v1/chat", {"a": 1}, provider="acme", model="m1", **more)


async def heard(transport: Transport, call: HttpCall) -> list[str]:
    return [event.data.decode() async for event in transport.stream_events(call)]


async def heard_until_error(
    transport: Transport, call: HttpCall
) -> tuple[list[str], ProviderError]:
    found: list[str] = []
    with pytest.raises(ProviderError) as raised:
        async for event in transport.stream_events(call):
            found.append(event.data.decode())
    return found, raised.value


# -- what goes well -------------------------------------------------------------------------------


async def test_json_goes_out_and_comes_back_with_headers() -> None:
    async with wired(answer({"b": "ü"}, x_request_id="r1")) as (wire, transport):
        value, headers = await transport.json(call(wire, headers={"authorization": "Bearer k"}))
        assert value == {"b": "ü"} and headers["x-request-id"] == "r1"
        (request,) = wire.requests
        assert (request.method, request.path, request.json) == ("POST", "/v1/chat", {"a": 1})
        assert request.headers["authorization"] == "Bearer k"
        assert request.headers["content-type"] == "application/json"


async def test_events_come_whole_however_the_packets_are_cut() -> None:
    text = 'data: {"a": "s\u00f8ster \U0001f642"}\r\n\r\n: ping\r\n\r\nevent: x\r\ndata: 2\r\n\r\n'
    data = text.encode()
    bytewise = stream(*[data[i : i + 1] for i in range(len(data))])
    async with wired(bytewise, stream(data * 3)) as (wire, transport):
        expected = ['{"a": "s\u00f8ster \U0001f642"}', "2"]
        assert await heard(transport, call(wire)) == expected
        assert await heard(transport, call(wire)) == expected * 3


async def test_a_huge_event_in_many_packets_is_one_event() -> None:
    packets = [b"data: ", *[b"y" * 50_000] * 40, b"\n\n"]
    async with wired(stream(*packets)) as (wire, transport):
        (event,) = await heard(transport, call(wire))
        assert len(event) == 2_000_000


async def test_gzip_is_unpacked() -> None:
    packed = gzip.compress(b"data: 1\n\ndata: 2\n\n")
    whole = answer(packed, content_encoding="gzip", content_type="text/event-stream")
    async with wired(whole, answer(b"not gzip", content_encoding="gzip")) as (wire, transport):
        assert await heard(transport, call(wire)) == ["1", "2"]
        with pytest.raises(BadResponseError, match="unpacked"):
            await transport.json(call(wire))


async def test_json_in_place_of_a_stream_is_one_event() -> None:
    async with wired(answer({"whole": True})) as (wire, transport):
        assert json.loads((await heard(transport, call(wire)))[0]) == {"whole": True}


async def test_lines_come_without_empty_ones() -> None:
    async with wired(stream(b'{"a":1}\r\n\n{"b"', b":2}\n", b"3")) as (wire, transport):
        lines = [line async for line in transport.stream_lines(call(wire))]
        assert lines == [b'{"a":1}', b'{"b":2}', b"3"]


async def test_the_answers_head_is_told() -> None:
    seen: list[Any] = []
    async with wired(events(1)) as (wire, transport):
        await heard(transport, call(wire, opened=lambda s, h: seen.append((s, dict(h)))))
    assert seen[0][0] == 200 and seen[0][1]["content-type"] == "text/event-stream"


# -- connections ----------------------------------------------------------------------------------


async def test_a_connection_serves_many_calls() -> None:
    async with wired(events(1)) as (wire, transport):
        for _ in range(5):
            await heard(transport, call(wire, end=b"[DONE]"))
        assert (len(wire.requests), wire.connections) == (5, 1)


async def test_a_server_that_never_ends_its_stream_is_left_after_the_end_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("polyspell.providers.transport._GRACE", 0.01)
    endless = [*events(1)[:-1], STALL]
    async with wired(endless) as (wire, transport):
        assert await heard(transport, call(wire, end=b"[DONE]")) == ["1", "[DONE]"]
        await asyncio.wait_for(wire.gone.wait(), 5)


async def test_a_break_after_the_end_mark_is_nobodys_concern() -> None:
    async with wired([*events(1)[:-1], RESET]) as (wire, transport):
        assert await heard(transport, call(wire, end=b"[DONE]")) == ["1", "[DONE]"]


async def test_cancelling_closes_the_connection() -> None:
    async with wired([*stream(b"data: 1\n\n")[:-1], STALL]) as (wire, transport):
        task = asyncio.create_task(heard(transport, call(wire)))
        await asyncio.wait_for(wire.asked.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(wire.gone.wait(), 5)


async def test_closing_the_stream_closes_the_connection() -> None:
    async with wired([*stream(b"data: 1\n\n")[:-1], STALL]) as (wire, transport):
        stream_of_events = transport.stream_events(call(wire))
        assert (await anext(stream_of_events)).data == b"1"
        await stream_of_events.aclose()
        await asyncio.wait_for(wire.gone.wait(), 5)


def test_one_transport_serves_loop_after_loop_and_leaves_nothing_open() -> None:
    transport = Transport()

    async def once() -> int:
        async with Wire(answer({"n": 1})) as wire:
            return (await transport.json(call(wire)))[0]["n"]

    assert [asyncio.run(once()) for _ in range(3)] == [1, 1, 1]
    assert transport._clients._pools == {}


async def test_many_calls_run_at_once_and_share_connections_afterwards() -> None:
    async with wired([0.02, answer({"n": 1})]) as (wire, transport):
        for _ in range(2):
            found = await asyncio.gather(*[transport.json(call(wire)) for _ in range(50)])
            assert len(found) == 50
        assert wire.connections <= 50


async def test_more_calls_than_connections_wait_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyspell.providers.clients.POOL_SIZE", 2)
    monkeypatch.setattr("polyspell.providers.clients.MAX_POOLS", 2)
    async with wired([0.001, answer({"n": 1})]) as (wire, transport):
        await asyncio.gather(*[transport.json(call(wire)) for _ in range(20)])
        assert len(wire.requests) == 20 and wire.connections == 4


# -- what goes wrong on the way -------------------------------------------------------------------


async def test_a_refused_connection_says_so_after_its_attempts() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    transport = Transport(backoff=FAST)
    with pytest.raises(TransportError, match="Cannot connect to acme") as raised:
        await transport.json(HttpCall("GET", url, provider="acme"))
    assert raised.value.retryable and "base_url" in raised.value.hint
    assert raised.value.context == {"provider": "acme", "url": url, "attempts": 3}
    await transport.aclose()


@pytest.mark.parametrize("url", ["nonsense", "ftp://x/", "http://[::", ""])
async def test_an_address_that_is_none_is_told_at_once(url: str) -> None:
    with pytest.raises(TransportError, match="cannot be sent") as raised:
        await Transport().json(HttpCall("GET", url))
    assert not raised.value.retryable and raised.value.context["attempts"] == 1


async def test_a_key_with_odd_characters_is_an_error_that_does_not_show_it() -> None:
    async with wired(answer({})) as (wire, transport):
        for key in ("sk-kumquat\u2026", "sk-kumquat\nx: y"):
            with pytest.raises(TransportError, match="cannot be sent") as raised:
                await transport.json(call(wire, headers={"authorization": key}))
            trace = "".join(traceback.format_exception(raised.value))
            assert "kumquat" not in str(raised.value.to_dict()) + trace
        assert wire.requests == []


@pytest.mark.parametrize("fault", [CLOSE, RESET])
async def test_a_break_before_anything_streamed_is_tried_again(fault: str) -> None:
    broken = [*stream()[:-1], fault]
    async with wired([fault], broken, events(1, done=False)) as (wire, transport):
        assert await heard(transport, call(wire)) == ["1"]
        assert len(wire.requests) == 3


@pytest.mark.parametrize("fault", [CLOSE, RESET])
async def test_what_streamed_is_kept_and_never_asked_for_again(fault: str) -> None:
    async with wired([*events(1, 2, done=False)[:-1], fault]) as (wire, transport):
        found, error = await heard_until_error(transport, call(wire))
        assert found == ["1", "2"] and len(wire.requests) == 1
        assert isinstance(error, TransportError) and "in the middle" in str(error)


async def test_a_stall_before_the_answer_is_a_time_out_that_is_not_repeated() -> None:
    limits = Timeout(first_byte=0.05)
    async with wired([STALL]) as (wire, transport):
        with pytest.raises(TransportError, match="sent nothing for"):
            await transport.json(call(wire, timeout=limits))
        assert len(wire.requests) == 1
        await asyncio.wait_for(wire.gone.wait(), 5)


async def test_a_stall_in_the_middle_is_a_time_out_and_what_came_is_kept() -> None:
    limits = Timeout(between=0.05, first_byte=30)
    async with wired([*stream(b"data: 1\n\n")[:-1], STALL]) as (wire, transport):
        found, error = await heard_until_error(transport, call(wire, timeout=limits))
        assert found == ["1"] and error.context["timeout"] == "silence"
        await asyncio.wait_for(wire.gone.wait(), 5)


async def test_an_answer_that_drips_meets_the_total() -> None:
    drip = [stream()[0], *[b"8\r\ndata: 1\n\r\n", 0.02] * 200]
    async with wired(drip) as (wire, transport):
        _, error = await heard_until_error(transport, call(wire, timeout=Timeout(total=0.1)))
        assert error.context["timeout"] == "total" and "within 0.1 s" in str(error)


async def test_a_slow_reader_is_no_stall() -> None:
    async with wired(events(1, 2)) as (wire, transport):
        limits, found = Timeout(between=0.05), []
        async for event in transport.stream_events(call(wire, timeout=limits)):
            found.append(event.data)
            await asyncio.sleep(0.1)
        assert found == [b"1", b"2", b"[DONE]"]


async def test_a_time_out_of_the_caller_is_the_callers() -> None:
    async with wired([STALL]) as (wire, transport):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.03):
                await transport.json(call(wire, timeout=Timeout(first_byte=30)))
        assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


# -- what the server answers ----------------------------------------------------------------------


async def test_a_failure_that_passes_is_tried_again() -> None:
    failures = [answer({"error": "x"}, status) for status in (500, 529)]
    async with wired(*failures, events(1, done=False)) as (wire, transport):
        assert await heard(transport, call(wire)) == ["1"]
        assert [r.json for r in wire.requests] == [{"a": 1}] * 3


async def test_a_failure_that_stays_is_raised_with_what_the_provider_said() -> None:
    overloaded = answer({"error": {"message": "Overloaded"}}, 529, request_id="r9")
    async with wired(overloaded) as (wire, transport):
        with pytest.raises(OverloadedError, match="acme: Overloaded") as raised:
            await heard(transport, call(wire))
        context = raised.value.context
        assert (context["status"], context["request_id"], context["attempts"]) == (529, "r9", 3)
        assert len(wire.requests) == 3


async def test_a_refused_key_is_not_tried_again() -> None:
    async with wired(answer({"error": {"message": "bad key"}}, 401)) as (wire, transport):
        with pytest.raises(AuthError, match="bad key"):
            await transport.json(call(wire))
        assert len(wire.requests) == 1


async def test_retry_after_is_honoured_in_seconds_and_as_a_date(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await real(0)

    now = datetime(2030, 1, 1, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=20), usegmt=True)
    seconds = answer({}, 429, retry_after="7")
    dated = answer({}, 503, retry_after=date, date=format_datetime(now, usegmt=True))
    async with wired(seconds, dated, answer({"n": 1})) as (wire, transport):
        monkeypatch.setattr("polyspell.providers.transport.asyncio.sleep", sleep)
        await transport.json(call(wire))
        waits = [pause for pause in pauses if pause]
        assert 7 <= waits[0] <= 7.7 and 20 <= waits[1] <= 22


async def test_a_long_wait_is_the_callers_to_decide() -> None:
    async with wired(answer({}, 429, retry_after="3600")) as (wire, transport):
        with pytest.raises(RateLimitError) as raised:
            await transport.json(call(wire))
        assert raised.value.retry_after == 3600 and len(wire.requests) == 1


async def test_no_attempt_is_made_that_the_total_forbids() -> None:
    async with wired(answer({}, 429, retry_after="5")) as (wire, transport):
        with pytest.raises(RateLimitError):
            await transport.json(call(wire, timeout=Timeout(total=2)))
        assert len(wire.requests) == 1


async def test_a_web_page_of_a_proxy_is_named_as_one() -> None:
    page = "<html><head><title>Sign in to the network</title></head></html>"
    ok = answer(page, content_type="text/html")
    async with wired(ok, answer(page, 502), answer(page, 502)) as (wire, transport):
        for ask in (heard(transport, call(wire)), transport.json(call(wire, retries=0))):
            with pytest.raises(ProviderError, match="Sign in to the network") as raised:
                await ask
            assert "proxy" in raised.value.hint


async def test_what_is_not_json_is_shown() -> None:
    async with wired(answer("{oops", content_type="application/json")) as (wire, transport):
        with pytest.raises(BadResponseError, match="not JSON") as raised:
            await transport.json(call(wire))
        assert raised.value.context["body"] == "{oops"


async def test_an_answer_without_an_event_is_tried_again_then_an_error() -> None:
    async with wired(stream(b"plain words"), stream(), stream(b": ping\n\n")) as (wire, transport):
        with pytest.raises(BadResponseError, match="no event"):
            await heard(transport, call(wire))
        assert len(wire.requests) == 3


async def test_a_redirect_within_the_origin_is_followed_and_keeps_the_request() -> None:
    moved = answer("", 307, location="/v2/chat")
    async with wired(moved, answer({"n": 1})) as (wire, transport):
        assert (await transport.json(call(wire, headers={"x-api-key": "k"})))[0] == {"n": 1}
        assert wire.requests[1].path == "/v2/chat" and wire.requests[1].json == {"a": 1}
        assert wire.requests[1].headers["x-api-key"] == "k"


async def test_a_redirect_to_another_host_never_gets_the_request() -> None:
    async with Wire(answer({})) as other:
        moved = answer("", 307, location=f"{other.url}/v1")
        async with wired(moved) as (wire, transport):
            with pytest.raises(BadResponseError, match=f"redirects to {other.url}"):
                await transport.json(call(wire, headers={"x-api-key": "secret"}))
        assert other.requests == [] and other.connections == 0


async def test_a_circle_of_redirects_ends() -> None:
    async with wired(answer("", 308, location="/v1/chat")) as (wire, transport):
        with pytest.raises(BadResponseError, match="redirects"):
            await transport.json(call(wire))
        assert len(wire.requests) == 4


async def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Wire(answer({"via": "proxy"})) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        transport = Transport()
        value, _ = await transport.json(HttpCall("GET", "http://api.invalid/v1/models"))
        await transport.aclose()
        assert value == {"via": "proxy"}
        assert proxy.requests[0].path == "http://api.invalid/v1/models"


async def test_a_head_that_is_no_http_is_a_broken_connection() -> None:
    async with wired([b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE]) as (wire, transport):
        with pytest.raises(TransportError, match="broke"):
            await transport.json(call(wire))


async def test_the_transport_costs_nothing_until_it_is_used() -> None:
    code = (
        "import sys; from polyspell.providers.transport import Transport; Transport();"
        "print('httpx2' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    assert (await process.communicate())[0].strip() == b"False"


async def test_a_body_with_a_promised_length_that_breaks_off_is_an_error() -> None:
    short = [head(200, content_length="100", content_type="application/json") + b'{"a"', CLOSE]
    async with wired(short) as (wire, transport):
        with pytest.raises(TransportError, match="in the middle"):
            await transport.json(call(wire))
        assert len(wire.requests) == 3
