"""The formats: from bytes to data and back. What a format needs is imported at its first use."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, Literal, get_args

from polyspell_data import tables
from polyspell_data.limits import Options, fail, over, plain

Format = Literal["json", "jsonl", "yaml", "toml", "csv", "tsv", "xml", "xlsx"]
Delimiter = Literal[",", ";", "\t", "|"]
_ENDINGS = {"yml": "yaml", "ndjson": "jsonl", "xlsm": "xlsx", "geojson": "json"}
_STARTS = {"{": "json", "[": "json", "<": "xml"}


def by_name(file: str) -> str | None:
    """The format that a file's ending stands for, None if it is not known."""
    ending = file.rpartition(".")[2].lower()
    ending = _ENDINGS.get(ending, ending)
    return ending if ending in get_args(Format) else None


def by_look(data: bytes) -> str:
    """The format that data begins like; YAML where nothing tells."""
    if data.startswith(b"PK"):
        return "xlsx"
    head = data[:4096].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if head.startswith("["):
        lines = head.splitlines()
        return "toml" if lines[0].rstrip().endswith("]") and " = " in head[:400] else "json"
    return _STARTS.get(head[:1]) or ("csv" if _is_csv(head.splitlines()) else "yaml")


def _is_csv(lines: list[str]) -> bool:
    """Whether the first lines are cut into as many cells by the same sign."""
    if len(lines) < 2 or re.search(r":(\s|$)|^- ", lines[0]):
        return False
    return any(0 < lines[0].count(d) == lines[1].count(d) for d in get_args(Delimiter))


def read(
    data: bytes,
    format: str,
    options: Options,
    *,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Any:
    """The data, as JSON has it.

    Args:
        data: in UTF-8, where the format does not say otherwise.
        format: one of Format.
        options: the limits.
        delimiter: of CSV; found out if left out.
        sheet: of Excel.

    Raises:
        ToolError: it is not of the format; says where.
        LimitExceeded: it is too large, too deep or of too many values.
    """
    if len(data) > options.max_bytes:
        over("bytes", options.max_bytes, f"{len(data)} bytes are too many.")
    if format == "xlsx":
        from polyspell_data import excel

        return plain(excel.read(data, options, sheet), options)
    if format == "xml":
        from polyspell_data import xmltext

        return plain(xmltext.read(data, options), options)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(f"This is not text in UTF-8: byte {error.start}.") from None
    if format in ("csv", "tsv"):
        tab = "\t" if format == "tsv" else None
        return tables.read_csv(text, options, delimiter or tab)
    if format == "yaml":
        from polyspell_data import yamltext

        return plain(yamltext.read(text, options), options)
    return plain(_parsed(text, format), options)


def _parsed(text: str, format: str) -> Any:
    try:
        if format == "toml":
            return tomllib.loads(text)
        if format == "jsonl":
            return [_json(line) for line in text.splitlines() if line.strip()]
        return _json(text)
    except (ValueError, RecursionError) as error:
        about = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise fail(f"This is not {format.upper()} that can be read: {about}.") from None


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")


def write(
    value: Any,
    format: str,
    options: Options,
    *,
    delimiter: str | None = None,
    formulas: bool = False,
) -> bytes:
    """Data in a format.

    Args:
        value: as JSON has it.
        format: one of Format.
        options: the limits.
        delimiter: of CSV; a comma if left out.
        formulas: let texts of CSV through that a spreadsheet would work out.

    Raises:
        ToolError: the format cannot say it.
        LimitExceeded: it is too large.
    """
    value = plain(value, options)
    if format == "xlsx":
        from polyspell_data import excel

        encoded = excel.write(value)
    else:
        encoded = _text(value, format, delimiter, formulas).encode("utf-8", "replace")
    if len(encoded) > options.max_bytes:
        over("bytes", options.max_bytes, f"Written, it has {len(encoded)} bytes.")
    return encoded


def _text(value: Any, format: str, delimiter: str | None, formulas: bool) -> str:
    if format == "json":
        return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    if format == "jsonl":
        lines = value if isinstance(value, list) else [value]
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    if format == "yaml":
        from polyspell_data import yamltext

        return yamltext.write(value)
    if format == "xml":
        from polyspell_data import xmltext

        return xmltext.write(value)
    if format == "toml":
        return _toml(value)
    tab = "\t" if format == "tsv" else None
    return tables.write_csv(value, delimiter or tab, formulas=formulas)


def _toml(value: Any) -> str:
    import tomli_w

    if not isinstance(value, dict):
        raise fail("TOML is a table at its top.", 'Put it into one: {"items": [...]}.')
    try:
        return tomli_w.dumps(value)
    except TypeError:
        raise fail("TOML has no null.", "Leave those values out.") from None
