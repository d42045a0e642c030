"""The settings of the tools, and the errors that they share."""

from __future__ import annotations

import msgspec
from polyspell.errors import LimitExceeded, ToolError
from polyspell.tools import ToolContext, tool_options


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[tools.web]` of polyspell.toml.

    Attributes:
        max_body: bytes of an answer after decompression, and of what is sent.
        max_text: characters that a model is told of one answer.
        max_cache: bytes of answers that a host keeps; 0 for none.
        redirects: how many are followed.
        seconds: that a call may take, redirects and all.
        user_agent: what the tools call themselves, to servers and in robots.txt.
    """

    max_body: int = 10 * 2**20
    max_text: int = 50_000
    max_cache: int = 16 * 2**20
    redirects: int = 10
    seconds: float = 30.0
    user_agent: str = "polyspell"


def options(context: ToolContext) -> Options:
    """The settings in force for a call."""
    return tool_options(context, "web", Options)


def over(limit: str, allowed: float, what: str) -> LimitExceeded:
    """The error of a limit; `limit` is its name in the settings."""
    return LimitExceeded(
        f"{what} {allowed:,} at most.",
        hint=f"Ask for less, or raise {limit} in [tools.web].",
        context={"limit": limit, "allowed": allowed},
    )


def failed(url: str, reason: object, *, retryable: bool = True) -> ToolError:
    """The error of an exchange that did not work out."""
    return ToolError(f"{url}: {reason}.", retryable=retryable, context={"url": url})
