"""Fields that nobody knows, kept."""

from __future__ import annotations

from typing import Any


def rest(given: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The fields that are not known and say something."""
    return {key: value for key, value in given.items() if key not in known and value is not None}


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    """Add a piece to those before it: texts and lists grow, tables merge, the rest is replaced."""
    for key, value in more.items():
        old: Any = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merge(old, value)
        elif type(old) is type(value) and isinstance(old, str | list):
            into[key] = old + value
        else:
            into[key] = value
