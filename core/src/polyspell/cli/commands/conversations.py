"""polyspell conversations"""

from __future__ import annotations

import datetime

import click
import msgspec

from polyspell.cli.hosts import with_host
from polyspell.cli.show import json_option, print_rows
from polyspell.host import Host


@click.group("conversations", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List, show, search, branch and delete what was said in `polyspell chat`."""
    if ctx.invoked_subcommand is not None:
        return

    async def work(host: Host) -> list[dict[str, object]]:
        return [msgspec.to_builtins(info) for info in await host.conversations.all()]

    rows = with_host(work)
    for row in rows:
        when = datetime.datetime.fromtimestamp(float(str(row["time"])))
        row["when"] = when.isoformat(" ", "minutes")
    columns = {"id": "conversation", "when": "last", "messages": "messages", "title": "about"}
    print_rows(rows, columns, as_json, "Nothing was kept yet.")


@command.command("show")
@click.argument("id")
@json_option
def show(id: str, as_json: bool) -> None:
    """Print a conversation."""

    async def work(host: Host) -> list[dict[str, str]]:
        memory = await host.conversations.existing(id)
        return [{"role": m.role, "text": m.text} for m in await memory.messages()]

    print_rows(with_host(work), {"role": "who", "text": "what"}, as_json)


@command.command("search")
@click.argument("words", nargs=-1, required=True)
@json_option
def search(words: tuple[str, ...], as_json: bool) -> None:
    """Find what was said."""

    async def work(host: Host) -> list[dict[str, object]]:
        return await host.conversations.search(" ".join(words))

    columns = {"id": "conversation", "role": "who", "text": "what"}
    print_rows(with_host(work), columns, as_json, "Nothing was found.")


@command.command("branch")
@click.argument("id")
@click.option("--at", type=int, help="With only so many of its messages.")
@click.option("--to", help="The new one's id.")
def branch(id: str, at: int | None, to: str | None) -> None:
    """Begin a new conversation like another one."""

    async def work(host: Host) -> str | None:
        return (await host.conversations.branch(id, at=at, to=to)).name

    click.echo(with_host(work))


@command.command("delete")
@click.argument("id")
def delete(id: str) -> None:
    """Delete a conversation."""

    async def work(host: Host) -> None:
        host.conversations.delete(id)

    with_host(work)
