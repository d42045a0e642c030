"""Excel workbooks (.xlsx), as bytes."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from typing import Any

from polyspell_data.limits import Options, fail, over
from polyspell_data.tables import columns, named, rows, text

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CHUNK = 1 << 16


def read(data: bytes, options: Options, sheet: str | None = None) -> Any:
    """The rows of a sheet (the only one, or the one named); of all sheets, by name, where there are
    several. The first row has the names. Formulas are what they came to when the file was saved.

    Raises:
        ToolError: it is not a workbook, or has no such sheet.
        LimitExceeded: unpacked, it is too large.
    """
    _unpacks(data, options)
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are not read
            book = openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
            names = [s.title for s in book.worksheets]
            if sheet is not None and sheet not in names:
                raise fail(f"There is no sheet {sheet!r}.", f"There are {', '.join(names)}.")
            left = [options.max_values]
            tables = {
                name: _table(book[name], left, options)
                for name in ([sheet] if sheet is not None else names)
            }
            book.close()
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile, SyntaxError, OSError) as error:
        raise fail(f"This is not an Excel workbook that can be read: {error}.") from None
    return next(iter(tables.values())) if len(tables) == 1 else tables


def _unpacks(data: bytes, options: Options) -> None:
    """Unpack it all once, and throw it away: what its folder says of sizes may be a lie. No part
    may have a document type."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            left = options.max_bytes * 5
            for member in archive.infolist():
                with archive.open(member) as file:
                    begin = True
                    while chunk := file.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            over("bytes", options.max_bytes * 5, "Unpacked, it is too large.")
                        if begin and b"<!DOCTYPE" in chunk.replace(b"\0", b""):
                            raise fail("A part of it has a document type, which is not read.")
                        begin = False
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise fail(f"This is not an Excel workbook: {error}.") from None
    except Exception as error:
        if type(error).__module__ in ("zlib", "_lzma", "lzma", "builtins"):
            raise fail(f"This is not an Excel workbook: {error}.") from None
        raise


def _table(sheet: Any, left: list[int], options: Options) -> list[dict[str, Any]]:
    lines: list[list[Any]] = []
    sheet.reset_dimensions()  # what a sheet says of its size may be a lie
    for row in sheet.iter_rows(values_only=True):
        left[0] -= len(row) or 1
        if left[0] < 0:
            over("values", options.max_values, f"More than {options.max_values} cells.")
        cells = list(row)
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            lines.append(cells)
    return named(lines[0], lines[1:]) if lines else []


def write(data: Any) -> bytes:
    """A table as a workbook; a table of several tables has a sheet for each. No text becomes a
    formula."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheets = data if _are_sheets(data) else {"Sheet1": data}
    for name, table in sheets.items():
        title = re.sub(r"[\[\]:*?/\\]", "_", name)[:31] or "Sheet"
        sheet = book.create_sheet(title)
        found = rows(table)
        names = columns(found)
        sheet.append([_cell(sheet, n) for n in names])
        for row in found:
            sheet.append([_cell(sheet, row.get(n)) for n in names])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _are_sheets(data: Any) -> bool:
    return (
        isinstance(data, dict)
        and bool(data)
        and all(
            isinstance(v, list) and v and all(isinstance(r, dict) for r in v) for v in data.values()
        )
    )


def _cell(sheet: Any, value: Any) -> Any:
    value = text(value)
    if isinstance(value, int) and abs(value) >= 10**15:
        value = str(value)  # Excel keeps fifteen digits
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=_CONTROL.sub("", value)[:32_767])
    cell.data_type = "s"  # a text, though it may begin with "="
    return cell
