"""What a model provider is. `stream` is the primitive; everything else is made from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import msgspec

from polyspell.messages import Delta, Message


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as the model is told of it; `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call of a model. `model` is the provider's own name (what follows the first slash).

    `tool_choice` is "auto", "none", "required" or the name of a tool. `output_schema` asks for
    JSON of that schema as the answer. `options` are the provider's own settings, passed through.
    Time is in seconds; None means the provider's default.
    """

    model: str
    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    tool_choice: str = "auto"
    output_schema: dict[str, Any] | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    seed: int | None = None
    timeout: float | None = None
    options: dict[str, Any] = {}


Feature = Literal[
    "tools", "output_schema", "images", "audio", "documents", "thinking", "embeddings"
]
ALL_FEATURES: frozenset[str] = frozenset(get_args(Feature))


class ModelInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model that a provider offers. `name` is the provider's own; sizes are in tokens."""

    name: str
    description: str = ""
    context_tokens: int | None = None
    output_tokens: int | None = None
    features: frozenset[str] = frozenset()
    installed: bool | None = None
    extra: dict[str, Any] = {}


@runtime_checkable
class Provider(Protocol):
    """A source of models.

    A provider may also have: `async def embed(model, texts) -> list[list[float]]`,
    `async def count_tokens(request) -> int | None` (of the input; None: it cannot count),
    `async def aclose() -> None`,
    `features(model) -> frozenset[str]` (see `Feature`), and batches (see `batch`).
    The class or factory that a descriptor's `load` names is called as `factory(host)`, where the
    host gives `host.keys`, `host.transport` and `host.config.options(NAME)`.
    """

    def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer piece by piece. Closing the iterator cancels the request.

        Raises:
            ProviderError: or one of its kinds, before or between the pieces.
        """
        ...

    async def models(self) -> list[ModelInfo]:
        """The models that can be asked for."""
        ...
