"""SQL over tables, in a database that is in memory and can only be read."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from polyspell.errors import LimitExceeded

from polyspell_data.limits import Options, fail, over
from polyspell_data.tables import columns, rows, text

_ALLOWED = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
}  # fmt: skip
_FORBIDDEN = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlar_compress"}
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 5_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 1000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
}


def ask(query: str, tables: dict[str, Any], parameters: Any, options: Options) -> dict[str, Any]:
    """What a query gives: `{columns, rows, truncated}`.

    Args:
        query: one SELECT in SQLite's SQL.
        tables: data that is a table, by name.
        parameters: of its `?` (a list) or `:name` (a table).
        options: the limits.

    Raises:
        ToolError: it is not SQL, or would do more than read.
        LimitExceeded: it takes too long.
    """
    base = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for name, data in tables.items():
            _load(base, name, rows(data))
        return _ask(base, query, parameters, options)
    finally:
        base.close()


def _load(base: sqlite3.Connection, name: str, table: list[dict[str, Any]]) -> None:
    names = columns(table) or ["value"]
    if len({n.lower() for n in names}) < len(names):
        raise fail(f"In the table {name!r} two columns differ by case alone.")
    told = ", ".join(map(_quoted, names))
    try:
        base.execute(f"CREATE TABLE {_quoted(name)} ({told})")
        base.executemany(
            f"INSERT INTO {_quoted(name)} VALUES ({', '.join('?' * len(names))})",
            ([_value(row.get(n)) for n in names] for row in table),
        )
    except (sqlite3.Error, UnicodeError) as error:
        raise fail(f"The table {name!r} cannot be made: {error}.") from None


def _quoted(name: str) -> str:
    if "\0" in name:
        raise fail(f"{name!r} is no name.")
    return '"' + name.replace('"', '""') + '"'


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return text(value)


def _ask(base: sqlite3.Connection, query: str, parameters: Any, options: Options) -> dict[str, Any]:
    for limit, most in _LIMITS.items():
        base.setlimit(limit, most)
    end = time.monotonic() + options.seconds
    late = False

    def watch() -> bool:
        nonlocal late
        late = time.monotonic() > end
        return late

    base.set_authorizer(_authorize)
    base.set_progress_handler(watch, 10_000)
    try:
        cursor = base.execute(query, parameters or ())
        found = cursor.fetchmany(options.max_rows + 1)
    except sqlite3.Error as error:
        if late:
            over("seconds", options.seconds, f"The query takes longer than {options.seconds:g} s.")
        raise _explained(error) from None
    except (ValueError, OverflowError) as error:
        raise fail(f"The query cannot be answered: {error}.") from None
    if cursor.description is None:
        raise fail("The query gives no rows.", "Use SELECT.")
    names = [name for name, *_ in cursor.description]
    if len(set(names)) < len(names):
        names = [n if names.index(n) == at else f"{n}_{at + 1}" for at, n in enumerate(names)]
    kept = [dict(zip(names, row, strict=True)) for row in found[: options.max_rows]]
    return {"columns": names, "rows": kept, "truncated": len(found) > options.max_rows}


def _authorize(action: int, first: str | None, second: str | None, *rest: Any) -> int:
    forbidden = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FORBIDDEN
    return sqlite3.SQLITE_OK if action in _ALLOWED and not forbidden else sqlite3.SQLITE_DENY


def _explained(error: sqlite3.Error) -> Exception:
    about = str(error)
    if "not authorized" in about or "prohibited" in about:
        return fail(
            "A query can read the tables that it is given, and nothing else.", "Use SELECT."
        )
    if "too big" in about or "too large" in about:
        return LimitExceeded(
            "A value of the query is too large.", context={"limit": "bytes", "allowed": 5_000_000}
        )
    if "disk" in about or "memory" in about:  # nothing may be put on a disk
        return LimitExceeded(
            "The query takes more memory than it may.", context={"limit": "memory"}
        )
    return fail(f"The query is not right: {about}.", "It is SQLite's SQL: one SELECT.")
