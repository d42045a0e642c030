"""Tools for data: formats, queries, tables."""

from __future__ import annotations

from polyspell.hookspecs import ToolInfo, hookimpl

_TOOLS = {
    "data_convert": "Read data of one format and write it in another",
    "data_query": "Find values in data by a JSONPath",
    "data_sql": "Ask tables in SQL",
    "data_validate": "Check data against a schema",
    "data_diff": "Say what two pieces of data differ in",
    "data_summary": "Describe the columns of a table",
}


@hookimpl
def polyspell_tools() -> list[ToolInfo]:
    """The tools of this plugin."""
    return [
        ToolInfo(
            name=name,
            load=f"polyspell_data.tools:{name}",
            description=about,
            tags=("data", "table", "json", "yaml", "csv", "xml", "toml", "excel"),
        )
        for name, about in _TOOLS.items()
    ]
