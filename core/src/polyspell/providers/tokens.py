"""Counting tokens: by the provider where it offers that, else estimated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from polyspell.memory.window import estimate_tokens
from polyspell.messages import Message
from polyspell.providers.base import Request, ToolSpec

if TYPE_CHECKING:
    from polyspell.host import Host


class TokenCount(msgspec.Struct, frozen=True):
    """How many tokens; `estimated` says that nobody counted."""

    tokens: int
    estimated: bool


async def count_tokens(
    host: Host, model: str, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
) -> TokenCount:
    """The tokens that a model would read.

    Args:
        host: whose provider.
        model: `provider/model`.
        messages: the conversation.
        tools: what would be offered with it.

    Raises:
        ProviderError: the provider counts, and failed.
    """
    _, name, provider = host.resolve_model(model)
    count = getattr(provider, "count_tokens", None)
    counted = None if count is None else await count(Request(name, list(messages), tools))
    if counted is not None:
        return TokenCount(counted, False)
    total = sum(estimate_tokens(m) for m in messages)
    total += sum(len(msgspec.json.encode(t.parameters)) // 4 + 8 for t in tools)
    return TokenCount(total, True)
