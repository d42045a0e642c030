"""Arguments of a call that come in pieces: values, or parts of texts, under their JSON paths."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]+)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]")
_VALUES = ("stringValue", "numberValue", "boolValue")


def lay(arguments: dict[str, Any], piece: dict[str, Any]) -> None:
    """Put a piece where it belongs. Texts under one path are joined."""
    steps: list[str | int] = [
        int(index) if index else name or quoted
        for name, quoted, index in _STEP.findall(piece.get("jsonPath") or "")
    ]
    if not steps:
        return
    value = next((piece[key] for key in _VALUES if key in piece), None)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    _put(arguments, steps, value)


def _put(into: Any, steps: list[str | int], value: Any) -> None:
    for step, following in pairwise(steps):
        into = _at(into, step, [] if isinstance(following, int) else {})
    last = steps[-1]
    old = _at(into, last, None)
    into[last] = old + value if isinstance(old, str) and isinstance(value, str) else value


def _at(into: Any, step: str | int, default: Any) -> Any:
    """What is there, or `default`, which then is."""
    if isinstance(step, int):
        into.extend([None] * (step + 1 - len(into)))
        if into[step] is None:
            into[step] = default
        return into[step]
    return into.setdefault(step, default)
