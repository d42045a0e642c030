"""polyspell types"""

from __future__ import annotations

from pathlib import Path

import click

from polyspell.cli.hosts import languages
from polyspell.errors import ConfigError
from polyspell.host import Host


@click.command("types")
@click.argument("lang", shell_complete=languages)
@click.argument("folder", type=click.Path(file_okay=False), default=".")
def command(lang: str, folder: str) -> None:
    """Write the types of the script API, plugins' modules included, into FOLDER: for lua LuaLS
    annotations, for javascript a .d.ts, for python a .pyi, for wren a documented outline."""
    from polyspell.scripting.stubs import WRITERS, language_of

    name = language_of(lang)
    if name is None:
        raise ConfigError(f"No types for {lang!r}.", hint=f"Languages are {', '.join(WRITERS)}.")
    file, text = WRITERS[name](Host().scripts.vocabulary.api)
    path = Path(folder) / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    click.echo(path)
