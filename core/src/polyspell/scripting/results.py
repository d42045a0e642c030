"""What a run of a script gives: its value, what it used, or its error."""

from __future__ import annotations

from typing import Any

import msgspec

from polyspell.errors import ScriptError


class SpellUsage(msgspec.Struct):
    """What a run has used: seconds of wall and processor time, host calls, bytes of output, and of
    memory the most bytes that it was seen to hold at one time, which the guide Sandbox explains for
    each engine (None where nobody can tell)."""

    wall: float = 0.0
    cpu: float = 0.0
    memory: int | None = None
    calls: int = 0
    output: int = 0


class ScriptResult(msgspec.Struct):
    """What a run gave. `value` is what the script returned, `output` what it printed (where nobody
    else took it), `profile` the durations in seconds of its host calls by name (on request)."""

    value: Any
    usage: SpellUsage
    output: str = ""
    profile: dict[str, list[float]] = {}


def script_error(data: dict[str, Any]) -> ScriptError:
    """Whatever ended a script, as a ScriptError with that error's code, hint and context."""
    return ScriptError(
        str(data.get("message", "")),
        code=str(data.get("code", "script")),
        hint=data.get("hint") or "",
        retryable=bool(data.get("retryable", False)),
        context=dict(data.get("context") or {}),
    )
