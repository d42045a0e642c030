"""A suspended spell as bytes: put away while it waits for the host, resumed in another process.

The bytes carry a program's whole state, and whoever can write them can do what the program may. So
they are sealed with a key of the host (HMAC-SHA256), and nothing of them is read before the seal
has been checked. They are not encrypted.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cache
from importlib.metadata import version
from typing import Protocol

import msgspec
from polyspell.errors import ScriptError, ValidationError
from polyspell.scripting.values import decode_own, encode_own, pack_big_ints

from polyspell_python.desk import Waiting
from polyspell_python.sites import Site, Sites

MIN_KEY = 16
_PURPOSE = b"polyspell-python snapshot 1\0"


class Suspendable(Protocol):
    """What a context can do beside the protocol of contexts, where it has the feature "snapshots".

    The engine's `restore(sealed, key, options, port)` is the inverse: it gives a context in which
    the same tasks wait, after it has asked the port again for every call that they wait for.
    """

    @property
    def tasks(self) -> tuple[int, ...]:
        """The tasks that wait."""
        ...

    def dump(self, key: bytes) -> bytes:
        """All of the context, sealed with a key of at least 16 bytes. The context stays usable.

        Raises:
            ScriptError: it has not started, or has ended.
        """
        ...


class Snapshot(msgspec.Struct):
    """A context between two turns of its worker."""

    made_by: str
    dump: bytes
    idle: list[int]
    servers: int
    tasks: list[int]
    calls: int
    waiting: dict[int, Waiting]
    given: list[int]
    places: list[Site]
    sources: dict[str, str]
    modules: dict[str, tuple[str, str]]
    functions: dict[str, list[str]]


@cache
def made_by() -> str:
    """What a snapshot has to be made by, to be read here: Monty's dumps are a version's own."""
    return f"polyspell-python {version('polyspell-python')}, Monty {version('pydantic-monty')}"


def seal(snapshot: Snapshot, key: bytes) -> bytes:
    """A snapshot as bytes that only the key's owner can have written."""
    for call in snapshot.waiting.values():
        call.arguments = pack_big_ints(call.arguments)
    content = msgspec.msgpack.encode(snapshot, enc_hook=encode_own)
    return _seal_of(content, key) + content


def unseal(sealed: bytes, key: bytes) -> Snapshot:
    """The snapshot in sealed bytes.

    Raises:
        ValidationError: they were not sealed with this key, or were changed since.
        ScriptError: another version made them.
    """
    mark, content = sealed[:32], sealed[32:]
    if not hmac.compare_digest(mark, _seal_of(content, key)):
        raise ValidationError(
            "The snapshot's seal is broken.", hint="It needs the key that it was made with."
        )
    decoder = msgspec.msgpack.Decoder(Snapshot, ext_hook=decode_own)
    snapshot: Snapshot = decoder.decode(content)
    if snapshot.made_by != made_by():
        raise ScriptError(
            f"The snapshot was made by {snapshot.made_by}, this is {made_by()}.",
            code="snapshot_version",
            hint="Resume it with the versions that made it.",
        )
    return snapshot


def _seal_of(content: bytes, key: bytes) -> bytes:
    if len(key) < MIN_KEY:
        raise ValidationError(f"A key for snapshots has at least {MIN_KEY} bytes.")
    return hmac.new(key, _PURPOSE + content, hashlib.sha256).digest()


def sites_from(snapshot: Snapshot) -> Sites:
    """The places of the scripts."""
    sites = Sites()
    sites.places, sites.sources = snapshot.places, snapshot.sources
    sites.restart(max((place.scope for place in snapshot.places), default=0))
    return sites
