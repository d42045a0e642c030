"""What a person sees: tables, errors; rich on a terminal, plain text in a pipe, JSON on request."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from polyspell.cli.frames import frame_lines
from polyspell.errors import PolyspellError, ScriptError


def coloured() -> bool:
    """Whether a terminal may be given colours: what NO_COLOR says."""
    return not os.environ.get("NO_COLOR")


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """A value as indented JSON."""
    click.echo(
        msgspec.json.format(msgspec.json.encode(value, enc_hook=stand_in), indent=2).decode()
    )


def print_rows(
    rows: Sequence[dict[str, Any]], columns: dict[str, str], as_json: bool,
    empty: str = "Nothing.", *, blocks: bool = False,
) -> None:  # fmt: skip
    """A list of things.

    Args:
        rows: each by its column names; all fields go into JSON.
        columns: which fields a person sees, and their headings.
        as_json: print JSON instead.
        empty: what to say where there is nothing.
        blocks: a block of lines for each, as in any list on a narrow terminal.
    """
    if as_json:
        print_json(list(rows))
    elif not rows:
        click.echo(empty)
    elif sys.stdout.isatty():
        _rich_list(rows, columns, blocks)
    else:
        for row in rows:
            click.echo("\t".join(cell(row.get(key)) for key in columns))


def _rich_list(rows: Sequence[dict[str, Any]], columns: dict[str, str], blocks: bool) -> None:
    from rich.console import Console

    columns = {k: h for k, h in columns.items() if any(cell(row.get(k)) for row in rows)}
    console = Console()
    if blocks or _least(rows, columns) > console.width:
        console.print(_rich_blocks(rows, columns))
    else:
        console.print(_rich_table(rows, columns))


def _least(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> int:
    """The width that a table needs, so that no word is broken."""
    shown = ([heading, *(cell(row.get(key)) for row in rows)] for key, heading in columns.items())
    return sum(
        max(len(word) for text in texts for word in text.split() or [""]) + 3 for texts in shown
    )


def _rich_table(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, heading in enumerate(columns.values()):
        table.add_column(heading, style="cyan" if index == 0 else None, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell(row.get(key))) for key in columns])
    return table


def _rich_blocks(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> Any:
    from rich.table import Table
    from rich.text import Text

    (first, _), *rest = columns.items()
    outer = Table.grid()
    for row in rows:
        outer.add_row(Text(cell(row.get(first)), style="cyan"))
        table = Table.grid(padding=(0, 2, 0, 0))
        for key, heading in rest:
            if text := cell(row.get(key)):
                table.add_row(Text(f"  {heading}", style="dim"), Text(text, overflow="fold"))
        outer.add_row(table)
    return outer


def cell(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(v) for v in value)
    return str(value)


MOST_BITS = 14_000
"""Of an integer that is written in decimals, which Python does up to 4,300 digits."""


def print_value(value: Any) -> None:
    """What a script returned: text as it is, all else as JSON."""
    if isinstance(value, str):
        click.echo(value)
    elif value is not None:
        try:
            text = msgspec.json.encode(value, enc_hook=stand_in)
        except ValueError:  # Python's limit of digits, which long integers reach
            text = msgspec.json.encode(_written(value), enc_hook=stand_in)
        click.echo(text)


def _written(value: Any) -> Any:
    """A value with the integers that take long to write in decimals written in hexadecimals."""
    if isinstance(value, list):
        return [_written(each) for each in value]
    if isinstance(value, dict):
        return {key: _written(each) for key, each in value.items()}
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return f"{value:#x}"
    return value


def stand_in(value: Any) -> Any:
    """What JSON gets for a value that it has nothing for: the fields of a record, the name of a
    function or of an object's type."""
    from polyspell.scripting.declare import ApiHandle
    from polyspell.scripting.functions import ScriptFunction
    from polyspell.scripting.values import Record

    if isinstance(value, Record):
        return value.fields
    if isinstance(value, ScriptFunction):
        return f"<function {value.ref.name or value.ref.id}>"
    return f"<{value.api_name}>" if isinstance(value, ApiHandle) else str(value)


def literal(value: Any, words: tuple[str, str, str] = ("null", "true", "false")) -> str:
    """A value as it is written in a program, whatever is in it.

    Args:
        words: what the language calls None, True and False.
    """
    if value is None or isinstance(value, bool):
        return words[0] if value is None else words[1] if value else words[2]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float | bytes):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(item, words) for item in value)}]"
    if isinstance(value, dict):
        fields = (f"{literal(k)}: {literal(item, words)}" for k, item in value.items())
        return f"{{{', '.join(fields)}}}"
    plain = stand_in(value)
    return plain if isinstance(plain, str) else literal(plain, words)


def print_error(error: PolyspellError) -> None:
    """An error on stderr: what, where, what to do."""
    colour = sys.stderr.isatty() and coloured()

    def styled(text: str, **style: Any) -> str:
        return click.style(text, **style) if colour else text

    where = ""
    if isinstance(error, ScriptError) and error.file:
        place = [str(p) for p in (error.file, error.line, error.context.get("column")) if p]
        where = ":".join(place) + ": "
    click.echo(f"{styled('error:', fg='red', bold=True)} {where}{error.message}", err=True)
    source = error.context.get("source")
    if source and error.context.get("line"):
        click.echo(f"  {error.context['line']:>5} | {source.rstrip()}", err=True)
    for line in frame_lines(error.context.get("frames") or ()):
        click.echo(styled(f"    {line}", dim=True), err=True)
    if error.hint:
        click.echo(f"  {styled('hint:', fg='yellow')} {error.hint}", err=True)


def warn(text: str) -> None:
    """A warning on stderr."""
    sign = click.style("warning: ", fg="yellow") if coloured() else "warning: "
    click.echo(sign + text, err=True)
