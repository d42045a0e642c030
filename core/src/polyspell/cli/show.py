"""What a person sees: tables, errors; rich on a terminal, plain text in a pipe, JSON on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from polyspell.errors import PolyspellError, ScriptError

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """A value as indented JSON."""
    click.echo(
        msgspec.json.format(msgspec.json.encode(value, enc_hook=stand_in), indent=2).decode()
    )


def print_rows(
    rows: Sequence[dict[str, Any]], columns: dict[str, str], as_json: bool, empty: str = "Nothing."
) -> None:
    """A list of things.

    Args:
        rows: each by its column names; all fields go into JSON.
        columns: which fields a person sees, and their headings.
        as_json: print JSON instead.
        empty: what to say where there is nothing.
    """
    if as_json:
        print_json(list(rows))
    elif not rows:
        click.echo(empty)
    elif sys.stdout.isatty():
        _rich_table(rows, columns)
    else:
        for row in rows:
            click.echo("\t".join(cell(row.get(key)) for key in columns))


def _rich_table(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = {k: h for k, h in columns.items() if any(cell(row.get(k)) for row in rows)}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, heading in enumerate(columns.values()):
        table.add_column(heading, style="cyan" if index == 0 else None, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell(row.get(key))) for key in columns])
    Console().print(table)


def cell(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(v) for v in value)
    return str(value)


def print_value(value: Any) -> None:
    """What a script returned: text as it is, all else as JSON."""
    if isinstance(value, str):
        click.echo(value)
    elif value is not None:
        click.echo(msgspec.json.encode(value, enc_hook=stand_in))


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
    colour = sys.stderr.isatty()

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
    for frame in error.context.get("frames") or ():
        spot = ":".join(str(p) for p in (frame.get("file"), frame.get("line")) if p)
        click.echo(styled(f"    in {frame.get('function') or '?'} ({spot})", dim=True), err=True)
    if error.hint:
        click.echo(f"  {styled('hint:', fg='yellow')} {error.hint}", err=True)


def warn(text: str) -> None:
    """A warning on stderr."""
    click.echo(click.style("warning: ", fg="yellow") + text, err=True)
