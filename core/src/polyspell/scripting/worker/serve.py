"""A worker process, from its first frame to its end. Runs in the child, after fork or spawn."""

from __future__ import annotations

import gc
import os
import pkgutil
import signal
import socket
import traceback
from typing import NoReturn

from polyspell.errors import PolyspellError

from .channel import Channel
from .harden import harden
from .records import Failure, Hello, Spec


def main(wire: int, parent: int, warm: list[str]) -> NoReturn:
    """Be one worker that was spawned and not forked. The bootstrap calls this."""
    warm_up(warm)  # where it fails, the import of the entry says so again
    serve(wire, parent)


def warm_up(names: list[str]) -> str:
    """Import each `module`, call each `module:function` once; "", or why it failed."""
    try:
        raise Warning
    except Warning as error:
        _traceback(error)  # loads modules that are out of reach for a locked-in process
    for name in names:
        try:
            thing = pkgutil.resolve_name(name)
            if ":" in name:
                thing()
        except Exception:
            return f"Warming {name!r} failed.\n{traceback.format_exc()}"
    return ""


def serve(wire: int, parent: int) -> NoReturn:
    """Read what to run from the socket `wire`, lock in, say hello, run it, exit.

    The entry is imported before and called after the process is locked in.
    """
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the host decides when a worker ends
        channel = Channel(socket.socket(fileno=wire), on_end=lambda: os._exit(0))
        try:
            _run(channel, wire, parent)
            code = 0
        except BaseException as error:
            _report(channel, error)
    finally:
        os._exit(code)  # whatever happens, a fork must not return into its template


def _run(channel: Channel, wire: int, parent: int) -> None:
    spec = channel.receive()
    assert isinstance(spec, Spec)
    channel.max_frame = spec.max_frame
    entry = pkgutil.resolve_name(spec.entry)
    report = harden(wire, parent, spec.limits, spec.policy)
    gc.enable()
    channel.send_system(Hello(os.getpid(), report))
    entry(channel, spec.options)
    channel.flush()


def _report(channel: Channel, error: BaseException) -> None:
    data = error.to_dict() if isinstance(error, PolyspellError) else None
    channel.send_system(Failure(type(error).__name__, _traceback(error)[-8000:], data))


def _traceback(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # an import that it makes on the way
        return f"{type(error).__name__}: {error}"


def nothing(channel: Channel, options: object) -> None:
    """An entry that returns at once: enough to learn how a worker would be locked in."""
