"""What `[events]` of polyspell.toml asks for, in every host that opens.

[events]
offer = "auto"                   # or a port, or the path of a socket: for `polyspell events`
record = "events.jsonl"          # or a .db; below the working folder
pattern = "**"                   # what is recorded
retention = {bytes = 10_000_000, seconds = 604_800}
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from polyspell.errors import ConfigError
from polyspell.events.bus import EventBus
from polyspell.events.files import Retention
from polyspell.events.offers import offered
from polyspell.events.record import Recorder


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[events]`."""

    offer: str | int | None = None
    record: str | None = None
    pattern: str = "**"
    retention: Retention | None = None


async def serve_events(
    bus: EventBus, table: Mapping[str, Any], folder: Path
) -> contextlib.AsyncExitStack:
    """Do what the table asks for; closing what is given ends it.

    Args:
        bus: whose events.
        table: `[events]`.
        folder: where notes of offers are kept.

    Raises:
        ConfigError: a setting is wrong, or a place is taken.
    """
    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"[events]: {error}.", hint="It takes offer, record, pattern and "
                          "retention = {bytes, seconds, files}.") from error  # fmt: skip
    async with contextlib.AsyncExitStack() as stack:
        if settings.record is not None:
            recorder = Recorder(
                bus, settings.record, settings.pattern, retention=settings.retention
            )
            stack.enter_context(recorder)
        if settings.offer is not None:
            await stack.enter_async_context(offered(bus, str(settings.offer), folder))
        return stack.pop_all()
