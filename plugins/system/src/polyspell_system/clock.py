"""`system_time`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from polyspell.errors import ToolError
from polyspell.tools import tool


@tool(name="system_time", tags=("system",), inline=True)
def time(
    zone: str | None = None, at: str | float | None = None, elsewhere: list[str] | None = None
) -> dict[str, Any]:
    """What time it is, or what another time is in a time zone: {iso, zone, offset, unix, weekday,
    week, summer, elsewhere}. offset is in minutes from UTC, unix in seconds since 1970.

    Args:
        zone: such as Europe/Oslo or UTC; that of the machine if left out.
        at: another time than now: 2026-03-01T12:00 (in the zone, unless it has one itself), or
            seconds since 1970.
        elsewhere: zones to tell the time in as well.
    """
    place = _zone(zone) if zone is not None else None
    moment = _moment(at, place)
    summer = moment.dst()
    return {
        "iso": moment.isoformat(timespec="seconds"),
        "zone": zone or moment.tzname(),
        "offset": round((moment.utcoffset() or timedelta()) / timedelta(minutes=1)),
        "unix": moment.timestamp(),
        "weekday": moment.strftime("%A"),
        "week": moment.isocalendar().week,
        "summer": bool(summer),
        "elsewhere": {
            name: moment.astimezone(_zone(name)).isoformat(timespec="seconds")
            for name in elsewhere or ()
        },
    }


def _zone(name: str) -> tzinfo:
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = "Name it as Area/City, as in Europe/Oslo."
        raise ToolError(f"There is no time zone {name[:100]!r}.", hint=hint) from None


def _moment(at: str | float | None, place: tzinfo | None) -> datetime:
    if at is None:
        return datetime.now(UTC).astimezone(place)
    try:
        moment = _given(at, place)
        if 1 < moment.year < 9999:  # so that it exists in every zone
            return moment
    except (ValueError, OverflowError, OSError):
        pass
    hint = "Write it as 2026-03-01T12:00."
    raise ToolError(f"{str(at)[:100]!r} is no time.", hint=hint)


def _given(at: str | float, place: tzinfo | None) -> datetime:
    if not isinstance(at, str):
        return datetime.fromtimestamp(at, UTC).astimezone(place)
    given = datetime.fromisoformat(at)
    if given.tzinfo is None and place is not None:
        return given.replace(tzinfo=place)
    return given.astimezone(place)
