"""Tools for data: formats, queries, tables."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl

_FORMATS = ("json", "yaml", "toml", "csv", "xml", "excel")
_TOOLS = {
    "data_convert": (
        "Read data of one format and write it in another: JSON, YAML, TOML, CSV, XML, Excel",
        (*_FORMATS, "convert", "read", "write"),
    ),
    "data_query": ("Find values in data by a JSONPath", ("json", "query", "jsonpath", "search")),
    "data_sql": ("Ask tables in SQL", ("table", "sql", "query", "csv", "excel")),
    "data_validate": ("Check data against a schema", ("json", "schema", "check", "validate")),
    "data_diff": ("Say what two pieces of data differ in", ("compare", "difference", "table")),
    "data_summary": (
        "Describe a table: the types, range, mean and so on of each column",
        ("table", "statistics", "csv", "excel"),
    ),
}


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(
            name=name,
            load=f"polyspell_data.tools:{name}",
            description=about,
            tags=("data", *tags),
            category="data",
        )
        for name, (about, tags) in _TOOLS.items()
    ]
