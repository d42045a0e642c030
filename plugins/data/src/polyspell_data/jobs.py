"""What the tools do, as plain functions of plain data: here, or in a process of its own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from polyspell_data import formats
from polyspell_data.limits import Options, fail, over, plain
from polyspell_data.tables import columns, rows


class Given(msgspec.Struct):
    """Data as it was given: itself, or bytes of a format."""

    data: Any = None
    content: bytes | None = None
    format: str = "json"
    sheet: str | None = None
    delimiter: str | None = None


class Job(msgspec.Struct):
    """What to do, with which data and arguments, within which limits."""

    do: str
    given: dict[str, Given]
    options: Options
    arguments: dict[str, Any] = {}


def perform(job: Job) -> Any:
    """Do it; gives what the tool gives.

    Raises:
        PolyspellError: it cannot be done, or would be too much.
    """
    data = {name: _value(each, job.options) for name, each in job.given.items()}
    return _JOBS[job.do](job, data)


def _value(given: Given, options: Options) -> Any:
    if given.content is None:
        return plain(given.data, options)
    return formats.read(
        given.content, given.format, options, delimiter=given.delimiter, sheet=given.sheet
    )


def _convert(job: Job, data: dict[str, Any]) -> bytes | Any:
    to = job.arguments.pop("to")
    if to is None:
        return data["source"]
    return formats.write(data["source"], to, job.options, **job.arguments)


def _query(job: Job, data: dict[str, Any]) -> list[Any]:
    import jsonpath_rfc9535

    try:
        nodes = jsonpath_rfc9535.finditer(job.arguments["path"], data["source"])
        found: list[Any] = []
        for node in nodes:
            if len(found) >= job.options.max_rows:
                over("rows", job.options.max_rows, f"More than {job.options.max_rows} values.")
            found.append({"path": node.path(), "value": node.value})
    except jsonpath_rfc9535.JSONPathError as error:
        raise fail(
            f"{job.arguments['path'][:200]!r} is not a JSONPath: {error}.",
            "As in $.items[?@.price < 10].name.",
        ) from None
    return found


def _sql(job: Job, data: dict[str, Any]) -> Any:
    from polyspell_data import sqltables

    arguments = job.arguments
    return sqltables.ask(arguments["query"], data, arguments["parameters"], job.options)


def _validate(job: Job, data: dict[str, Any]) -> dict[str, Any]:
    from polyspell.schema import check, expand

    errors = check(expand(job.arguments["schema"]), data["source"])
    return {"valid": not errors, "errors": errors[:100]}


def _diff(job: Job, data: dict[str, Any]) -> list[dict[str, Any]]:
    a, b = data["a"], data["b"]
    key = job.arguments.get("key")
    if key is not None:
        a, b = _by_key(rows(a), key), _by_key(rows(b), key)
    changes: list[dict[str, Any]] = []
    _compare(a, b, "", changes)
    if len(changes) > job.options.max_rows:
        over("rows", job.options.max_rows, f"They differ in {len(changes)} places.")
    return changes


def _by_key(table: list[dict[str, Any]], key: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in table:
        if key not in row:
            raise fail(f"A row has no {key!r}.")
        if str(row[key]) in found:
            raise fail(f"Two rows have the {key} {row[key]!r}.", "Name another key.")
        found[str(row[key])] = row
    return found


def _compare(a: Any, b: Any, path: str, changes: list[dict[str, Any]]) -> None:
    """Add what leads from a to b, as JSON Patch names it (RFC 6902), with what was there before."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in [*a, *(n for n in b if n not in a)]:
            at = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            _member(a, b, name, at, changes)
    elif isinstance(a, list) and isinstance(b, list):
        for place in range(min(len(a), len(b))):
            _compare(a[place], b[place], f"{path}/{place}", changes)
        for place in range(len(b), len(a)):
            changes.append({"op": "remove", "path": f"{path}/{place}", "old": a[place]})
        for place in range(len(a), len(b)):
            changes.append({"op": "add", "path": f"{path}/{place}", "value": b[place]})
    elif a != b or isinstance(a, bool) != isinstance(b, bool):
        changes.append({"op": "replace", "path": path, "old": a, "value": b})


def _member(a: Any, b: Any, name: str, at: str, changes: list[dict[str, Any]]) -> None:
    if name not in b:
        changes.append({"op": "remove", "path": at, "old": a[name]})
    elif name not in a:
        changes.append({"op": "add", "path": at, "value": b[name]})
    else:
        _compare(a[name], b[name], at, changes)


def _summary(job: Job, data: dict[str, Any]) -> dict[str, Any]:
    table = rows(data["source"])
    return {
        "rows": len(table),
        "columns": {name: _column([row.get(name) for row in table]) for name in columns(table)},
    }


def _column(values: list[Any]) -> dict[str, Any]:
    there = [v for v in values if v is not None]
    about: dict[str, Any] = {
        "types": dict(Counter(_kind(v) for v in there)),
        "missing": len(values) - len(there),
        "distinct": len({repr(v) for v in there}),
    }
    numbers = [v for v in there if isinstance(v, int | float) and not isinstance(v, bool)]
    texts = [v for v in there if isinstance(v, str)]
    if numbers:
        about |= _numbers(numbers)
    elif texts:
        about |= {"min": min(texts)[:100], "max": max(texts)[:100]}
    most = Counter(v for v in there if isinstance(v, str | int | float)).most_common(3)
    if most and most[0][1] > 1:
        about["most_common"] = [{"value": v, "count": n} for v, n in most]
    return about


def _numbers(numbers: list[Any]) -> dict[str, Any]:
    import statistics

    about: dict[str, Any] = {"min": min(numbers), "max": max(numbers)}
    try:
        about["mean"], about["median"] = statistics.fmean(numbers), statistics.median(numbers)
        about["sum"] = sum(numbers)
        if len(numbers) > 1:
            about["stdev"] = statistics.stdev(map(float, numbers))
    except OverflowError:
        about["mean"] = None  # numbers beyond what a float holds
    return about


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "list"}
    return kinds.get(type(value), "table")


_JOBS = {
    "convert": _convert,
    "query": _query,
    "sql": _sql,
    "validate": _validate,
    "diff": _diff,
    "summary": _summary,
}
