"""Snapshots: what a value was when a test was written, in a file beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from polyspell.errors import ConfigError
from polyspell.messages import Message
from polyspell.testing.compare import differences, fail, plain

_OUR_IDS = re.compile(r"\b(?:call_)?[0-9a-f]{10}[0-9a-f]{6,}\b")


class Snapshots:
    """The snapshots of one test file, by name, as JSON.

    Args:
        path: the file; made when the first snapshot is taken.
        update: take what differs as the new snapshot.
        create: take a snapshot where there is none; else that is a failure (as it should be where
            nobody looks at new files).
    """

    def __init__(self, path: Path | str, *, update: bool = False, create: bool = True) -> None:
        self.path = Path(path)
        self._update = update
        self._create = create
        self._known: dict[str, Any] = self._read()
        self._changed = False

    def _read(self) -> dict[str, Any]:
        try:
            return dict(msgspec.json.decode(self.path.read_bytes()))
        except FileNotFoundError:
            return {}
        except (msgspec.DecodeError, ValueError, TypeError) as error:
            raise ConfigError(
                f"{self.path} holds no snapshots: {error}.", hint="Delete it, and run again."
            ) from error

    def match(self, name: str, value: Any) -> None:
        """The value is what it was. Ids that are new in each run count as equal where they name
        the same things.

        Raises:
            ExpectationFailed: it is not; tells where.
        """
        now = stable(value)
        if name in self._known and not self._update:
            lines = differences(now, self._known[name])
            if lines:
                message = f"It is not as in the snapshot {name!r} of {self.path.name}."
                raise fail(message, now, self._known[name], *lines)
        elif self._known.get(name, _NOTHING) != now:
            if not (self._create or self._update):
                raise fail(f"There is no snapshot {name!r} in {self.path.name}.", now)
            self._known[name], self._changed = now, True

    def save(self) -> None:
        """Write what is new; nothing where nothing is."""
        if self._changed:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            data = msgspec.json.encode(self._known, order="sorted")
            self.path.write_bytes(msgspec.json.format(data, indent=2) + b"\n")
            self._changed = False


_NOTHING = object()


def stable(value: Any) -> Any:
    """A value as plain data that is the same in each run: the ids of calls, runs and spans are
    numbered in the order in which they appear; messages are told with their parts."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"id-{len(numbers) + 1}")

    def walk(each: Any) -> Any:
        if isinstance(each, str):
            return _OUR_IDS.sub(number, each)
        if isinstance(each, dict):
            return {k: walk(v) for k, v in each.items() if k not in ("time", "seconds")}
        return [walk(v) for v in each] if isinstance(each, list) else each

    if isinstance(value, list) and value and all(isinstance(v, Message) for v in value):
        return walk(msgspec.to_builtins(value))
    return walk(plain(value))
