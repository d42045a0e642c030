"""The frames of a script's error, as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST = 5  # frames that call each other in a ring
_FEW = 3  # so often is still shown


def frame_lines(frames: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for each frame; what recurs is said once, and how often it came again.

    Args:
        frames: innermost first, each with `function`, `file` and `line`. Of very many, engines
            leave out the outer ones.
    """
    lines = [_line(frame) for frame in frames]
    shown: list[str] = []
    start = 0
    while start < len(lines):
        length, times = _ring(lines, start)
        shown += lines[start : start + length]
        start += length * times
        if times > 1:
            what = f"these {length}," if length > 1 else "the same"
            rest = lines[start:]
            cut = rest == lines[start - length :][: len(rest)]  # in the middle, perhaps
            shown.append(f"... {what} {'at least ' if cut else ''}{times - 1} more times")
            start += len(rest) if cut else 0
    return shown


def _ring(lines: list[str], start: int) -> tuple[int, int]:
    """How many lines from `start` come again and again, and how often they stand there."""
    for length in range(1, _LONGEST + 1):
        ring, end = lines[start : start + length], start + length
        while lines[end : end + length] == ring:
            end += length
        times = (end - start) // length
        if times > _FEW:
            return length, times
    return 1, 1


def _line(frame: Mapping[str, Any]) -> str:
    spot = ":".join(str(p) for p in (frame.get("file"), frame.get("line")) if p)
    return f"in {frame.get('function') or '?'} ({spot})"
