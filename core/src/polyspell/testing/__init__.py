"""What tests of hosts, plugins and spells need: contract kits, mocks, scenarios, cassettes,
snapshots, matchers, fixtures.

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
    from polyspell.testing.cassette import Cassette as Cassette
    from polyspell.testing.compare import expect as expect
    from polyspell.testing.engine_contract import EngineContract as EngineContract
    from polyspell.testing.matchers import called as called
    from polyspell.testing.matchers import collect_events as collect_events
    from polyspell.testing.matchers import costs_at_most as costs_at_most
    from polyspell.testing.matchers import has_event as has_event
    from polyspell.testing.matchers import says as says
    from polyspell.testing.memory_contract import MemoryStoreContract as MemoryStoreContract
    from polyspell.testing.mocks import MockModel as MockModel
    from polyspell.testing.mocks import MockTool as MockTool
    from polyspell.testing.mocks import mock_model as mock_model
    from polyspell.testing.provider_contract import ProviderContract as ProviderContract
    from polyspell.testing.scenario import Scenario as Scenario
    from polyspell.testing.scenario import load_scenarios as load_scenarios
    from polyspell.testing.snapshot import Snapshots as Snapshots
    from polyspell.testing.tool_contract import ToolContract as ToolContract

_HOMES = {
    "Cassette": "cassette",
    "MockModel": "mocks",
    "MockTool": "mocks",
    "Scenario": "scenario",
    "Snapshots": "snapshot",
    "called": "matchers",
    "costs_at_most": "matchers",
    "expect": "compare",
    "load_scenarios": "scenario",
    "mock_model": "mocks",
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
