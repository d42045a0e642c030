"""Where a host offers its events: a port, or a Unix socket."""

from __future__ import annotations

from pathlib import Path

import msgspec

from polyspell.errors import ConfigError


class Address(msgspec.Struct, frozen=True):
    """A Unix socket (`path`), or a `host` and a `port` (0: one that is free)."""

    path: str | None = None
    host: str = "127.0.0.1"
    port: int = 0

    @staticmethod
    def parse(text: str) -> Address:
        """`8765` and `:8765` are ports of this machine alone; `0.0.0.0:8765` is a port for others
        too; what has a slash or ends in .sock is a Unix socket.

        Raises:
            ConfigError: it is none of these.
        """
        if "/" in text or text.endswith(".sock"):
            return Address(str(Path(text).expanduser()))
        host, _, port = text.rpartition(":")
        if not port.isdigit() or int(port) > 65535:
            raise ConfigError(
                f"{text!r} is no place for events.",
                hint="Give a port (8765), HOST:PORT, or the path of a socket (./run.sock).",
            )
        return Address(None, host.strip("[]") or "127.0.0.1", int(port))

    def __str__(self) -> str:
        if self.path is not None:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
