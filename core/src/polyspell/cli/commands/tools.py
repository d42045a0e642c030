"""polyspell tools"""

from __future__ import annotations

from typing import Any

import click
import msgspec

from polyspell.cli.hosts import with_host
from polyspell.cli.show import json_option, print_json, print_rows
from polyspell.errors import ConfigError, PolyspellError, ValidationError
from polyspell.grants import UNRESTRICTED, Grants
from polyspell.host import Host
from polyspell.tools import ToolCard, ToolContext, ToolOutput


@click.group("tools", invoke_without_command=True)
@click.option("-q", "--query", default="", help="Only those that fit these words, the best first.")
@click.option("-t", "--tag", help="Only those with this tag.")
@click.option("--category", help="Only those of this category.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, query: str, tag: str | None, category: str | None, as_json: bool
) -> None:
    """List the tools that agents can use by name."""
    if ctx.invoked_subcommand is not None:
        return

    async def work(host: Host) -> list[dict[str, Any]]:
        tools = host.tools
        found = tools.search(query, tag=tag, category=category, limit=len(tools))
        return [_row(host, card) for card in found]

    columns = {"name": "tool", "what": "what it does", "note": "", "source": "from"}
    rows = with_host(work)
    print_rows(
        rows if not as_json else [_whole(row) for row in rows], columns, as_json, "No tools."
    )


def _row(host: Host, card: ToolCard) -> dict[str, Any]:
    """A tool as it is shown, and why if it does not load."""
    row = {**msgspec.structs.asdict(card), "what": _sentence(card.description)}
    row["note"] = f"deprecated: {card.deprecated}" if card.deprecated else ""
    try:
        tool = host.tools.get(card.name)
    except PolyspellError as error:
        return {**row, "error": str(error), "what": f"does not load: {error}"}
    row["what"] = row["what"] or _sentence(tool.description)
    row["description"] = tool.description
    return {**row, "parameters": tool.parameters, "grants": list(tool.grants)}


def _sentence(text: str) -> str:
    """The first sentence of a text, on one line."""
    return " ".join(text.split()).partition(". ")[0].rstrip(".")


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("what", "note")}


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
        tool = host.tools.get(name)
        try:
            return await tool.call(given, ToolContext(host=host, grants=grants))
        except ValidationError as error:
            error.hint = error.hint or f"{name} takes {_parameters(tool.parameters)}."
            raise

    answer = with_host(work)
    if isinstance(answer, ToolOutput) and not answer.media and not answer.error:
        answer = answer.text if answer.data is None else answer.data
    print_json(answer)


def _parameters(schema: dict[str, Any]) -> str:
    """The names of a tool's parameters; those that may be left out with a question mark."""
    required = schema.get("required", ())
    names = [n if n in required else f"{n}?" for n in schema.get("properties", {})]
    return ", ".join(names) or "nothing"
