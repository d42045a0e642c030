"""What is known of the Responses API alone: whose its parts are, what its codes of failure mean."""

from __future__ import annotations

from typing import Any

from polyspell.errors import BadRequestError, ContentFiltered, ProviderError


def mark(provider: str) -> str:
    """What parts of this API are marked with, so that they go back to it and to nobody else."""
    return f"{provider}/responses"


def explain(status: int, body: Any) -> type[ProviderError] | None:
    """The kind of a failure by the codes that only this API has."""
    error = body.get("error") if isinstance(body, dict) else None
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    if code.endswith(("policy_violation", "bio_policy")):
        return ContentFiltered
    return BadRequestError if "image" in code or code == "vector_store_timeout" else None
