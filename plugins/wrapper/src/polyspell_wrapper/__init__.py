"""Tools made of other things.

`polyspell_wrapper.make` has the functions; `[tools.wrapper.NAME]` of polyspell.toml says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyspell.hookspecs import hookimpl

if TYPE_CHECKING:
    from polyspell.host import Host


@hookimpl
def polyspell_startup(host: Host) -> None:
    """Register the tools that the configuration describes."""
    if host.config.table("tools").get("wrapper"):
        from polyspell_wrapper.configured import register

        register(host)
