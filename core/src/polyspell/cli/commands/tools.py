"""polyspell tools"""

from __future__ import annotations

from typing import Any

import click
import msgspec

from polyspell.cli.hosts import with_host
from polyspell.cli.show import json_option, print_json, print_rows
from polyspell.errors import ConfigError, PolyspellError
from polyspell.grants import UNRESTRICTED, Grants
from polyspell.host import Host
from polyspell.tools import ToolContext


@click.group("tools", invoke_without_command=True)
@click.option("-q", "--query", default="", help="Only those whose name or text has this.")
@json_option
@click.pass_context
def command(ctx: click.Context, query: str, as_json: bool) -> None:
    """List the tools that agents can use by name."""
    if ctx.invoked_subcommand is not None:
        return
    host = Host()
    rows = []
    for entry in host.tools.entries():
        try:
            tool = host.tools.get(entry.name)
        except PolyspellError as error:
            about: dict[str, Any] = {
                "error": str(error),
                "description": f"does not load: {error}",
            }
        else:
            about = {
                "description": tool.description,
                "parameters": tool.parameters,
                "tags": list(tool.tags),
            }
        rows.append({"name": entry.name, "source": entry.source, **about})
    found = [r for r in rows if query.lower() in f"{r['name']} {r['description']}".lower()]
    columns = {"name": "tool", "description": "what it does", "source": "from"}
    print_rows(found, columns, as_json, "No tools.")


@command.command("call")
@click.argument("name")
@click.option("--json", "arguments", default="{}", help="The arguments, as a JSON object.")
@click.option("--grant", multiple=True, help="Let it do only this; everything if left out.")
def call(name: str, arguments: str, grant: tuple[str, ...]) -> None:
    """Call a tool and print its answer as JSON."""
    try:
        given = msgspec.json.decode(arguments, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ConfigError(f"--json is not a JSON object: {error}.", hint="Quote it.") from error
    grants = Grants(grant) if grant else UNRESTRICTED

    async def work(host: Host) -> Any:
        return await host.tools.get(name).call(given, ToolContext(host=host, grants=grants))

    print_json(with_host(work))
