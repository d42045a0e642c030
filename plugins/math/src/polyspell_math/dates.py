"""The tool `dates`: of the Gregorian calendar, years 1 to 9999."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

from polyspell.tools import tool

from polyspell_math.numbers import fail
from polyspell_math.work import items

Operation = Literal["info", "add", "difference", "convert", "range"]
Moment = date
"""A date, or a datetime, which is one too."""


@tool(tags=("math", "date", "time", "calendar"))
def dates(
    operation: Operation,
    date: str,
    to: str | None = None,
    years: int = 0,
    months: int = 0,
    weeks: int = 0,
    days: int = 0,
    workdays: int = 0,
    hours: int = 0,
    minutes: int = 0,
    seconds: int = 0,
    zone: str | None = None,
) -> Any:
    """Calculate with dates and times: weekday and week of a date, add or subtract time, the
    difference of two, another time zone, a list of dates.

    Args:
        operation: info; add the amounts below; difference from date to `to`; convert to `zone`;
            range from date to `to` in steps of the amounts.
        date: as 2026-02-28, 2026-02-28T14:30 or 2026-02-28T14:30+01:00; "today" or "now".
        to: the second date.
        years: may be negative, as all amounts.
        months: the day becomes the month's last where there is no such day.
        weeks: of seven days.
        days: by the calendar.
        workdays: Monday to Friday.
        hours: of 3600 seconds.
        minutes: of 60 seconds.
        seconds: whole ones.
        zone: such as Europe/Oslo; where `date` has none it is in this one.
    """
    timezone = _zone(zone) if zone else None
    begin = _moment(date, timezone)
    end = None if to is None else _moment(to, timezone)
    step = {
        "years": years, "months": months, "weeks": weeks, "days": days, "workdays": workdays,
        "hours": hours, "minutes": minutes, "seconds": seconds,
    }  # fmt: skip
    try:
        return _work(operation, begin, end, step, timezone)
    except OverflowError:
        raise fail("The date is outside the years 1 to 9999.") from None


def _work(
    operation: str, begin: Moment, end: Moment | None, step: dict[str, int], zone: tzinfo | None
) -> Any:
    if operation == "info":
        return info(begin)
    if operation == "add":
        return added(begin, step).isoformat()
    if operation == "convert":
        if zone is None:
            raise fail("convert needs a zone.")
        if not isinstance(begin, datetime):
            raise fail("A date without a time is the same in all zones.")
        return begin.astimezone(zone).isoformat()
    if end is None:
        raise fail(f"{operation} needs `to`.")
    if isinstance(begin, datetime) != isinstance(end, datetime):
        begin, end = _at_midnight(begin, end), _at_midnight(end, begin)
    if _aware(begin) != _aware(end):
        raise fail("One of the dates has a time zone, the other has none.", "Give `zone`.")
    return difference(begin, end) if operation == "difference" else every(begin, end, step)


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name.upper() in ("UTC", "Z") else ZoneInfo(name)
    except (ValueError, OSError):
        raise fail(f"There is no time zone {name[:60]!r}.", "As in Europe/Oslo, UTC.") from None


def _moment(text: str, zone: tzinfo | None) -> Moment:
    text = text.strip()
    if text in ("today", "now"):
        now = datetime.now(zone or UTC).replace(microsecond=0)
        return now if text == "now" else now.date()
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise fail(
            f"{text[:60]!r} is not a date.", "Write it as 2026-02-28 or 2026-02-28T14:30."
        ) from None
    return found.replace(tzinfo=zone) if zone is not None and found.tzinfo is None else found


def _at_midnight(moment: Moment, other: Moment) -> datetime:
    if isinstance(moment, datetime):
        return moment
    zone = other.tzinfo if isinstance(other, datetime) else None
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone)


def _aware(moment: Moment) -> bool:
    return isinstance(moment, datetime) and moment.tzinfo is not None


def info(moment: Moment) -> dict[str, Any]:
    """What the calendar says of a date."""
    week = moment.isocalendar()
    about: dict[str, Any] = {
        "date": moment.isoformat(),
        "weekday": calendar.day_name[moment.weekday()],
        "week": week.week,
        "week_year": week.year,
        "day_of_year": moment.timetuple().tm_yday,
        "quarter": (moment.month + 2) // 3,
        "days_in_month": calendar.monthrange(moment.year, moment.month)[1],
        "leap_year": calendar.isleap(moment.year),
    }
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        about["timestamp"] = moment.timestamp()
    return about


def added(moment: Moment, step: dict[str, int]) -> Moment:
    """The moment so many years, months and so on later: the greater amounts first."""
    months = moment.month - 1 + step["months"] + 12 * step["years"]
    year, month = moment.year + months // 12, months % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError
    day = min(moment.day, calendar.monthrange(year, month)[1])
    moment = moment.replace(year=year, month=month, day=day)
    moment += timedelta(days=step["days"] + 7 * step["weeks"])
    moment = _workdays_later(moment, step["workdays"])
    parts = {name: step[name] for name in ("hours", "minutes", "seconds")}
    if not any(parts.values()):
        return moment
    later = timedelta(**parts)
    moment = _at_midnight(moment, moment)
    if moment.tzinfo is None:
        return moment + later
    return (moment.astimezone(UTC) + later).astimezone(moment.tzinfo)  # hours count as they pass


def _workdays_later(moment: Moment, count: int) -> Moment:
    """So many workdays later; from a weekend, the first is the next Monday (or the last Friday)."""
    if not count:
        return moment
    sign = 1 if count > 0 else -1
    if moment.weekday() >= 5:
        back = moment.weekday() - 4 if sign > 0 else moment.weekday() - 7
        moment -= timedelta(days=back)
    weeks, rest = divmod(abs(count), 5)
    moment += timedelta(days=7 * weeks * sign)
    for _ in range(rest):
        moment += timedelta(days=sign)
        while moment.weekday() >= 5:
            moment += timedelta(days=sign)
    return moment


def difference(begin: Moment, end: Moment) -> dict[str, Any]:
    """From begin to end: in days, and by the calendar; negative if end is before begin."""
    between = end - begin
    first, last = sorted((begin, end))
    months = (last.year - first.year) * 12 + last.month - first.month
    zero = dict.fromkeys(("years", "weeks", "days", "workdays", "hours", "minutes", "seconds"), 0)
    if added(first, {**zero, "months": months}) > last:
        months -= 1
    rest = last - added(first, {**zero, "months": months})
    about: dict[str, Any] = {
        "days": between.days if between >= timedelta(0) else -(-between).days,
        "workdays": _workdays_between(begin, end),
        "calendar": {"years": months // 12, "months": months % 12, "days": rest.days},
    }
    if isinstance(begin, datetime):
        about["seconds"] = between.total_seconds()
    return about


def _workdays_between(begin: Moment, end: Moment) -> int:
    """Workdays after begin, up to end."""
    if begin > end:
        return -_workdays_between(end, begin)
    days = end.toordinal() - begin.toordinal()
    weeks, rest = divmod(days, 7)
    first = begin.weekday()
    return 5 * weeks + sum((first + n) % 7 < 5 for n in range(1, rest + 1))


def every(begin: Moment, end: Moment, step: dict[str, int]) -> list[str]:
    """The dates from begin to end, both included, one step after the other."""
    if any(step[name] for name in ("hours", "minutes", "seconds")):
        begin, end = _at_midnight(begin, end), _at_midnight(end, begin)
    following = added(begin, step)
    if following == begin:
        raise fail("The step is empty.", "Say days=1, months=1 or so.")
    forward = following > begin
    found: list[str] = []
    moment, count = begin, 0
    while moment <= end if forward else moment >= end:
        items(count + 1)
        found.append(moment.isoformat())
        count += 1
        try:  # from the start each time: the 31st stays the last day of each month
            moment = added(begin, {name: amount * count for name, amount in step.items()})
        except OverflowError:
            break
    return found
