"""polyspell plugins"""

from __future__ import annotations

import click
import msgspec

from polyspell.cli.show import json_option, print_rows
from polyspell.host import Host


@click.command("plugins")
@json_option
def command(as_json: bool) -> None:
    """What is installed, what it brings, and why something does not work."""
    host = Host()
    rows = []
    for status in host.plugins.status.values():
        row = msgspec.to_builtins(status)
        row["state"] = "failed" if status.error else "active" if status.active else "not active"
        row["what"] = "; ".join(f"{k}: {', '.join(v)}" for k, v in status.brings.items())
        if status.error:
            row["what"] = status.error
        rows.append(row)
    columns = {
        "name": "plugin", "distribution": "distribution", "version": "version",
        "state": "state", "what": "brings",
    }  # fmt: skip
    print_rows(rows, columns, as_json, "No plugins. pip install polyspell brings the usual ones.")
