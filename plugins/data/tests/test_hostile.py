"""Data that would read files, run code, or take all the time and memory there is."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import LimitExceeded, PermissionDenied, PolyspellError, ToolError
from polyspell.grants import Grants
from polyspell.host import Host
from polyspell.tools import Tool, ToolContext
from polyspell_data import formats, tools
from polyspell_data.limits import Options

OPTIONS = Options()
LIMITS = {"seconds": 1.0, "memory": 400_000_000, "max_rows": 100, "max_values": 20_000}


def call(tool: Tool, grants: tuple[str, ...] = (), **arguments: Any) -> Any:
    host = Host(plugins=[], config={"tools": {"data": LIMITS}})
    return asyncio.run(tool.call(arguments, ToolContext(host=host, grants=Grants(grants))))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
MERGES = "a: &a {k: v}\n" + "".join(
    f"{new}: &{new} {{<<: [{','.join([f'*{old}'] * 9)}]}}\n"
    for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
LAUGHS = "<!DOCTYPE l [" + "".join(
    f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9)
) + "]><l>&l9;</l>"  # fmt: skip

TEXTS = {
    "yaml": [
        BOMB,
        MERGES,
        "a: &a [*a]",
        "!!python/object/apply:os.system ['id']",
        "!!python/name:os.system",
        "!!binary aGk=",
        "!!set {a}",
        "!own x",
        "!!timestamp 2026-01-01",
        "[" * 5000,
        "a:\n" + "".join(" " * n + "b:\n" for n in range(1, 300)),
        "1" * 5000,
        "? [a]\n: b",
        "a: *none",
        "\x00",
        "\x07",
        "%YAML 9.9\n---\na",
        "- " * 3000,
        "&a " * 3000,
        "a: b: c",
        "'",
        "a: |99\n x",
    ],
    "xml": [
        LAUGHS,
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
        "<!DOCTYPE a><a/>",
        "<a>&x;</a>",
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        "<a>" * 5000,
        "<a",
        "",
        '<?xml version="1.0" encoding="UTF-7"?><a/>',
        '<?xml version="1.0" encoding="no"?><a/>',
        "<a/>" * 2,
        '<a xmlns:x="y" x:b="1" x:b="2"/>',
        "<a>\x00</a>",
        "<a>" + "<b/>" * 30_000 + "</a>",
    ],
    "json": [
        "[" * 100_000,
        '{"a":' * 5000,
        "1" * 5000,
        "NaN",
        "[Infinity]",
        "\x00",
        "'a'",
        "",
        "[1,]",
        "[" + "1," * 30_000 + "1]",
        '"\\ud800' * 2,
    ],
    "toml": ["a = 1\na = 2", "[" * 3000, "a = " + "[" * 3000, "a." * 3000 + "b = 1", "a = '"],
    "csv": [
        'a,"b',
        "a\n" + '"' + "x" * 200_000 + '"',
        "," * 2000 + "\n1",
        "a\n" * 30_000,
        "a\n\x00",
    ],
    "xlsx": ["PK", "PK\x03\x04" + "\x00" * 50, "", "not a workbook"],
}
CASES = [(format, text) for format, texts in TEXTS.items() for text in texts]


@pytest.mark.parametrize(("format", "text"), CASES, ids=[f"{f}-{t[:25]!r}" for f, t in CASES])
def test_a_hostile_text_is_an_error_of_ours(format: str, text: str) -> None:
    options = Options(**LIMITS)
    try:
        value = formats.read(text.encode(), format, options)
    except PolyspellError:
        return
    assert format == "csv" or (format == "json" and "ud800" in text), value


def book(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    bomb = book(**{"xl/worksheets/sheet1.xml": b"\0" * 60_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(LimitExceeded, match="Unpacked"):
        formats.read(bomb, "xlsx", OPTIONS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_entities_is_refused(encoding: str) -> None:
    bad = book(**{"xl/workbook.xml": LAUGHS.encode(encoding)})
    with pytest.raises(ToolError, match="document type"):
        formats.read(bad, "xlsx", OPTIONS)


def test_a_workbook_that_lies_about_its_sizes_is_refused() -> None:
    content = bytearray(book(a=b"x" * 1000))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(PolyspellError):
        formats.read(bytes(content), "xlsx", OPTIONS)


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_spreadsheet_works_out_a_text_of_ours(formula: str) -> None:
    text = formats.write([{"x": formula}], "csv", OPTIONS).decode()
    assert text.partition("\n")[2].lstrip('"').startswith("'")
    header = formats.write([{formula: 1}], "csv", OPTIONS).decode()
    assert header.lstrip('"').startswith("'")
    packed = zipfile.ZipFile(io.BytesIO(formats.write([{"x": formula}], "xlsx", OPTIONS)))
    assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


def test_numbers_are_no_formulas() -> None:
    assert formats.write([{"x": -5, "y": "-5"}], "csv", OPTIONS) == b"x,y\n-5,-5\n"
    assert formats.write([{"x": "=1"}], "csv", OPTIONS, formulas=True) == b"x\n=1\n"


FORBIDDEN = [
    "ATTACH '/tmp/x.db' AS x", "ATTACH ':memory:' AS x", "SELECT load_extension('x')",
    "PRAGMA database_list", "PRAGMA writable_schema = 1", "CREATE TABLE x (y)", "DROP TABLE t",
    "INSERT INTO t VALUES (1)", "UPDATE t SET n = 1", "DELETE FROM t", "VACUUM INTO '/tmp/x.db'",
    "SELECT readfile('/etc/passwd')", "SELECT writefile('/tmp/x', 'y')", "SELECT edit('x')",
    "CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd')", "BEGIN", "DETACH main", "REINDEX",
    "SELECT fts3_tokenizer('simple', x'00')", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t", "",
    "CREATE TEMP TABLE x (y)", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END", "ANALYZE",
    "EXPLAIN", "SELECT * FROM missing", "SELECT \x00", "SELECT ?", "ALTER TABLE t RENAME TO x",
]  # fmt: skip


@pytest.mark.parametrize("query", FORBIDDEN)
def test_a_query_only_reads_its_tables(query: str) -> None:
    from polyspell_data.sqltables import ask

    with pytest.raises(ToolError):
        ask(query, {"t": [{"n": 1}]}, None, OPTIONS)


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c{}) SELECT {} FROM c"
GREEDY = [
    ENDLESS.format("", "count(*)"),
    ENDLESS.format(" LIMIT 100000", "randomblob(1000000)") + " ORDER BY 1",
    ENDLESS.format(" LIMIT 100000", "group_concat(hex(zeroblob(100000)))"),
    "SELECT zeroblob(1000000000)",
    "SELECT replace(hex(zeroblob(2000000)), '0', hex(zeroblob(2000000)))",
    "SELECT count(*) FROM t a, t b, t c, t d, t e, t f, t g, t h WHERE a.n + b.n + h.n = -1",
]  # fmt: skip


@pytest.mark.parametrize("query", GREEDY, ids=lambda q: q[-50:])
def test_a_query_that_takes_too_much_is_ended(query: str) -> None:
    with pytest.raises(LimitExceeded):
        call(tools.data_sql, query=query, tables={"t": [{"n": n} for n in range(50)]})


def test_a_text_that_sqlite_cannot_make_is_refused_or_nothing() -> None:
    # SQLite counts to a billion in vain, and says NULL: if it is as quick as its time allows.
    query = "SELECT printf('%.*c', 1000000000, 'x') AS made"
    try:
        assert call(tools.data_sql, query=query, tables={})["rows"] == [{"made": None}]
    except LimitExceeded as refused:
        assert refused.context["limit"] == "seconds"


def test_an_answer_of_many_large_values_is_refused() -> None:
    large = ENDLESS.format("", "zeroblob(4000000)")
    with pytest.raises(LimitExceeded):
        call(tools.data_sql, query=large, tables={})


def test_an_answer_has_so_many_rows_at_most() -> None:
    answer = call(tools.data_sql, query=ENDLESS.format("", "x"), tables={})
    assert (len(answer["rows"]), answer["truncated"]) == (100, True)


@pytest.mark.parametrize("path", ["$" + "..*" * 12, "$[", "a", "$[?1]", "$" + "[" * 5000])
def test_a_path_that_takes_too_much_or_is_none_is_refused(path: str) -> None:
    deep: Any = {"a": "x"}
    for _ in range(60):
        deep = [deep, {"x": deep}] if len(repr(deep)) < 4000 else [deep]
    with pytest.raises(PolyspellError):
        call(tools.data_query, path=path, source={"data": deep})


@pytest.mark.parametrize("path", ["$[?match(@.a, '(a|a)*b')]", "$" + "[?@" * 40 + "]" * 40])
def test_a_path_that_looks_dear_takes_no_time(path: str) -> None:
    try:
        assert call(tools.data_query, path=path, source=[{"a": "a" * 40}]) == []
    except ToolError as refused:  # newer versions of the library take no path so deep
        assert "is not a JSONPath" in str(refused)


def test_files_are_read_and_written_under_grants(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "b.json"
    source.write_text("n\n1\n")
    grants = (f"fs.read:{tmp_path}/a.csv", f"fs.write:{tmp_path}/b.json")
    told = call(tools.data_convert, grants, source={"file": str(source)}, file=str(target))
    assert told == {"file": str(target.resolve()), "bytes": target.stat().st_size}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "b.json"]
    for arguments in (
        {"source": {"file": f"{tmp_path}/../../etc/passwd"}},
        {"source": {"file": str(target)}},
        {"source": [1], "file": str(tmp_path / "c.json")},
    ):
        with pytest.raises(PermissionDenied) as denied:
            call(tools.data_convert, grants, **arguments)
        assert denied.value.context["grant"].startswith("fs.")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(ToolError, match="cannot be written"):
        call(tools.data_convert, ("fs",), source=[1], file=str(tmp_path / "folder.json"))
    with pytest.raises(ToolError, match="cannot be written"):
        call(tools.data_convert, ("fs",), source=[1], file=str(tmp_path / "missing" / "x.json"))
    assert [p.name for p in tmp_path.iterdir()] == ["folder.json"]


def test_a_large_text_is_read_elsewhere_and_comes_back_whole() -> None:
    rows = [{"n": n, "s": "x" * 10} for n in range(5000)]
    text = call(tools.data_convert, source=rows, to="csv")
    assert len(text) > 64 * 1024
    assert call(tools.data_convert, source=text) == rows
    media = call(tools.data_convert, source=rows, to="xlsx").media
    assert formats.read(media[0].data, "xlsx", OPTIONS) == rows
