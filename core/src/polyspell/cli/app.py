"""The command `polyspell`: its subcommands are imported when they are asked for."""

from __future__ import annotations

import difflib
import importlib
import os
import sys

import click

from polyspell import __version__
from polyspell.cli.show import coloured
from polyspell.errors import ConfigError, PolyspellError

COMMANDS = {
    "run": "Run a spell",
    "chat": "Talk with a model",
    "conversations": "List, show, search, branch and delete what was said",
    "repl": "Try a scripting language, line by line",
    "test": "Run the tests of spells",
    "events": "Watch, record and replay what running programs tell",
    "models": "List models, and download those that run here",
    "tools": "List and call tools",
    "plugins": "What is installed, and what does not work",
    "engines": "The scripting languages and what they can",
    "keys": "Keep API keys",
    "types": "Write the types that editors complete the script API from",
    "new": "Start a plugin",
    "completion": "Shell completion",
}


class Commands(click.Group):
    """Subcommands by name, loaded late; plugins add theirs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, ours first."""
        return [*COMMANDS, *sorted(_added())]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """One command, imported now."""
        if name in COMMANDS:
            module = importlib.import_module(f"polyspell.cli.commands.{name}")
            command: click.Command = module.command
            return command
        return _added().get(name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a misspelt name is answered with the one that was meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if near:
                hint = f"{error.message} Did you mean {near[0]!r}?"
                raise click.UsageError(hint, ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without importing what it lists."""
        rows = list(COMMANDS.items())
        rows += [(n, c.get_short_help_str(60)) for n, c in sorted(_added().items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _added() -> dict[str, click.Command]:
    """The commands of plugins."""
    from polyspell.config import Config
    from polyspell.plugins import PluginManager, chosen_plugins

    try:
        plugins = PluginManager(chosen_plugins(Config(), None))
    except PolyspellError:
        return {}
    found = {c.name or "": c for _, c in plugins.collect("polyspell_commands")}
    return {name: c for name, c in found.items() if name and name not in COMMANDS}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="polyspell")
@click.option("--config", type=click.Path(exists=True), help="Use this polyspell.toml.")
@click.option("-v", "--verbose", count=True, help="Say more; -vv everything.")
@click.pass_context
def polyspell(ctx: click.Context, config: str | None, verbose: int) -> None:
    """Polyspell: agents, tools and spells in Lua, JavaScript, Wren and Python.

    \b
    polyspell run weather.lua     run a spell
    polyspell COMMAND --help      what a command takes

    Exit codes: 0, 1 for a failed run, 2 for wrong usage, 130 for interruption.
    """
    if config is not None:
        os.environ["POLYSPELL_CONFIG"] = config
    ctx.obj = verbose
    ctx.color = None if coloured() else False
    if verbose:
        import logging

        level = logging.DEBUG if verbose > 1 else logging.INFO
        logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


def run() -> None:
    """Run the command line; every error is a sentence, never a trace (but with -vv)."""
    from polyspell.cli.show import print_error

    verbose = "-vv" in sys.argv
    try:
        code = polyspell.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except PolyspellError as error:
        if verbose:
            raise
        print_error(error)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except OSError as error:
        if verbose:
            raise
        print_error(of_the_system(error))
        sys.exit(1)
    except Exception as error:
        if verbose:
            raise
        print_error(unexpected(error))
        sys.exit(1)


def of_the_system(error: OSError) -> PolyspellError:
    """A file that is not there, a disk that is full."""
    what = f"{error.filename}: " if error.filename else ""
    return PolyspellError(
        f"{what}{error.strerror or error}.", hint="Check the path, its permissions and the disk."
    )


def unexpected(error: Exception) -> PolyspellError:
    """An error that nobody meant to raise: a defect, of ours or of a plugin."""
    return PolyspellError(
        f"Unexpected {type(error).__name__}: {error}",
        hint="This is a defect. Run again with `polyspell -vv ...` to see where, and report it.",
    )
