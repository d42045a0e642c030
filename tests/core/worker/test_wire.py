from __future__ import annotations

import asyncio
import socket
import struct
import threading
from typing import Any

import msgspec
import pytest
from polyspell.scripting.worker import (
    Channel,
    Codec,
    WorkerExited,
    WorkerPool,
    WorkerProtocolError,
)
from polyspell.scripting.worker.frames import PLAIN, SYSTEM, FrameReader, append

MESSAGES = [
    None,
    True,
    -1,
    2**63,
    1.5,
    "\0 é 🧙",
    b"\xff",
    [1, [2]],
    {"a": {"b": []}},
    "x" * 200_000,
]


@pytest.mark.parametrize("step", [1, 3, 1000, 10**6])
def test_frames_come_out_whole_however_the_stream_is_cut(step: int) -> None:
    out = bytearray()
    for message in MESSAGES:
        append(out, message, PLAIN, 10**6)
    reader, seen = FrameReader(10**6), []
    while out:
        space = reader.space()[:step]
        count = min(len(space), len(out))
        space[:count], out = out[:count], out[count:]
        seen += [PLAIN.decode(frame) for _, frame in reader.feed(count)]
    assert seen == MESSAGES
    assert len(reader.space()) <= 64 * 1024, "room for a large frame is given back"


def test_what_cannot_be_encoded_leaves_the_stream_as_it_was() -> None:
    out = bytearray()
    append(out, 1, PLAIN, 100)
    before = bytes(out)
    for bad, error in ((object(), TypeError), ("x" * 101, WorkerProtocolError)):
        with pytest.raises(error):
            append(out, [bad], PLAIN, 100)
        assert out == before


def test_a_channel_that_ends_says_so_and_flushes_before_it_waits() -> None:
    left, right = socket.socketpair()
    with left, right:
        channel = Channel(left)
        channel.post("first")
        channel.send("second")
        peer = Channel(right)
        assert peer.receive_all() == ["first", "second"]
        peer.post("third")
        threading.Thread(target=lambda: (channel.receive(), channel.send("fourth"))).start()
        assert peer.receive() == "fourth"
        right.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            channel.receive()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
async def test_a_message_comes_back_as_it_went(pool: WorkerPool, message: Any) -> None:
    worker = await pool.start("worker_entries:echo")
    worker.send(message)
    assert await worker.receive() == message
    await worker.kill()


async def test_hooks_of_msgspec_are_passed_through(pool: WorkerPool) -> None:
    def encode(value: Any) -> Any:
        return msgspec.msgpack.Ext(7, str(value.real).encode())

    codec = Codec(enc_hook=encode, ext_hook=lambda code, data: complex(float(bytes(data))))
    worker = await pool.start("worker_entries:echo", codec=codec)
    worker.send({"z": 2 + 0j})
    assert await worker.receive() == {"z": 2 + 0j}
    await worker.kill()


GARBAGE = [
    struct.pack("<I", 3) + b"\xc1\xc1\xc1",  # a byte that msgpack never uses
    struct.pack("<I", 2) + b"\x01\x02",  # two values in one frame
    struct.pack("<I", 40_000) + b"\x91" * 40_000,  # nested without end
    struct.pack("<I", 0x7FFF_FFFF),  # two gigabytes announced
    struct.pack("<I", 0x8000_0002) + b"\x81\xc0",  # a broken frame of the machinery
    struct.pack("<I", 0),  # nothing
]


@pytest.mark.parametrize("data", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_on_the_wire_kills_the_worker_and_spares_the_rest(
    pool: WorkerPool, data: bytes
) -> None:
    good = await pool.start("worker_entries:echo")
    bad = await pool.start("worker_entries:raw", data)
    with pytest.raises(WorkerExited):
        await bad.receive()
    exit = await bad.wait()
    assert exit.reason == "protocol"
    assert "frame cannot be read" in exit.detail or "larger than the limit" in exit.detail
    good.send("still here")
    assert await good.receive() == "still here"
    await good.kill()


async def test_what_came_before_the_garbage_is_delivered(pool: WorkerPool) -> None:
    out = bytearray()
    append(out, "fine", PLAIN, 100)
    worker = await pool.start("worker_entries:raw", bytes(out) + GARBAGE[0])
    assert [message async for message in worker] == ["fine"]


async def test_a_forged_hello_changes_nothing(pool: WorkerPool) -> None:
    out = bytearray()
    from polyspell.scripting.worker.records import Hello

    worker = await pool.start("worker_entries:echo")
    append(out, Hello(1, worker.hardening), SYSTEM, 1000)
    await worker.kill()
    worker = await pool.start("worker_entries:raw", bytes(out) + b"\x01\0\0\0\x05")
    assert await worker.receive() == 5
    assert worker.pid != 1
    await worker.kill()


async def test_a_worker_that_hangs_up_and_runs_on_is_killed(pool: WorkerPool) -> None:
    worker = await pool.start("worker_entries:hang_up")
    exit = await worker.wait()
    assert exit.reason == "protocol"
    assert "ran on" in exit.detail


async def test_oversized_frames_are_refused_on_the_side_that_sends_them() -> None:
    async with WorkerPool(max_frame=1000) as pool:
        worker = await pool.start("worker_entries:large", 1001)
        with pytest.raises(
            WorkerProtocolError, match="1003 bytes is larger than the limit of 1000"
        ):
            worker.send(bytes(1000))
        assert "larger than the limit of 1000 bytes" in await worker.receive()
        assert (await worker.wait()).reason == "finished"


async def test_a_flood_waits_for_a_host_that_reads_slowly(pool: WorkerPool) -> None:
    worker = await pool.start("worker_entries:flood", 300_000)
    held = []
    while len(held) < 5 or len(set(held[-5:])) > 1 or not held[-1]:  # until no more comes
        await asyncio.sleep(0.02)
        held.append(len(worker._inbox))
    assert 1000 <= held[-1] < 30_000, "a thousand, and what one read brings"
    assert [message async for message in worker] == list(range(300_000))
    assert (await worker.wait()).reason == "finished"


async def test_a_worker_that_does_not_read_is_killed_before_the_host_chokes() -> None:
    async with WorkerPool(max_frame=100_000) as pool:
        worker = await pool.start("worker_entries:deaf")
        for _ in range(100):
            if worker.exit:
                break
            worker.send(bytes(90_000))
            await asyncio.sleep(0)
        exit = await worker.wait()
    assert exit.reason == "protocol"
    assert "does not read" in exit.detail


async def test_a_handler_of_the_host_that_raises_ends_the_worker_and_is_told() -> None:
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))

    def broken(message: Any) -> None:
        raise KeyError(message)

    async with WorkerPool(["worker_entries"]) as pool:
        worker = await pool.start("worker_entries:spin", on_message=broken)
        exit = await worker.wait()
    assert (exit.reason, exit.detail) == ("protocol", "'spinning'")
    assert isinstance(told[0]["exception"], KeyError)
