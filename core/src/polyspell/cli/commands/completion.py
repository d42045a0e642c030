"""polyspell completion"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash: eval "$(polyspell completion bash)"      in ~/.bashrc
    zsh:  eval "$(polyspell completion zsh)"       in ~/.zshrc
    fish: polyspell completion fish | source       in config.fish
    """
    from polyspell.cli.app import polyspell

    cls = get_completion_class(shell)
    assert cls is not None
    click.echo(cls(polyspell, {}, "polyspell", "_POLYSPELL_COMPLETE").source())
