"""JSON as models write it: strict first, repaired where it must be."""

from __future__ import annotations

from typing import Any

import msgspec

from polyspell.errors import ValidationError

MAX_REPAIR = 100_000
"""Characters of a text that is repaired; a longer one must be JSON as it stands."""

_decode = msgspec.json.Decoder().decode


def parse_json(text: str, *, want_object: bool = False) -> Any:
    """The JSON value in a text. Fences, prose around it, trailing commas, single quotes, missing
    quotes and a missing end are repaired.

    Args:
        text: what a model wrote.
        want_object: only an object will do (tool arguments).

    Raises:
        ValidationError: there is no JSON in it.
    """
    try:
        value = _decode(text)
    except msgspec.DecodeError:
        value = _repair(text, want_object)
    except RecursionError:
        return _no(text)
    if want_object and isinstance(value, str):  # an object, encoded twice
        return parse_json(value, want_object=True) if value.lstrip().startswith("{") else _no(text)
    if want_object and not isinstance(value, dict):
        return _no(text)
    return value


def _repair(text: str, want_object: bool) -> Any:
    import json_repair

    opening = "{" if want_object else "{["
    if not any(c in text for c in opening):
        return _no(text)
    if len(text) > MAX_REPAIR:
        return _no(text)
    start = min(i for c in opening if (i := text.find(c)) >= 0)
    try:
        return json_repair.loads(text[start:])
    except (RecursionError, ValueError):  # nested too deeply
        return _no(text)


def _no(text: str) -> Any:
    shown = text if len(text) <= 200 else text[:200] + "..."
    raise ValidationError(
        f"Not JSON: {shown!r}.", hint="Answer with one JSON object and nothing else."
    )
