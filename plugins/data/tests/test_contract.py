"""The contract of tools, for each tool of this plugin."""

from __future__ import annotations

from polyspell.testing.tool_contract import ToolContract
from polyspell_data import tools

PEOPLE = [{"name": "Ada", "age": 36}, {"name": "Alan", "age": 41}]
CSV = "name,age\nAda,36\nAlan,41\n"


class TestConvert(ToolContract):
    tool = tools.data_convert
    examples = (
        ({"source": CSV}, PEOPLE),
        ({"source": PEOPLE, "to": "csv"}, CSV),
        ({"source": {"text": "a: [1, 2]", "format": "yaml"}, "to": "json"}, lambda t: "[" in t),
        ({"source": PEOPLE, "to": "xlsx"}, lambda out: out.media[0].data.startswith(b"PK")),
    )
    refused = ({"source": {"text": "", "fromat": "json"}}, {"source": [], "to": "docx"})


class TestQuery(ToolContract):
    tool = tools.data_query
    examples = (
        (
            {"path": "$[?@.age > 40].name", "source": PEOPLE},
            [{"path": "$[1]['name']", "value": "Alan"}],
        ),
    )
    refused = ({"path": 1, "source": []}, {"path": "$"})


class TestSql(ToolContract):
    tool = tools.data_sql
    examples = (
        (
            {
                "query": "SELECT name FROM people WHERE age > :least",
                "tables": {"people": CSV},
                "parameters": {"least": 40},
            },
            {"columns": ["name"], "rows": [{"name": "Alan"}], "truncated": False},
        ),
    )
    refused = ({"query": "SELECT 1"}, {"query": "SELECT 1", "tables": []})


class TestValidate(ToolContract):
    tool = tools.data_validate
    examples = (
        ({"schema": ["integer"], "source": [1, 2]}, {"valid": True, "errors": []}),
        (
            {"schema": {"n": "integer"}, "source": {"data": {"n": "x"}}},
            lambda told: not told["valid"] and told["errors"][0]["path"] == "n",
        ),
    )
    refused = ({"schema": {}},)


class TestDiff(ToolContract):
    tool = tools.data_diff
    examples = (
        (
            {"a": [1, 2], "b": [1, 3, 4]},
            [
                {"op": "replace", "path": "/1", "old": 2, "value": 3},
                {"op": "add", "path": "/2", "value": 4},
            ],
        ),
        (
            {"a": PEOPLE, "b": [PEOPLE[1], {"name": "Ada", "age": 37}], "key": "name"},
            [{"op": "replace", "path": "/Ada/age", "old": 36, "value": 37}],
        ),
    )
    refused = ({"a": []},)


class TestSummary(ToolContract):
    tool = tools.data_summary
    examples = (
        (
            {"source": CSV},
            lambda told: told["rows"] == 2 and told["columns"]["age"]["mean"] == 38.5,
        ),
    )
    refused = ({},)
