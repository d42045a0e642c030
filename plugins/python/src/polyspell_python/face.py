"""The host's API as a Python script sees it, from its declaration."""

from __future__ import annotations

import keyword
from typing import Any

from polyspell.scripting.declare import Api, FunctionSpec
from polyspell.scripting.engine import ContextOptions

from polyspell_python.crossing import to_script


def shown(name: str) -> str:
    """How a declared name is written in Python: as it is, but for words of the language."""
    return f"{name}_" if keyword.iskeyword(name) else name


def properties_of(api: Api) -> frozenset[str]:
    """All names that are read as attributes and answered by the host."""
    groups = [m.functions for m in api.modules] + [h.methods for h in api.handles]
    return frozenset(shown(f.name) for group in groups for f in group if f.is_property)


def face_of(options: ContextOptions) -> dict[str, Any]:
    """What the prelude builds the module `polyspell` from."""
    return {
        "modules": [[m.name, _functions(m.functions)] for m in options.api.modules],
        "handles": [
            [h.name, h.iterates, h.calls, _functions(h.methods)] for h in options.api.handles
        ],
        "values": {name: to_script(value) for name, value in options.values.items()},
    }


def _functions(specs: tuple[FunctionSpec, ...]) -> list[list[Any]]:
    return [[shown(f.name), f.name, f.waits, f.is_property] for f in specs]
