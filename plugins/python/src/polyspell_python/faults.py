"""Errors of sandboxed scripts, as the host sees them."""

from __future__ import annotations

import contextlib
from typing import Any

import pydantic_monty as monty
from polyspell.errors import PolyspellError
from polyspell.scripting.engine import ContextOptions
from polyspell.scripting.limits import Limits, exceeded

from polyspell_python.crossing import to_script
from polyspell_python.kernel import Kernel
from polyspell_python.pool import depth_of
from polyspell_python.sites import Sites

_THROUGH = "only through polyspell"
_ONE_TEXT = "exceptions can only be called with"  # what Monty ends at; see `expressions.py`


def details_of(data: dict[str, Any]) -> dict[str, Any]:
    """What a script reads of an error: code, message, hint, context."""
    details = {"code": str(data.get("code", "error")), "message": str(data.get("message", ""))}
    context: Any = {}
    with contextlib.suppress(PolyspellError):
        context = to_script(data.get("context") or {})
    return {**details, "hint": str(data.get("hint") or ""), "context": context}


def refused(name: str) -> tuple[str, str]:
    """The error (kind, message) for what the language's library wants of the system."""
    if name == "time.sleep":
        return "RuntimeError", "time.sleep would stop all tasks: use await polyspell.sleep(seconds)"
    return (
        "PermissionError",
        f"{name}: a sandboxed script reaches the system only through polyspell",
    )


def script_fault(
    sites: Sites, kind: str, text: str, details: Any, passed: Any, limits: Limits
) -> dict[str, Any]:
    """The error of a task that failed.

    Args:
        sites: the statements of the scripts.
        kind: the name of the error's class.
        text: what it says.
        details: what the host said, where the error is the host's.
        passed: the statements that it passed, innermost first.
        limits: of the script.
    """
    place = sites.context(passed)
    if isinstance(details, dict):
        context = details.get("context") or {}
        return {**details_of(details), "context": {**place, **context}}
    if kind == "RecursionError":
        data = exceeded("depth", depth_of(limits)).to_dict()
        return {**data, "context": {**place, **data["context"]}}
    code = "script"
    if kind == "PermissionError" and text.endswith(_THROUGH):
        code = "permission_denied"
    elif not place and (kind == "SyntaxError" or "monty syntax parser" in text):
        code = "script_syntax"
    return {"code": code, "message": f"{kind}: {text}" if text else kind, "context": place}


def death(
    kernel: Kernel, cause: Exception, options: ContextOptions, sites: Sites, late: bool
) -> dict[str, Any]:
    """Why a worker cannot go on. A limit tells where the script was, if the worker still lives.

    Args:
        kernel: what ran.
        cause: what came of it.
        options: the context's.
        sites: the statements of the scripts.
        late: whether the wall time is over.
    """
    limit = _limit(cause, options.limits, late)
    if limit is None and _ONE_TEXT in str(cause):
        message = "An exception takes one text, or nothing, in a sandboxed Python script."
        return {"code": "script", "message": message, "context": {}}
    if limit is None:
        return {"code": "script", "message": f"The script's worker ended: {cause}", "context": {}}
    data = exceeded(limit, getattr(options.limits, limit)).to_dict()
    with contextlib.suppress(monty.MontyError, RuntimeError):
        here = kernel.worker.session.feed_run("_here[0]")
        data["context"] = {**sites.context([here]), **data["context"]}
    return data


def _limit(cause: Exception, limits: Limits, late: bool) -> str | None:
    first = limits.cpu is None or (limits.wall is not None and limits.wall < limits.cpu)
    time = "wall" if late or first else "cpu"  # it computed as long as the shorter of them
    if isinstance(cause, monty.MontyCrashedError):
        return time if cause.timed_out or late else None
    if isinstance(cause, monty.MontyRuntimeError):
        inner = cause.exception()
        if isinstance(inner, TimeoutError):
            return time
        if isinstance(inner, MemoryError):
            return "memory"
        if "suspension limit" in str(cause):
            return "calls"
    return None
