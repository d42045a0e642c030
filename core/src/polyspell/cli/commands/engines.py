"""polyspell engines"""

from __future__ import annotations

from typing import Any

import click
import msgspec

from polyspell.cli.hosts import with_host
from polyspell.cli.show import json_option, print_rows
from polyspell.errors import PolyspellError
from polyspell.host import Host


@click.command("engines")
@json_option
def command(as_json: bool) -> None:
    """The scripting languages: what each can, how it is isolated, and what holds its worker in."""

    async def work(host: Host) -> list[dict[str, Any]]:
        return [await _row(host, entry.name, entry.info) for entry in host.engines.entries()]

    columns = {
        "name": "engine", "version": "version", "extensions": "files", "features": "features",
        "isolations": "isolation", "sandbox": "worker",
    }  # fmt: skip
    rows = with_host(work)
    print_rows(rows, columns, as_json, "No engines: pip install polyspell-lua", blocks=True)


async def _row(host: Host, name: str, info: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "extensions": list(info.extensions)}
    try:
        facts = host.engines.get(name).facts
    except PolyspellError as error:
        return {**row, "error": str(error), "sandbox": f"does not load: {error}"}
    row |= msgspec.to_builtins(facts)
    row["features"] = sorted(facts.features)
    report = await host.scripts.hardening(name)
    if report is None:
        return {**row, "sandbox": "the engine's own worker" if facts.threaded else "none"}
    row["hardening"] = msgspec.to_builtins(report)
    gaps = ", ".join(f"{k}: {v}" for k, v in report.gaps.items())
    row["sandbox"] = f"gaps: {gaps}" if gaps else "locked in: " + ", ".join(report.layers)
    return row
