"""What was spent, by whom and in which period: in SQLite, in memory or in a file."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from polyspell.errors import ConfigError

AMOUNTS = ("tokens", "cost", "calls", "tool_calls", "seconds")
_LENGTHS = {"hour": 3600.0, "day": 86400.0, "week": 604800.0}
_MONDAY = 345600.0  # seconds from 1970 to its first Monday


class Spent(msgspec.Struct):
    """Amounts; see `Options`."""

    tokens: int = 0
    cost: float = 0.0
    calls: int = 0
    tool_calls: int = 0
    seconds: float = 0.0


def period_start(per: str | float | None, now: float) -> float:
    """The beginning of the period in which `now` is, both in seconds since 1970; 0 without one."""
    if per is None:
        return 0.0
    if per == "month":
        moment = datetime.fromtimestamp(now, UTC)
        return datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()
    offset = _MONDAY if per == "week" else 0.0
    length = _LENGTHS[per] if isinstance(per, str) else per
    return now - (now - offset) % length


class Ledger:
    """Adds up.

    Args:
        path: the file; None for memory.
        budget: which of those in the file: budgets of different periods or subjects are apart.

    Raises:
        ConfigError: the file cannot be used.
    """

    def __init__(self, path: str | None, budget: str = "") -> None:
        self._budget = budget
        self._start = 0.0
        try:
            if path is not None:
                Path(path).expanduser().parent.mkdir(parents=True, exist_ok=True)
                path = str(Path(path).expanduser())
            self._db = _opened(path or ":memory:")
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"{path} cannot keep a budget: {error}.", hint="Choose another path."
            ) from error

    def get(self, name: str, start: float) -> Spent:
        """What was spent in a period."""
        found = self._db.execute(
            f"SELECT {_NAMES} FROM spent WHERE budget = ? AND name = ? AND start = ?",
            (self._budget, name, start),
        ).fetchone()
        return Spent(*found) if found else Spent()

    def all(self, start: float) -> dict[str, Spent]:
        """What everybody spent in a period."""
        rows = self._db.execute(
            f"SELECT name, {_NAMES} FROM spent WHERE budget = ? AND start = ?",
            (self._budget, start),
        )
        return {name: Spent(*amounts) for name, *amounts in rows}

    def add(self, name: str, start: float, more: Spent) -> Spent:
        """Add to what was spent; gives the sum. What was spent before this period is forgotten."""
        if start > self._start:
            self._start = start
            self._db.execute(
                "DELETE FROM spent WHERE budget = ? AND start < ?", (self._budget, start)
            )
        found = self._db.execute(_ADD, (self._budget, name, start, *msgspec.structs.astuple(more)))
        return Spent(*found.fetchone())

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _opened(path: str) -> sqlite3.Connection:
    # One that serves several event loops is used from one thread after the other.
    db = sqlite3.connect(path, timeout=5, check_same_thread=False)
    db.isolation_level = None
    try:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("PRAGMA synchronous = normal")
        db.execute(_TABLE)
    except sqlite3.Error:
        db.close()
        raise
    return db


_NAMES = ", ".join(AMOUNTS)
_TABLE = (
    "CREATE TABLE IF NOT EXISTS spent (budget TEXT, name TEXT, start REAL, tokens INTEGER,"
    " cost REAL, calls INTEGER, tool_calls INTEGER, seconds REAL,"
    " PRIMARY KEY (budget, name, start))"
)
_ADD = (
    f"INSERT INTO spent (budget, name, start, {_NAMES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (budget, name, start) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in AMOUNTS)
    + f" RETURNING {_NAMES}"
)
