"""Whose a call is: what limits and budgets are counted by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from polyspell.hooks.chain import HookCall

By = Literal["all", "provider", "model", "tool", "agent", "user"]


def subject(call: HookCall, by: By, field: str = "user") -> str:
    """What a call counts for: the name of its provider, model (`provider/model`), tool or agent, or
    the user that the run's context names in its key or attribute `field`; "" where there is none.
    """
    values = call.values
    if by == "all":
        return ""
    if by == "model":
        request = values.get("request")
        return f"{values.get('provider')}/{request.model}" if request is not None else ""
    if by != "user":
        return str(values.get(by) or "")
    context = values.get("context")
    found = context.get(field) if isinstance(context, Mapping) else getattr(context, field, None)
    return "" if found is None else str(found)
