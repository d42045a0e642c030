"""JSON as models write it: strict first, repaired where it must be."""

from __future__ import annotations

import contextlib
import json
import re
from itertools import accumulate
from typing import Any

import msgspec

from polyspell.errors import ValidationError

MAX_REPAIR = 100_000
"""Characters of a text that is repaired; a longer one must be JSON as it stands."""

MAX_NESTING = 500
"""Brackets in each other, in a text that is repaired: each level costs more than the last."""

_decode = msgspec.json.Decoder().decode
_tolerant = json.JSONDecoder(strict=False)
_FENCED = re.compile(r"```[\w-]*\s(.*?)```", re.DOTALL)
_BRACKET = re.compile(r"[{}\[\]]")
_OBJECT, _OBJECT_OR_LIST = re.compile(r"\{"), re.compile(r"[{\[]")


def parse_json(text: str, *, want_object: bool = False) -> Any:
    """The JSON value in a text. Thinking before it, fences and prose around it are left out;
    trailing commas, single quotes, missing quotes and a missing end are repaired.

    Args:
        text: what a model wrote.
        want_object: only an object will do (tool arguments).

    Raises:
        ValidationError: there is no JSON in it.
    """
    try:
        value = _decode(text)
    except msgspec.DecodeError:
        value = _find(text, want_object)
    except UnicodeEncodeError:  # half a surrogate pair
        return parse_json(text.encode("utf-8", "replace").decode(), want_object=want_object)
    except RecursionError:
        return _no(text)
    if want_object and isinstance(value, str):  # an object, encoded twice
        return parse_json(value, want_object=True) if value.lstrip().startswith("{") else _no(text)
    if want_object and not isinstance(value, dict):
        return _no(text)
    return value


def _find(text: str, want_object: bool) -> Any:
    """The value in a text that is more than JSON, or not quite."""
    if len(text) > MAX_REPAIR:
        return _no(text)
    answer = text.rpartition("</think>")[2]
    if fenced := _FENCED.search(answer):
        answer = fenced[1]
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            return _decode(answer)
    opening = _OBJECT.search(answer) if want_object else _OBJECT_OR_LIST.search(answer)
    if opening is None:
        return _no(text)
    with contextlib.suppress(ValueError, RecursionError):
        return _tolerant.raw_decode(answer, opening.start())[0]
    if _nesting(answer) > MAX_NESTING:
        return _no(text)
    import json_repair

    try:
        value = json_repair.loads(answer[opening.start() :])
    except (RecursionError, ValueError):  # nested too deeply
        return _no(text)
    if want_object and isinstance(value, list):  # there were braces in the prose too
        return next((each for each in value if isinstance(each, dict) and each), value)
    return value


def _nesting(text: str) -> int:
    """How deep braces and brackets stand in each other, whatever they mean."""
    steps = (1 if bracket in "{[" else -1 for bracket in _BRACKET.findall(text))
    return max(accumulate(steps), default=0)


def _no(text: str) -> Any:
    shown = text if len(text) <= 200 else text[:200] + "..."
    raise ValidationError(
        f"Not JSON: {shown!r}.", hint="Answer with one JSON object and nothing else."
    )
