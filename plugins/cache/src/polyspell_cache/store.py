"""Where answers are kept: SQLite, in memory or in a file, bounded in number, size and age."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from polyspell.errors import ConfigError

_TABLES = (
    "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, value BLOB, size INTEGER,"
    " expires REAL, used REAL, hits INTEGER) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS by_use ON answers (used)",
    "CREATE INDEX IF NOT EXISTS by_hits ON answers (hits, used)",
    "CREATE TABLE IF NOT EXISTS sums (entries INTEGER, size INTEGER)",
    "INSERT INTO sums SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM sums)",
    "CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON answers BEGIN"
    " UPDATE sums SET entries = entries + 1, size = size + new.size; END",
    "CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON answers BEGIN"
    " UPDATE sums SET entries = entries - 1, size = size - old.size; END",
)
_NEVER = 1e18


class Store:
    """Keys to bytes.

    Args:
        path: the file; None for memory. One that is damaged is begun anew.
        ttl, policy, entries, size: see `Options`.

    Raises:
        ConfigError: the file cannot be used.
    """

    def __init__(
        self, path: str | None, ttl: float | None, policy: str, entries: int, size: int
    ) -> None:
        self._ttl = ttl
        self._order = "used" if policy == "lru" else "hits, used"
        self._entries, self._size = entries, size
        file = Path(path).expanduser() if path else None
        try:
            self._db = _open(file)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"{path} cannot be a cache: {error}.", hint="Choose another path."
            ) from error

    def get(self, key: bytes) -> bytes | None:
        """What is kept, unless it is too old."""
        now = time.time()
        try:
            found = self._db.execute(
                "UPDATE answers SET used = ?, hits = hits + 1 WHERE key = ? AND expires > ?"
                " RETURNING value",
                (now, key, now),
            ).fetchall()
        except sqlite3.OperationalError:  # another process is writing for too long
            return None
        return found[0][0] if found else None

    def put(self, key: bytes, value: bytes) -> None:
        """Keep it, and let others go where there is no room. What is larger than all room is not
        kept."""
        if len(value) > self._size:
            return
        now = time.time()
        expires = _NEVER if self._ttl is None else now + self._ttl
        row = (key, value, len(value), expires, now)
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return
        with self._db:
            self._db.execute("DELETE FROM answers WHERE key = ?", (key,))
            self._db.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, 0)", row)
            self._make_room(key, now)

    def _make_room(self, newest: bytes, now: float) -> None:
        entries, size = self.sizes()
        if entries <= self._entries and size <= self._size:
            return
        self._db.execute("DELETE FROM answers WHERE expires <= ?", (now,))
        entries, size = self.sizes()
        rows = self._db.execute(
            f"SELECT key, size FROM answers WHERE key != ? ORDER BY {self._order}", (newest,)
        )
        gone = []
        for key, bytes_ in rows:
            if entries <= self._entries and size <= self._size:
                break
            gone.append((key,))
            entries, size = entries - 1, size - bytes_
        self._db.executemany("DELETE FROM answers WHERE key = ?", gone)

    def sizes(self) -> tuple[int, int]:
        """How many there are, and their bytes."""
        entries, size = self._db.execute("SELECT entries, size FROM sums").fetchone()
        return entries, size

    def clear(self) -> None:
        """Forget everything."""
        self._db.execute("DELETE FROM answers")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _open(file: Path | None) -> sqlite3.Connection:
    if file is None:
        return _prepared(":memory:")
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return _prepared(str(file))
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        file.unlink()  # damaged: what was kept can be asked for again
        return _prepared(str(file))


def _prepared(path: str) -> sqlite3.Connection:
    # A host may be used from one event loop after the other, each in a thread of its own.
    db = sqlite3.connect(path, timeout=0.25, check_same_thread=False)
    db.isolation_level = None
    try:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("PRAGMA synchronous = normal")
        for statement in _TABLES:
            db.execute(statement)
    except BaseException:
        db.close()
        raise
    return db
