"""`system_env`."""

from __future__ import annotations

import os

from polyspell.errors import ToolError
from polyspell.tools import ToolContext, tool


@tool(name="system_env", tags=("system",))
def env(context: ToolContext, name: str) -> str | None:
    """The value of an environment variable, or null if there is none. Needs the grant env:NAME.

    Args:
        name: of the variable.
    """
    if not name or "=" in name or "\0" in name:
        raise ToolError(f"{name!r} is no name of a variable.", hint="Name it, as in HOME.")
    context.grants.require(f"env:{name}")
    return os.environ.get(name)
