"""Events over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import ConfigError, NotFoundError, PermissionDenied, TransportError
from polyspell.events import Event, EventBus
from polyspell.events.address import Address
from polyspell.events.offers import choose, offered, offers
from polyspell.events.remote import attach, publish
from polyspell.events.serve import EventServer


@contextlib.asynccontextmanager
async def reading(server: EventServer, **options: object) -> AsyncIterator[list[Event]]:
    """What a reader gets, while the context lasts; it is attached when the context begins."""
    seen: list[Event] = []

    async def read() -> None:
        async for event in attach(server.address, token=server.token, **options):  # type: ignore[arg-type]
            seen.append(event)

    task = asyncio.create_task(read())
    await until(lambda: bool(server._clients) or task.done())
    await asyncio.sleep(0.05)
    try:
        yield seen
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture(params=["port", "socket"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "0" if request.param == "port" else str(tmp_path / "x.sock")


async def test_a_reader_gets_what_it_asked_for(address: str) -> None:
    bus = EventBus()
    async with (
        EventServer(bus, address) as server,
        reading(server, pattern=["tool.*", "a"], where=["n>1"]) as seen,
    ):
        for name, n in (("tool.x", 1), ("tool.x", 2), ("other", 3), ("a", 4)):
            bus.emit(name, {"n": n, "text": "æ\n\n"})
        await until(lambda: len(seen) == 2)
        assert [(e.name, e.data["n"], e.data["text"]) for e in seen] == [
            ("tool.x", 2, "æ\n\n"),
            ("a", 4, "æ\n\n"),
        ]


async def test_events_are_published_from_outside(address: str) -> None:
    bus, heard = EventBus(), []
    bus.on("**", heard.append)
    async with EventServer(bus, address) as server:
        events = [Event("old", {"n": n}, float(n), run_id="r") for n in range(3)]
        assert await publish(server.address, events, token=server.token) == 3
    assert heard == events


async def test_a_port_demands_its_token_and_is_on_this_machine_alone() -> None:
    async with EventServer(EventBus(), "0") as server:
        assert server.address.host == "127.0.0.1"
        for token in (None, "wrong", server.token[:-1]):
            with pytest.raises(PermissionDenied):
                await publish(server.address, [], token=token)
            with pytest.raises(PermissionDenied):
                await anext(attach(server.address, token=token))


async def test_a_socket_is_for_its_owner_alone_and_goes_with_its_server(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    async with EventServer(EventBus(), str(path)):
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(ConfigError, match="cannot be offered"):
            await EventServer(EventBus(), str(path)).start()
        await asyncio.sleep(0.05)  # its look at who is there is seen through
    assert not path.exists()


async def test_a_socket_that_was_left_behind_is_taken_over(tmp_path: Path) -> None:
    import socket

    path = tmp_path / "x.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with EventServer(EventBus(), str(path)) as server:
        assert await publish(server.address, []) == 0


async def test_a_file_that_is_no_socket_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    path.write_text("mine")
    with pytest.raises(ConfigError):
        await EventServer(EventBus(), str(path)).start()
    assert path.read_text() == "mine"


async def test_who_comes_back_gets_what_was_missed_as_far_as_it_is_kept() -> None:
    bus = EventBus()
    async with EventServer(bus, "0", keep=5) as server:
        for n in range(8):
            bus.emit("tick", {"n": n})
        async with reading(server, last=6) as seen:
            await until(lambda: len(seen) == 2)
            assert [e.data["n"] for e in seen] == [6, 7]
        async with reading(server, last=0) as seen:
            await until(lambda: len(seen) == 5)
            assert [e.data["n"] for e in seen] == [3, 4, 5, 6, 7]


async def test_a_reader_that_does_not_read_slows_down_nobody() -> None:
    bus = EventBus()
    async with EventServer(bus, "0", keep=20) as server:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.address.port, limit=2**16
        )
        writer.write(f"GET /events?token={server.token} HTTP/1.1\r\n\r\n".encode())
        await until(lambda: bool(server._clients))
        async with reading(server) as seen:
            for n in range(300):
                bus.emit("tick", {"n": n, "text": "x" * 100_000})
                await asyncio.sleep(0)
            await until(lambda: seen and seen[-1].data["n"] == 299)
        data = b""
        while b"events were missed" not in data:
            data += await asyncio.wait_for(reader.read(2**16), 10)
        assert b"data: " in data
        writer.close()


async def test_a_stream_ends_with_its_server() -> None:
    bus = EventBus()
    server = await EventServer(bus, "0").start()

    async def read() -> list[str]:
        return [event.name async for event in attach(server.address, token=server.token)]

    task = asyncio.create_task(read())
    await until(lambda: bool(server._clients))
    await asyncio.sleep(0.05)
    bus.emit("last")
    await server.aclose()
    assert await asyncio.wait_for(task, 10) == ["last"]
    with pytest.raises(TransportError):
        await publish(server.address, [], token=server.token)


@pytest.mark.parametrize(
    "request_text",
    ["nonsense\r\n\r\n", "GET\r\n\r\n", "GET /events HTTP/1.1\r\nbad\r\n\r\n", "x" * 70_000, ""],
)
async def test_what_is_no_request_harms_nobody(request_text: str) -> None:
    async with EventServer(EventBus(), "0") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.address.port)
        writer.write(request_text.encode())
        if not request_text:
            writer.write_eof()
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        assert await publish(server.address, [], token=server.token) == 0


async def test_wrong_requests_say_what_is_wrong() -> None:
    async with EventServer(EventBus(), "0") as server:
        with pytest.raises(ConfigError, match="no filter"):
            await anext(attach(server.address, token=server.token, where=["="]))
        reader, writer = await asyncio.open_connection("127.0.0.1", server.address.port)
        writer.write(f"GET /other?token={server.token} HTTP/1.1\r\n\r\n".encode())
        assert b"404 Not Found" in await reader.read()
        writer.close()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8765", Address(None, "127.0.0.1", 8765)),
        (":8765", Address(None, "127.0.0.1", 8765)),
        ("0.0.0.0:1", Address(None, "0.0.0.0", 1)),
        ("[::1]:1", Address(None, "::1", 1)),
        ("./x", Address("x")),
        ("x.sock", Address("x.sock")),
    ],
)
def test_an_address_is_a_port_or_a_path(text: str, address: Address) -> None:
    assert Address.parse(text) == address


@pytest.mark.parametrize("text", ["", "abc", "1:2:x", "99999"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Address.parse(text)


async def test_who_offers_events_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "e"
    with pytest.raises(NotFoundError):
        choose(folder, None)
    async with offered(EventBus(), "auto", folder), offered(EventBus(), "0", folder) as second:
        port = str(second.address.port)
        assert len(offers(folder)) == 2
        assert choose(folder, None).token == second.token
        assert choose(folder, port).token == second.token
        assert choose(folder, "1").token == ""
        assert folder.stat().st_mode & 0o777 == 0o700
        assert all(note.stat().st_mode & 0o777 == 0o600 for note in folder.glob("*.json"))
    assert list(folder.iterdir()) == []


async def test_where_a_path_is_too_long_for_a_socket_it_is_a_port(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    async with offered(EventBus(), "auto", folder) as server:
        assert server.address.path is None
        assert choose(folder, None).token == server.token
    with pytest.raises(ConfigError, match="too long"):
        await EventServer(EventBus(), str(folder / "x.sock")).start()


def test_notes_of_programs_that_are_gone_are_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    socket = tmp_path / "x.sock"
    socket.write_text("")
    (tmp_path / "x.json").write_text(f'{{"address": "{socket}", "pid": {ended.pid}}}')
    (tmp_path / "y.json").write_text(f'{{"address": "2", "pid": {os.getpid()}}}')
    assert [offer.address for offer in offers(tmp_path)] == ["2"]
    assert [p.name for p in tmp_path.iterdir()] == ["y.json"]
