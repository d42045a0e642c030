"""Small things that all writers and readers of providers need: fields that nobody knows are kept,
tables of a user's options are laid over ours, arguments are what a server takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

import msgspec


def rest(given: Mapping[str, Any], known: Set[str]) -> dict[str, Any]:
    """The fields that are not known and say something."""
    return {key: value for key, value in given.items() if key not in known and value is not None}


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add a piece to those before it: texts and lists grow, tables merge, the rest is replaced.
    `more` stays as it is."""
    for key, value in more.items():
        old: Any = into.get(key)
        if isinstance(value, dict):
            into[key] = old if isinstance(old, dict) else {}
            merge(into[key], value)
        elif type(old) is type(value) and isinstance(old, str | list):
            into[key] = old + value
        else:
            into[key] = value


def lay_over(
    body: dict[str, Any], *options: Mapping[str, Any], lists: Iterable[str] = ("tools",)
) -> dict[str, Any]:
    """A body with a user's options over it, later ones winning: tables merge, the `lists` grow, the
    rest is replaced. A field that is None in the end is left out."""
    out = dict(body)
    for given in options:
        for key, value in given.items():
            old = out.get(key)
            if isinstance(old, dict) and isinstance(value, dict):
                out[key] = lay_over(old, value, lists=())
            elif key in lists and isinstance(old, list) and isinstance(value, list):
                out[key] = old + [item for item in value if item not in old]
            else:
                out[key] = value
    return {key: value for key, value in out.items() if value is not None}


def arguments(text: str) -> dict[str, Any]:
    """The arguments of a tool call as a table: servers refuse the whole conversation where they are
    anything else, so what a model wrote wrongly is kept inside of one."""
    try:
        value = msgspec.json.decode(text) if text else {}
    except msgspec.DecodeError:
        value = text
    return value if isinstance(value, dict) else {"malformed": text}


def own(extra: Mapping[str, Any] | None, provider: str) -> dict[str, Any]:
    """What the `extra` of a part says to a provider: all of it where it names none, as a user
    writes it, or names this one under `provider`, as a reader does; else nothing."""
    if not extra or extra.get("provider", provider) != provider:
        return {}
    return {key: value for key, value in extra.items() if key != "provider"}
