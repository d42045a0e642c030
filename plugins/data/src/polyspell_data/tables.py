"""Tables: lists of rows, each a row of named values; and CSV."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from polyspell_data.limits import Options, fail, over

Row = dict[str, Any]
MAX_COLUMNS = 1000
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,20})?(?:[eE][-+]?\d{1,3})?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows(data: Any) -> list[Row]:
    """Data as a table: a list of tables, a list of lists whose first are the names, a table of
    columns, or a table that has one of these as its only list.

    Raises:
        ToolError: it is none of these.
    """
    if isinstance(data, dict):
        lists = [v for v in data.values() if isinstance(v, list)]
        if lists and len(lists) == len(data) and _are_columns(lists):
            names = list(data)
            return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]
        inner = [v for v in data.values() if isinstance(v, list | dict)]
        return rows(inner[0]) if len(inner) == 1 else [data]
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        return data
    if isinstance(data, list) and data and all(isinstance(row, list) for row in data):
        return named(data[0], data[1:])
    if isinstance(data, list) and not any(isinstance(row, dict | list) for row in data):
        return [{"value": value} for value in data]
    raise fail("This is not a table.", "A table is a list of rows: [{name: value, ...}, ...].")


def _are_columns(lists: list[list[Any]]) -> bool:
    same = len({len(each) for each in lists}) == 1
    return same and not any(isinstance(v, dict | list) for each in lists for v in each)


def named(header: list[Any], lines: list[list[Any]]) -> list[Row]:
    """Lines as rows: what has no name, or a name that is taken, gets one."""
    width = max(map(len, [header, *lines]))
    if width > MAX_COLUMNS:
        over("columns", MAX_COLUMNS, f"More than {MAX_COLUMNS} columns.")
    names: dict[str, None] = {}
    for place in range(width):
        told = header[place] if place < len(header) else None
        name = str(told) if told not in (None, "") else f"column_{place + 1}"
        while name in names:
            name = f"{name}_{place + 1}"
        names[name] = None
    return [dict(zip(names, [*line, *[None] * (width - len(line))], strict=True)) for line in lines]


def columns(table: list[Row]) -> list[str]:
    """The names of all columns, in the order in which they come."""
    found: dict[str, None] = {}
    for row in table:
        found.update(dict.fromkeys(row))
    if len(found) > MAX_COLUMNS:
        over("columns", MAX_COLUMNS, f"More than {MAX_COLUMNS} columns.")
    return list(found)


def read_csv(text: str, options: Options, delimiter: str | None = None) -> list[Row]:
    """The rows of a CSV text whose first line has the names. Numbers are read as numbers, unless
    they begin with a zero that counts; an empty cell is null.

    Raises:
        ToolError: it cannot be read.
        LimitExceeded: it has too many cells.
    """
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""),
        delimiter=delimiter or _delimiter(text),
    )
    lines: list[list[Any]] = []
    count = 0
    try:
        for line in reader:
            count += len(line) or 1
            if count > options.max_values:
                over("values", options.max_values, f"More than {options.max_values} cells.")
            if line:
                lines.append(line if not lines else [_cell(text) for text in line])
    except csv.Error as error:
        raise fail(f"Line {reader.line_num} is not CSV: {error}.") from None
    return named(lines[0], lines[1:]) if lines else []


def _delimiter(text: str) -> str:
    """What the first line uses most."""
    line = re.sub(r'"[^"]*"', "", text[:10_000].lstrip("\r\n").partition("\n")[0])
    return max(",;\t|", key=line.count)


def _cell(text: str) -> Any:
    if text == "":
        return None
    if _INTEGER.fullmatch(text) and text != "-0":
        return int(text)
    if _NUMBER.fullmatch(text):
        value = float(text)
        return value if abs(value) != float("inf") else text
    return {"true": True, "false": False}.get(text.lower(), text)


def write_csv(data: Any, delimiter: str | None = None, *, formulas: bool = False) -> str:
    """A table as CSV. A text that a spreadsheet would take for a formula gets a `'` in front, as
    OWASP advises ("CSV Injection"), unless `formulas` lets them through."""
    table = rows(data)
    names = columns(table)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter or ",", lineterminator="\n")
    keep = (lambda text: text) if formulas else harmless
    writer.writerow([keep(name) for name in names])
    for row in table:
        writer.writerow([_told(row.get(name), keep) for name in names])
    return out.getvalue()


def _told(value: Any, keep: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return keep(text(value)) if isinstance(value, str | dict | list) else value


def text(value: Any) -> Any:
    """A value as one cell has it: tables and lists are JSON."""
    import json

    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def harmless(text: str) -> str:
    """The text, such that no spreadsheet works it out."""
    risky = text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if risky else text
