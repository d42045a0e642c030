"""What the core itself brings, by the same door as everybody else."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from polyspell.errors import PolyspellError
from polyspell.hookspecs import OutputParserInfo, ProviderInfo, hookimpl

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from polyspell.host import Host

_PARSERS = {
    "json": "JsonParser", "yaml": "YamlParser", "markdown": "MarkdownParser", "code": "CodeParser",
    "list": "ListParser", "key_value": "KeyValueParser", "enum": "EnumParser",
    "regex": "RegexParser", "csv": "CsvParser", "xml": "XmlParser", "text": "TextParser",
    "auto": "AutoParser",
}  # fmt: skip
_serving: WeakKeyDictionary[Host, AsyncExitStack] = WeakKeyDictionary()


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """Routes."""
    return [
        ProviderInfo(
            name="route",
            load="polyspell.providers.routes:RouteProvider",
            description="Names for several models: one after the other, or in turn",
        )
    ]


@hookimpl
def polyspell_output_parsers() -> list[OutputParserInfo]:
    """The parsers of `polyspell.outputs`."""
    return [
        OutputParserInfo(name=name, load=f"polyspell.outputs.parsers:{cls}")
        for name, cls in _PARSERS.items()
    ]


@hookimpl
async def polyspell_startup(host: Host) -> None:
    """Offer and record events, where `[events]` asks for it."""
    if table := host.config.table("events"):
        from polyspell.events.configured import serve_events

        folder = host.config.data_dir / "events"
        try:
            _serving[host] = await serve_events(host.events, table, folder)
        except PolyspellError as error:  # it says so, and the host works without
            logging.getLogger("polyspell.events").warning("[events] is not done: %s", error)


@hookimpl
async def polyspell_shutdown(host: Host) -> None:
    """Offer and record no more."""
    if serving := _serving.pop(host, None):
        await serving.aclose()
