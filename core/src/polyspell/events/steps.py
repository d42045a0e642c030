"""Steps that events pass on their way: filters that let some through, transforms that change them.

    slow = pattern("tool.call.*") & field("seconds", ">", 1)
    Recorder(bus, "slow.jsonl", steps=[slow | pattern("**.failed"), without("arguments")])

A filter is a function of an event that gives a bool, a transform one that gives an event, or None
where it is to go no further. `through` passes an event along a list of both.
"""

from __future__ import annotations

import operator
import re
import time
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from polyspell.errors import ConfigError
from polyspell.events.bus import Event, matches

Step = Callable[[Event], "Event | bool | None"]


class Filter:
    """Says which events go on. Filters are composed with `&`, `|` and `~`.

    Args:
        allows: whether an event goes on.
    """

    def __init__(self, allows: Callable[[Event], bool]) -> None:
        self._allows = allows

    def __call__(self, event: Event) -> bool:
        """Whether the event goes on."""
        return self._allows(event)

    def __and__(self, other: Callable[[Event], bool]) -> Filter:
        return Filter(lambda event: self(event) and other(event))

    def __or__(self, other: Callable[[Event], bool]) -> Filter:
        return Filter(lambda event: self(event) or other(event))

    def __invert__(self) -> Filter:
        return Filter(lambda event: not self(event))


def pattern(*patterns: str) -> Filter:
    """Events whose name one of these patterns covers."""
    return Filter(lambda event: any(matches(each, event.name) for each in patterns))


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "~": lambda value, wanted: re.search(str(wanted), str(value)) is not None,
}
_ABSENT = object()


def field(path: str, compare: str = "", wanted: Any = None) -> Filter:
    """Events with a field of their data. Where the event does not have it, only `!=` is true.

    Args:
        path: a name, or names with dots (`usage.cost`); `run_id` and the like are the event's own.
        compare: one of = != > >= < <= and ~ (a regular expression); "" asks only if it is there.
        wanted: what to compare with.

    Raises:
        ConfigError: there is no such comparison, or the regular expression is not one.
    """
    if compare and compare not in _COMPARE:
        raise ConfigError(
            f"Events cannot be compared by {compare!r}.", hint=f"Use {' '.join(_COMPARE)}."
        )
    if compare == "~":
        try:
            re.compile(str(wanted))
        except re.error as error:
            raise ConfigError(f"{wanted!r} is no regular expression: {error}.") from error
    keys = path.split(".")

    def allows(event: Event) -> bool:
        value = _value(event, keys)
        if value is _ABSENT:
            return compare == "!="
        try:
            return not compare or _COMPARE[compare](value, wanted)
        except TypeError:  # "abc" > 1
            return False

    return Filter(allows)


def _value(event: Event, keys: list[str]) -> Any:
    value: Any = event.data
    if len(keys) == 1 and keys[0] not in value and keys[0] in Event.__struct_fields__:
        return getattr(event, keys[0])
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return _ABSENT
        value = value[key]
    return value


_WORD = re.compile(r"\s*([\w.]+)\s*(?:(!=|>=|<=|=|>|<|~)\s*(.*?))?\s*", re.DOTALL)


def where(text: str) -> Filter:
    """A filter as a person writes it: `name=search`, `seconds>1`, `usage.cost>=0.01`, `text~^No`,
    or `error` alone. What is compared with is JSON, or else a text.

    Raises:
        ConfigError: it is not of that form.
    """
    found = _WORD.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text!r} is no filter.", hint="Write name=search or seconds>1.")
    path, compare, wanted = found.groups()
    if compare in (None, "~"):
        return field(path, compare or "", wanted)
    try:
        return field(path, compare, msgspec.json.decode(wanted))
    except msgspec.DecodeError:
        return field(path, compare, wanted)


def sample(share: float) -> Filter:
    """A share of the runs, each with all its events or none; of other events that share, by chance
    of their time. The same run is chosen by every process that asks for the same share."""

    def allows(event: Event) -> bool:
        key = event.run_id or f"{event.name}{event.time}"
        return zlib.crc32(key.encode()) < share * 2**32

    return Filter(allows)


def rate(count: int, seconds: float = 1.0) -> Filter:
    """At most so many events in so many seconds, and no more than that at once."""
    tokens, last = float(count), time.monotonic()

    def allows(event: Event) -> bool:
        nonlocal tokens, last
        now = time.monotonic()
        tokens, last = min(float(count), tokens + (now - last) * count / seconds), now
        if tokens < 1:
            return False
        tokens -= 1
        return True

    return Filter(allows)


# -- transforms -------------------------------------------------------------------------------


def only(*names: str) -> Step:
    """The event with these fields of its data and no others."""
    return _with_data(lambda data: {k: v for k, v in data.items() if k in names})


def without(*names: str) -> Step:
    """The event without these fields of its data."""
    return _with_data(lambda data: {k: v for k, v in data.items() if k not in names})


def shortened(length: int) -> Step:
    """The event, each text in its data cut to so many characters."""

    def short(value: Any) -> Any:
        if isinstance(value, str) and len(value) > length:
            return value[:length] + "…"
        if isinstance(value, dict):
            return {k: short(v) for k, v in value.items()}
        return [short(v) for v in value] if isinstance(value, list) else value

    return _with_data(short)


def renamed(prefix: str) -> Step:
    """The event under a name that begins with a prefix: `renamed("replayed.")`."""
    return lambda event: msgspec.structs.replace(event, name=prefix + event.name)


def _with_data(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Step:
    return lambda event: msgspec.structs.replace(event, data=change(event.data))


def through(event: Event, steps: Iterable[Step]) -> Event | None:
    """The event after all steps; None where one of them let it go no further."""
    for step in steps:
        given = step(event)
        if isinstance(given, Event):
            event = given
        elif not given:
            return None
    return event
