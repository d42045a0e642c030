"""Token counts as the API gives them."""

from __future__ import annotations

from typing import Any

from polyspell.messages import Usage

_KNOWN = {
    "promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount",
    "cachedContentTokenCount", "toolUsePromptTokenCount",
}  # fmt: skip


def usage(counts: dict[str, Any]) -> Usage:
    """A Usage of the counts. The API counts thoughts apart from the answer, and what its own tools
    read apart from the prompt; ours count both. What has no field is in `extra`."""
    thoughts = counts.get("thoughtsTokenCount") or 0
    read = counts.get("toolUsePromptTokenCount") or 0
    return Usage(
        input_tokens=(counts.get("promptTokenCount") or 0) + read,
        output_tokens=(counts.get("candidatesTokenCount") or 0) + thoughts,
        cached_tokens=counts.get("cachedContentTokenCount") or 0,
        reasoning_tokens=thoughts,
        requests=1,
        extra={key: value for key, value in counts.items() if key not in _KNOWN and value} or None,
    )
