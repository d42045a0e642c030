"""Hints for errors of a language's own, which knows nothing of the host: the name that was meant,
the import that is missing, the `await`, the loop over a stream, the door to the system."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from polyspell.scripting.declare import Api
from polyspell.scripting.types import camel_case

_MISSED = re.compile(
    r"(?:field|method|attribute|name|implement|named|export) '(\w+)"  # of something that is there
    r"|(?:global|name) '(\w+)'|ReferenceError: (\w+) is not defined"
)
_NO_ITERATION = re.compile(r"'(\w+)' object is not (?:iterable|an iterator)|value is not iterable")
_LOOPS = {"python": "async for item in", "javascript": "for await (const item of ...)"}
_IMPORT = {
    "lua": 'local ps = require("polyspell")',
    "javascript": 'import {{ {0} }} from "polyspell"',
    "python": "from polyspell import {0}",
}
_OUTSIDE = {
    "execute", "exec", "exit", "fetch", "open", "popen", "process", "remove", "rename", "require",
    "spawn", "system", "tmpfile", "tmpname", "unlink", "XMLHttpRequest", "Deno", "Bun",
}  # fmt: skip
_VARIABLES = {"getenv", "environ"}


def hint_for(error: Mapping[str, Any], api: Api, language: str) -> str:
    """A hint for an error that a task ended with; "" where there is nothing to say.

    Args:
        error: its `code`, `message` and the line of its place are looked at.
        api: what the script sees of the host.
        language: the engine's name.
    """
    if error.get("code") not in ("script", "script_syntax"):
        return ""
    message = str(error.get("message", ""))[:500]
    if "'coroutine' object" in message:
        return "Write `await` before the call: it gives its value later."
    if match := _NO_ITERATION.search(message):
        line = str((error.get("context") or {}).get("source", ""))
        loop = _LOOPS.get(language) if _is_stream(match.group(1), line, api) else None
        return f"A stream waits for what comes: go over it with `{loop}`." if loop else ""
    match = _MISSED.search(message)
    if match is None:
        return ""
    name = next(group for group in match.groups() if group)
    if name in _OUTSIDE:
        return "Files, programs and the web are reached by tools, under a grant: `tool.call`."
    if name in _VARIABLES:
        return "`polyspell.env(NAME)` reads a variable, under a grant."
    return _import(name, api, language, message) or _nearest(name, api)


def _is_stream(name: str | None, line: str, api: Api) -> bool:
    """Whether what cannot be gone over is a stream: by its name, else by the call in the line."""
    streams = {handle.name for handle in api.handles if handle.iterates}
    if name is not None:
        return name in streams
    owners = [owner.functions for owner in api.modules] + [owner.methods for owner in api.handles]
    makers = (f.name for functions in owners for f in functions if f.returns.name in streams)
    return any(f".{maker}(" in line for maker in _spellings(makers))


def _import(name: str, api: Api, language: str, message: str) -> str:
    known = {"ps", "polyspell", *(module.name for module in api.modules)}
    unbound = "global '" in message or "is not defined" in message
    if not unbound or name not in known or language not in _IMPORT:
        return ""
    return f"Import it first: {_IMPORT[language].format(name)}"


def _nearest(name: str, api: Api) -> str:
    known = set(_names(api))
    near = [] if name in known else difflib.get_close_matches(name, sorted(known), 1, 0.75)
    return f"Did you mean {near[0]!r}?" if near else ""


def _names(api: Api) -> Iterator[str]:
    """Every name of the API, in every spelling."""
    for module in api.modules:
        yield from (module.name, module.name.title())
        yield from _spellings(f.name for f in module.functions)
    for handle in api.handles:
        yield from _spellings(f.name for f in handle.methods)
    for record in api.records:
        yield from _spellings(f.name for f in record.fields)


def _spellings(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield name
        yield camel_case(name)
