"""Kinds of hooks: what plugins bring to be used by name, with options.

host.hooks.use("cache", ttl=60)          # Python
hook.use("cache", {ttl = 60})            # a script, for its own work
[hooks.cache]                            # polyspell.toml
ttl = 60
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from polyspell.errors import ConfigError
from polyspell.events.bus import Event, Subscription
from polyspell.hooks.chain import Hook

if TYPE_CHECKING:
    from polyspell.host import Host


class NoOptions(msgspec.Struct, forbid_unknown_fields=True):
    """For a kind without options."""


class HookKind:
    """A kind of hook, in use: hooks around points, and listeners of events by pattern. Listening
    costs less than wrapping; what only watches should listen.

    Subclass it and set `Options`, a msgspec Struct that forbids unknown fields. `close`, which may
    be async, undoes what `__init__` did.
    """

    Options: ClassVar[type[msgspec.Struct]] = NoOptions
    files: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Options that name a file, with the grants that a script needs for it: `{"path":
    ["fs.write"]}`."""
    hooks: Sequence[Hook] = ()
    listeners: Mapping[str, Callable[[Event], Any]] = {}

    def __init__(self, host: Host, options: Any) -> None:
        self.host = host
        self.options = options

    @classmethod
    def grants(cls, options: Any) -> Sequence[str] | None:
        """The grants that a script needs to use it with these options, besides those of `files`:
        none if it reaches nothing outside the script's own work. None stands for `hook:NAME`."""
        return None

    def stats(self) -> dict[str, Any]:
        """Numbers of what it did, as plain data."""
        return {}

    def close(self) -> Any:
        """Free what it holds. May give an awaitable."""
        return None


class Use(msgspec.Struct):
    """A kind in use: its name, the names of its hooks, its listeners."""

    name: str
    kind: HookKind
    hooks: list[str]
    listening: list[Subscription]

    def close(self) -> Any:
        """Listen no more and free what it holds; what that gives may be awaited."""
        for subscription in self.listening:
            subscription.close()
        return self.kind.close()


def read_options(kind: str, cls: type[HookKind], options: Mapping[str, Any]) -> Any:
    """Options as the struct of a kind.

    Raises:
        ConfigError: one is unknown or does not fit; names it, and what there is.
    """
    try:
        return msgspec.convert(dict(options), cls.Options)
    except msgspec.ValidationError as error:
        known = ", ".join(f.encode_name for f in msgspec.structs.fields(cls.Options))
        raise ConfigError(
            f"An option of the hook {kind!r} is wrong: {error}.",
            hint=f"It takes {known}." if known else "It takes none.",
        ) from None
