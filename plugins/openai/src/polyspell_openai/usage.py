"""Token counts, in the forms that the services give them."""

from __future__ import annotations

from typing import Any

from polyspell.messages import Usage

_KNOWN = {"prompt_tokens", "completion_tokens", "total_tokens", "cost"}


def usage(counts: dict[str, Any]) -> Usage:
    """A Usage of the counts; what it has no field for is in `extra`."""
    given = dict(counts.get("prompt_tokens_details") or {})
    made = dict(counts.get("completion_tokens_details") or {})
    total, prompt = counts.get("total_tokens") or 0, counts.get("prompt_tokens") or 0
    output = counts.get("completion_tokens") or 0
    reasoning = made.get("reasoning_tokens") or counts.get("reasoning_tokens") or 0
    if reasoning and total == prompt + output + reasoning:
        output += reasoning  # xAI counts them apart
    cached = given.get("cached_tokens") or counts.get("prompt_cache_hit_tokens")
    extra = {k: v for k, v in counts.items() if k not in _KNOWN and v}
    cost = counts.get("cost")
    return Usage(
        input_tokens=prompt,
        output_tokens=output,
        cached_tokens=cached or counts.get("cached_tokens") or 0,
        cache_write_tokens=given.get("cache_write_tokens") or 0,
        reasoning_tokens=reasoning,
        cost=float(cost) if isinstance(cost, int | float) else None,
        requests=1,
        extra=extra or None,
    )


def responses_usage(counts: dict[str, Any]) -> Usage:
    """A Usage of the counts of the Responses API; what it has no field for is in `extra`."""
    given = counts.get("input_tokens_details") or {}
    made = counts.get("output_tokens_details") or {}
    known = {"input_tokens", "output_tokens", "total_tokens"}
    return Usage(
        input_tokens=counts.get("input_tokens") or 0,
        output_tokens=counts.get("output_tokens") or 0,
        cached_tokens=given.get("cached_tokens") or 0,
        cache_write_tokens=given.get("cache_write_tokens") or 0,
        reasoning_tokens=made.get("reasoning_tokens") or 0,
        requests=1,
        extra={k: v for k, v in counts.items() if k not in known and v} or None,
    )
