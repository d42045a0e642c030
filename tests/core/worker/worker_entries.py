"""What the workers of these tests run. Imported by the worker processes, not by the tests."""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
import time
from typing import Any

from polyspell.scripting.worker import Channel

WARM: list[str] = []


def warm() -> None:
    WARM.append("warmed")


def echo(channel: Channel, options: Any) -> None:
    while True:
        channel.send(channel.receive())


def show(channel: Channel, options: Any) -> None:
    """Send the options back, and what the process looks like from inside."""
    channel.send(
        {
            "options": options,
            "warm": WARM,
            "environment": dict(os.environ),
            "random": random.random(),
            "modules": [name for name in ("asyncio", "subprocess") if name in sys.modules],
        }
    )


def attempt(channel: Channel, options: Any) -> None:
    """Try what a locked-in worker must not do, each by other calls than the machinery's probe."""
    attempts = {
        "open": lambda: open("/etc/hostname").read(),  # noqa: SIM115
        "write": lambda: open("written-by-a-worker", "w"),  # noqa: SIM115
        "list": lambda: os.listdir("/"),
        "stat": lambda: os.stat("/etc"),
        "socket": lambda: socket.socket().connect(("127.0.0.1", options["port"])),
        "unix": lambda: socket.socketpair(),
        "fork": os.fork,
        "exec": lambda: os.execv(sys.executable, [sys.executable]),
        "thread": start_thread,
        "kill": lambda: os.kill(os.getppid(), signal.SIGTERM),
        "memory": lambda: bytearray(400_000_000),
        "import": lambda: __import__("wave"),
    }
    channel.send({name: outcome(call) for name, call in attempts.items()})


def start_thread() -> None:
    import _thread

    _thread.start_new_thread(print, ())


def outcome(call: Any) -> str:
    try:
        call()
    except BaseException as error:
        return type(error).__name__
    return "open"


def spin(channel: Channel, options: Any) -> None:
    channel.send("spinning")
    while True:
        pass


def spin_against_signals(channel: Channel, options: Any) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    spin(channel, options)


def leave(channel: Channel, options: Any) -> None:
    os._exit(options)


def fail(channel: Channel, options: Any) -> None:
    raise ValueError("no such spell")


def devour(channel: Channel, options: Any) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(1_000_000))


def raw(channel: Channel, options: Any) -> None:
    """Write raw bytes where the channel writes, then go on as if nothing was wrong."""
    channel._sock.sendall(options)
    time.sleep(60)


def hang_up(channel: Channel, options: Any) -> None:
    channel._sock.shutdown(socket.SHUT_RDWR)
    time.sleep(60)


def deaf(channel: Channel, options: Any) -> None:
    channel.receive()
    time.sleep(60)


def flood(channel: Channel, options: Any) -> None:
    for number in range(options):
        channel.post(number)


def large(channel: Channel, options: Any) -> None:
    try:
        channel.send(bytes(options))
    except Exception as error:
        channel.send(f"{type(error).__name__}: {error}")
