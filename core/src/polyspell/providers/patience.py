"""How long a provider asks to wait."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_AGAIN = re.compile(r"try again in (?:(\d+)m(?!s))?\s*(\d+(?:\.\d+)?)\s*(ms|s)\b", re.IGNORECASE)


def retry_after(
    headers: Mapping[str, str], parts: Sequence[dict[str, Any]] = (), message: str = ""
) -> float | None:
    """Seconds to wait before the next attempt, where the answer says: in a header (milliseconds,
    seconds, or a date of HTTP), in the `details` of a part of the body, or in words."""
    if (milliseconds := _seconds(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    if value := headers.get("retry-after"):
        seconds = _seconds(value)
        return seconds if seconds is not None else _until(value, headers.get("date"))
    for part in parts:
        for detail in part.get("details") or ():
            if isinstance(detail, dict) and isinstance(delay := detail.get("retryDelay"), str):
                return _seconds(delay.removesuffix("s"))
    if found := _AGAIN.search(message):
        seconds = float(found[2]) / (1000 if found[3].lower() == "ms" else 1)
        return int(found[1] or 0) * 60 + seconds
    return None


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _until(date: str, now: str | None) -> float | None:
    """Seconds until a date, by the server's clock where it tells the time."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        then = parsedate_to_datetime(date)
        since = parsedate_to_datetime(now) if now else datetime.now(UTC)
        return max(0.0, (then - since).total_seconds())
    except (ValueError, TypeError):
        return None
