"""The command line."""

from __future__ import annotations

import sys

from polyspell import __version__


def main() -> None:
    """The program `polyspell`. Its libraries are the extra `polyspell-core[cli]`."""
    if sys.argv[1:] in (["--version"], ["-V"]):  # answered before anything is imported
        print(f"polyspell {__version__}")
        return
    try:
        import click  # noqa: F401
    except ImportError:
        sys.exit("The command line needs more: pip install 'polyspell-core[cli]'")
    from polyspell.cli.app import run

    run()
