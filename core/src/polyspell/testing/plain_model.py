"""What a plain model would answer, by rule: for servers in tests that speak a vendor's wire format,
so that a provider can be held to its contract where no real server speaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from polyspell.schema.example import example

_PLACE = re.compile(r"\bin ([A-Z]\w+)")


class Call(NamedTuple):
    """The model calls a tool."""

    name: str
    arguments: dict[str, Any]


def reply(
    said: str,
    *,
    tools: Mapping[str, dict[str, Any]] | None = None,
    result: str | None = None,
    schema: dict[str, Any] | None = None,
) -> str | Call:
    """The answer to what was said last: from the `result` of a tool if there is one, a call of the
    first of the `tools` (name to schema of arguments), JSON of the `schema`, else words."""
    if result is not None:
        return f"The tool says: {result}"
    if tools:
        name, parameters = next(iter(tools.items()))
        found = _PLACE.search(said)
        arguments = example(parameters)
        if found:
            arguments = {k: found[1] if v == "text" else v for k, v in arguments.items()}
        return Call(name, arguments)
    if schema is not None:
        return json.dumps(example(schema))
    return f"You said: {said} One two three four five."
