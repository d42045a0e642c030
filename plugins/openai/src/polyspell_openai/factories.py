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
    """A service that speaks like OpenAI, but has no batches."""

    batch_submit = batch_status = batch_results = batch_cancel = None  # type: ignore[assignment]


def __getattr__(name: str) -> Callable[[Host], OpenAIProvider]:
    if name not in PRESETS:
        raise AttributeError(name)
    return partial(OpenAIProvider if PRESETS[name].batches else CompatibleProvider, name=name)
