"""`factories:groq` makes the provider `groq`, and so for every preset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from polyspell_openai.presets import PRESETS
from polyspell_openai.provider import OpenAIProvider

if TYPE_CHECKING:
    from polyspell.host import Host


class CompatibleProvider(OpenAIProvider):
    """A service that speaks like OpenAI, but counts no tokens: Polyspell estimates them."""

    count_tokens = None  # type: ignore[assignment]


def __getattr__(name: str) -> Callable[[Host], OpenAIProvider]:
    if name not in PRESETS:
        raise AttributeError(name)
    return partial(OpenAIProvider if name == "openai" else CompatibleProvider, name=name)
