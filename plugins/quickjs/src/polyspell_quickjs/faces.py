"""The script API as JavaScript shows it: names in camelCase, functions, handles and records."""

from __future__ import annotations

import json
import re
from typing import Any

from polyspell.scripting.declare import Api, FunctionSpec, HandleSpec

NATIVE = ("PolyspellError", "all", "batch")
"""What the module `polyspell` has of its own in JavaScript."""


def camel(name: str) -> str:
    """`add_later` as JavaScript writes it: `addLater`."""
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda match: match[1].upper(), name)


class Faces:
    """What a declared API looks like in JavaScript.

    Args:
        api: the declaration.
    """

    def __init__(self, api: Api) -> None:
        self.json = json.dumps(
            {
                "modules": {m.name: [_function(f) for f in m.functions] for m in api.modules},
                "handles": {h.name: _handle(h) for h in api.handles},
                "records": {
                    r.name: [[camel(f.name), f.name] for f in r.fields if camel(f.name) != f.name]
                    for r in api.records
                },
            }
        )
        self.functions = [
            f"{m.name}.{camel(f.name)}".lstrip(".") for m in api.modules for f in m.functions
        ]
        self.has_sleep = any(
            not m.name and any(f.name == "sleep" and f.waits for f in m.functions)
            for m in api.modules
        )
        self._names = {
            *NATIVE,
            *(m.name for m in api.modules if m.name),
            *(camel(f.name) for m in api.modules if not m.name for f in m.functions),
            *(h.name for h in api.handles),
        }
        owners = [(m.name, m.functions) for m in api.modules] + [
            (h.name, h.methods) for h in api.handles
        ]
        self._options = {
            (owner, f.name): renamed for owner, fs in owners for f in fs if (renamed := _options(f))
        }

    def module(self, values: dict[str, Any]) -> str:
        """The source of the module `polyspell`, with constants."""
        lines = ["const face = __api();"]
        for index, name in enumerate(sorted({*self._names, *values})):
            quoted = json.dumps(name)
            lines.append(f"const n{index} = face[{quoted}]; export {{ n{index} as {quoted} }};")
        return "\n".join([*lines, "export default face;"])

    def arguments(self, owner: str, name: str, arguments: list[Any]) -> list[Any]:
        """Arguments as the host names them: the option `maxTokens` is `max_tokens`."""
        renamed = self._options.get((owner, name))
        if not renamed or not arguments or type(arguments[-1]) is not dict:
            return arguments
        options = {renamed.get(key, key): value for key, value in arguments[-1].items()}
        return [*arguments[:-1], options]


def _function(spec: FunctionSpec) -> list[Any]:
    return [camel(spec.name), spec.name, spec.waits, spec.is_property, spec.batched]


def _handle(spec: HandleSpec) -> dict[str, Any]:
    """A handle's methods; which of them closes it, gives its items, and is meant where it is called
    itself; whether closing waits."""
    close = next((f for f in spec.methods if f.name == "close"), None)
    return {
        "functions": [_function(f) for f in spec.methods],
        "closes": "close" if close else None,
        "closeWaits": bool(close and close.waits),
        "iterates": camel(spec.iterates) if spec.iterates else None,
        "calls": camel(spec.calls) if spec.calls else None,
    }


def _options(spec: FunctionSpec) -> dict[str, str]:
    """The options of a function that JavaScript writes otherwise."""
    names = [p.name for p in spec.params]
    return {camel(n): n for n in names if camel(n) != n and camel(n) not in names}
