"""What tests of hosts, plugins and spells need: contract kits, matchers, fixtures.

    from polyspell.testing import ToolContract

    class TestDice(ToolContract):
        tool = dice
        examples = [({"sides": 6}, lambda value: 1 <= value <= 6)]

The fixtures are in `polyspell.testing.plugin`, which pytest finds by itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyspell.testing.engine_contract import EngineContract as EngineContract
    from polyspell.testing.matchers import collect_events as collect_events
    from polyspell.testing.matchers import has_event as has_event
    from polyspell.testing.matchers import says as says
    from polyspell.testing.memory_contract import MemoryStoreContract as MemoryStoreContract
    from polyspell.testing.provider_contract import ProviderContract as ProviderContract
    from polyspell.testing.tool_contract import ToolContract as ToolContract

_HOMES = {
    "EngineContract": "engine_contract",
    "MemoryStoreContract": "memory_contract",
    "ProviderContract": "provider_contract",
    "ToolContract": "tool_contract",
    "collect_events": "matchers",
    "has_event": "matchers",
    "says": "matchers",
}


def __getattr__(name: str) -> Any:
    """Import each kit when it is asked for: they need pytest, one of them hypothesis."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"polyspell.testing.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
