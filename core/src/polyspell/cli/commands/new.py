"""polyspell new"""

from __future__ import annotations

from pathlib import Path

import click

from polyspell.cli.scaffold import KINDS, write_plugin


@click.group("new")
def command() -> None:
    """Start a plugin."""


@command.command("plugin")
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS)), default="tool", show_default=True)
@click.option("--folder", type=click.Path(file_okay=False), help="Where; else polyspell-NAME.")
def plugin(name: str, kind: str, folder: str | None) -> None:
    """Write a plugin that works.

    Its code, its tests by the contract kit, its README.

    \b
    polyspell new plugin dice
    cd polyspell-dice && pip install -e '.[test]' && pytest
    """
    path = Path(folder) if folder else Path(f"polyspell-{name}")
    for file in write_plugin(path, name, kind):
        click.echo(file)
    click.echo(f"\nNext: cd {path} && pip install -e '.[test]' && pytest && polyspell plugins")
