"""What data may be: how large, how deep, of how many values."""

from __future__ import annotations

import base64
import math
from datetime import date, datetime, time
from typing import Any, NoReturn

import msgspec
from polyspell.errors import LimitExceeded, ToolError

MAX_DEPTH = 100
"""Lists and tables within each other."""
SMALL = 64 * 1024
"""Bytes that are read in the host itself; what is larger is read in a process of its own."""


class Options(msgspec.Struct, forbid_unknown_fields=True):
    """The settings of `[tools.data]`.

    Attributes:
        max_bytes: of what is read, unpacked (of Excel) and written.
        max_values: of what is read, counted with all that is in it.
        max_rows: of an answer of SQL, and values of a query.
        seconds: that a query, a spreadsheet or a large text may take.
        memory: bytes that it may take meanwhile, where the system can hold it to that.
    """

    max_bytes: int = 10_000_000
    max_values: int = 1_000_000
    max_rows: int = 1_000
    seconds: float = 10.0
    memory: int = 768 * 1024 * 1024


def fail(message: str, hint: str = "") -> ToolError:
    """An error of the data, to raise."""
    return ToolError(message, hint=hint)


def over(limit: str, allowed: float, message: str) -> NoReturn:
    """Say that a limit was reached."""
    raise LimitExceeded(
        message,
        hint="Ask for less at once, or raise it in [tools.data].",
        context={"limit": limit, "allowed": allowed},
    )


def plain(value: Any, options: Options) -> Any:
    """A value as JSON has it: dates and bytes become text, names of a table are texts.

    Raises:
        LimitExceeded: it is too deep or has too many values.
        ToolError: it has a value that JSON has not.
    """
    count = 0

    def walk(value: Any, depth: int) -> Any:
        nonlocal count
        count += 1
        if count > options.max_values:
            over("values", options.max_values, f"More than {options.max_values} values.")
        if depth > MAX_DEPTH:
            over("depth", MAX_DEPTH, f"More than {MAX_DEPTH} levels within each other.")
        if value is None or isinstance(value, str | bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, dict):
            return {_name(k): walk(v, depth + 1) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [walk(v, depth + 1) for v in value]
        if isinstance(value, date | datetime | time):
            return value.isoformat()
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        raise fail(f"{type(value).__name__} is not data.")

    return walk(value, 0)


def _name(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int | float | date):
        return str(key)
    raise fail(f"{key!r} cannot be the name of a value.")
