"""polyspell keys"""

from __future__ import annotations

import sys

import click

from polyspell.cli.show import json_option, print_rows, warn
from polyspell.host import Host


@click.group("keys", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Keep API keys. A variable of the environment wins over a key that is kept."""
    if ctx.invoked_subcommand is not None:
        return
    host = Host()
    known = host.keys.names()
    rows = [
        {"name": n, "variable": host.keys.variable(n), "from": known.get(n, "")}
        for n in sorted({*host.keys.variables, *known})
    ]
    columns = {"name": "provider", "variable": "variable", "from": "key from"}
    print_rows(rows, columns, as_json, "No provider needs a key.")


@command.command("set")
@click.argument("name")
def set_key(name: str) -> None:
    """Keep a key: asked for without showing it, or read from a pipe."""
    keys = Host().keys
    if name not in keys.variables:
        warn(f"No installed provider {name!r} wants a key; `polyspell keys` lists those that do.")
    if sys.stdin.isatty():
        value = click.prompt(f"Key for {name}", hide_input=True)
    else:
        value = sys.stdin.readline()
    value = value.strip()
    if not value:
        raise click.UsageError("The key is empty.")
    keys.set(name, value)
    click.echo(f"Kept in {keys.path}.")


@command.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Forget a key."""
    keys = Host().keys
    if not keys.remove(name):
        raise click.ClickException(f"No key is kept for {name!r}.")
    click.echo(f"Removed from {keys.path}.")


@command.command("path")
def path() -> None:
    """Where the keys are."""
    click.echo(Host().keys.path)
