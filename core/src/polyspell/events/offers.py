"""Which running programs offer their events: each leaves a note in the user's data folder."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from polyspell.errors import NotFoundError
from polyspell.events.bus import EventBus
from polyspell.events.serve import EventServer
from polyspell.events.span import new_id

_LONGEST = 100  # bytes of a socket's path: systems allow 104 to 108


class Offer(msgspec.Struct):
    """A program that offers its events: where, and the token of its port."""

    address: str
    pid: int
    token: str = ""
    command: str = ""
    since: float = 0.0


@contextlib.asynccontextmanager
async def offered(bus: EventBus, address: str, folder: Path) -> AsyncIterator[EventServer]:
    """Offer events while the context lasts, and leave a note of it in a folder of notes.

    Args:
        bus: whose events.
        address: a port or a socket; "auto" is a socket of its own beside the note, or a free port
            where there can be none.
        folder: where the notes are (made, for its owner alone).

    Raises:
        ConfigError: the address is taken.
    """
    if address == "auto":
        address = _own(folder)
    _make(folder)
    async with EventServer(bus, address) as server:
        note = folder / f"{os.getpid()}-{new_id()}.json"
        _write(note, server)
        try:
            yield server
        finally:
            note.unlink(missing_ok=True)


def _own(folder: Path) -> str:
    path = str(folder / f"{os.getpid()}-{new_id()}.sock")
    possible = hasattr(socket, "AF_UNIX") and len(os.fsencode(path)) <= _LONGEST
    return path if possible else "0"


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _write(note: Path, server: EventServer) -> None:
    place = server.address
    where = str(place) if place.path is None else os.path.abspath(place.path)
    token = server.token if place.path is None else ""
    offer = Offer(where, os.getpid(), token, " ".join(sys.argv[1:])[:200], time.time())
    descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(offer))


def offers(folder: Path) -> list[Offer]:
    """The programs that offer events now, the latest first; notes of those that are gone are
    removed."""
    found = []
    for note in folder.glob("*.json"):
        try:
            offer = msgspec.json.decode(note.read_bytes(), type=Offer)
        except (OSError, msgspec.DecodeError):
            continue
        if _alive(offer.pid):
            found.append(offer)
        else:
            note.unlink(missing_ok=True)
            if Path(offer.address).parent == folder.absolute():  # a socket of its own
                Path(offer.address).unlink(missing_ok=True)
    return sorted(found, key=lambda offer: -offer.since)


def choose(folder: Path, address: str | None) -> Offer:
    """The offer at an address, with its token where there is a note of it; None: the latest.

    Raises:
        NotFoundError: no address is given, and nobody offers events.
    """
    known = offers(folder)
    if address is None:
        if not known:
            raise NotFoundError(
                "No running program offers its events.",
                hint="Start one with `polyspell run --events auto ...`.",
            )
        return known[0]
    same = [o for o in known if address in (o.address, o.address.rpartition(":")[2], str(o.pid))]
    return (
        same[0] if same else Offer(str(Path(address).resolve()) if "/" in address else address, 0)
    )


def _alive(pid: int) -> bool:
    if os.name == "nt":  # there a signal, even 0, ends the program
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
