"""The settings of a tool: `[tools.NAME]` of polyspell.toml."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from polyspell.errors import ConfigError
from polyspell.tools.base import ToolContext

T = TypeVar("T", bound=msgspec.Struct)


def tool_options(context: ToolContext, name: str, kind: type[T]) -> T:
    """The settings of `[tools.NAME]`, or the defaults where there is no host.

    Args:
        context: of the call.
        name: of the table.
        kind: a Struct with defaults; with `forbid_unknown_fields` a misspelt setting is an error.

    Raises:
        ConfigError: a setting is not known, or has another type.
    """
    table = context.host.config.table("tools").get(name, {}) if context.host is not None else {}
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        known = ", ".join(kind.__struct_fields__)
        raise ConfigError(f"[tools.{name}]: {error}.", hint=f"It takes {known}.") from error
