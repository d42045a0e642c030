"""What tests of hosts, plugins and spells need: fixtures, matchers, contract kits."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyspell.testing.engine_contract import EngineContract as EngineContract

_HOMES = {"EngineContract": "polyspell.testing.engine_contract"}


def __getattr__(name: str) -> Any:
    """Import each kit when it is asked for: they need pytest and hypothesis."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
