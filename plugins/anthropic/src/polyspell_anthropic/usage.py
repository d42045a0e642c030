"""Token counts as the API gives them."""

from __future__ import annotations

from typing import Any

from polyspell.messages import Usage

_KNOWN = {
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
}  # fmt: skip


def usage(counts: dict[str, Any]) -> Usage:
    """A Usage of the counts. The API counts what it read from its cache, or wrote there, apart from
    the input; ours is all that the model read. What has no field is in `extra`."""
    read = counts.get("cache_read_input_tokens") or 0
    wrote = counts.get("cache_creation_input_tokens") or 0
    details = counts.get("output_tokens_details") or {}
    return Usage(
        input_tokens=(counts.get("input_tokens") or 0) + read + wrote,
        output_tokens=counts.get("output_tokens") or 0,
        cached_tokens=read,
        cache_write_tokens=wrote,
        reasoning_tokens=details.get("thinking_tokens") or 0,
        requests=1,
        extra={k: v for k, v in counts.items() if k not in _KNOWN and v} or None,
    )
