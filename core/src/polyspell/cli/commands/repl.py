"""polyspell repl"""

from __future__ import annotations

from typing import Any

import click

from polyspell.cli.hosts import languages, with_host
from polyspell.cli.sandboxing import make_sandbox, sandbox_options, use_model
from polyspell.host import Host


@click.command("repl")
@click.option(
    "-l",
    "--lang",
    default="lua",
    show_default=True,
    metavar="LANG",
    shell_complete=languages,
    help="The language.",
)
@click.option("-m", "--model", metavar="NAME", help="The default model; grants its use.")
@sandbox_options
def command(lang: str, model: str | None, **sandbox: Any) -> None:
    """Try a scripting language: history, several lines, completion of the script API.

    The sandbox is that of `polyspell run`. Ctrl-D ends; a line that is not finished goes on in the
    next."""
    from polyspell.cli.repl import Repl

    async def work(host: Host) -> None:
        use_model(model)
        box = make_sandbox(host, model, **sandbox)
        await Repl(host, lang, box).hold()

    with_host(work)
