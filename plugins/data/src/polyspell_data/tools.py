"""The tools."""

from __future__ import annotations

from typing import Any

from polyspell.messages import Media
from polyspell.tools import ToolContext, ToolOutput, tool, tool_options

from polyspell_data.confined import run
from polyspell_data.formats import Delimiter, Format, by_name
from polyspell_data.jobs import Job
from polyspell_data.limits import Options, fail
from polyspell_data.sources import Input, given, write_file

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _job(do: str, sources: dict[str, Input], context: ToolContext, **arguments: Any) -> Job:
    options = tool_options(context, "data", Options)
    return Job(do, {n: given(s, context, options) for n, s in sources.items()}, options, arguments)


@tool(tags=("data", "json", "yaml", "toml", "csv", "xml", "excel", "convert", "read", "write"))
def data_convert(
    source: Input,
    context: ToolContext,
    to: Format | None = None,
    file: str | None = None,
    delimiter: Delimiter | None = None,
    formulas: bool = False,
) -> Any:
    """Read JSON, YAML, TOML, CSV, XML or Excel, and give it as data, as text of another format, or
    as a file.

    Args:
        source: what to read: text, a list, or {"text": ...}, {"file": ...} or {"data": ...}.
        to: the format to write; left out, the data itself is given.
        file: a path to write to, rather than giving the text.
        delimiter: of the CSV to write.
        formulas: keep texts in CSV that a spreadsheet would work out.
    """
    to = to or (by_name(file) if file else None)  # type: ignore[assignment]
    if file and to is None:
        raise fail("The file's ending names no format.", "Say it in `to`.")
    job = _job("convert", {"source": source}, context, to=to)
    if to is not None:
        job.arguments |= {"delimiter": delimiter, "formulas": formulas}
    result = run(job)
    if to is None:
        return result
    if file:
        return {"file": write_file(file, result, context), "bytes": len(result)}
    if to == "xlsx":
        return ToolOutput(f"[{len(result)} bytes]", None, [Media(_EXCEL, result)])
    return result.decode()


@tool(tags=("data", "json", "query", "search"))
def data_query(path: str, source: Input, context: ToolContext) -> list[Any]:
    """Find values in data by a JSONPath (RFC 9535): a list of {path, value}.

    Args:
        path: as $.store.book[?@.price < 10].title or $..name.
        source: where: text, a list, or {"text": ...}, {"file": ...} or {"data": ...}.
    """
    found: list[Any] = run(_job("query", {"source": source}, context, path=path))
    return found


@tool(tags=("data", "table", "sql", "query"))
def data_sql(
    query: str,
    tables: dict[str, Input],
    context: ToolContext,
    parameters: list[Any] | dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Ask tables in SQL: one SELECT (SQLite's), which gives {columns, rows, truncated}.

    Args:
        query: as SELECT city, avg(age) FROM people GROUP BY city.
        tables: by name, each a list of rows, text, or {"text": ...}, {"file": ...}.
        parameters: values of its ? or :name.
    """
    answer: dict[str, Any] = run(_job("sql", tables, context, query=query, parameters=parameters))
    return answer


@tool(tags=("data", "json", "schema", "check"))
def data_validate(schema: Any, source: Input, context: ToolContext) -> dict[str, Any]:
    """Check data against a schema: {valid, errors}, each error with its path and message.

    Args:
        schema: a JSON Schema, or the short form {"city": "string", "days": "integer?"}.
        source: what to check: text, a list, or {"text": ...}, {"file": ...} or {"data": ...}.
    """
    answer: dict[str, Any] = run(_job("validate", {"source": source}, context, schema=schema))
    return answer


@tool(tags=("data", "compare", "difference"))
def data_diff(a: Input, b: Input, context: ToolContext, key: str | None = None) -> list[Any]:
    """Say what leads from one piece of data to another: a list of {op, path, value, old}.

    Args:
        a: the first: text, a list, or {"text": ...}, {"file": ...} or {"data": ...}.
        b: the second.
        key: the column by which rows of tables belong together.
    """
    changes: list[Any] = run(_job("diff", {"a": a, "b": b}, context, key=key))
    return changes


@tool(tags=("data", "table", "statistics"))
def data_summary(source: Input, context: ToolContext) -> dict[str, Any]:
    """Describe a table: how many rows, and of each column its types, range, mean and so on.

    Args:
        source: a list of rows, text, or {"text": ...}, {"file": ...}.
    """
    about: dict[str, Any] = run(_job("summary", {"source": source}, context))
    return about
