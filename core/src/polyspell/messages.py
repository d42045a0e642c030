"""Messages and what comes back from a model: plain data, no behaviour.

Everything here is a msgspec Struct: cheap to make, and JSON both ways with `msgspec.json`
(`encode`, `decode_messages`). Arguments and contents are JSON values.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant", "tool"]
FinishReason = Literal[
    "stop", "length", "tool_calls", "pause", "content_filter", "cancelled", "error", "other"
]
"""Why an answer ended. "pause": the service wants to be asked again, with what came; "other": for a
reason that nobody knows, or for none."""


class Text(msgspec.Struct, tag="text", omit_defaults=True):
    """Text that somebody said."""

    text: str
    extra: dict[str, Any] | None = None


class Thinking(msgspec.Struct, tag="thinking", omit_defaults=True):
    """A model's reasoning. `signature` and `extra` are the provider's, sent back as they came."""

    text: str = ""
    signature: str | None = None
    extra: dict[str, Any] | None = None


class Media(msgspec.Struct, tag="media", omit_defaults=True):
    """An image, sound or document, by its bytes or by an address that the provider can read."""

    media_type: str
    data: bytes | None = None
    url: str | None = None
    name: str | None = None
    extra: dict[str, Any] | None = None


class ToolCall(msgspec.Struct, tag="tool_call", omit_defaults=True):
    """A model asks for a tool. `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str = "{}"
    extra: dict[str, Any] | None = None


class ToolResult(msgspec.Struct, tag="tool_result", omit_defaults=True):
    """What a tool answered: `content` is what the model reads, `data` the value itself (JSON)."""

    id: str
    name: str
    content: str
    data: Any = None
    error: bool = False
    media: list[Media] | None = None


class Other(msgspec.Struct, tag="other"):
    """A part that only its provider understands, kept so that it can be sent back."""

    provider: str
    data: Any


Part = Text | Thinking | Media | ToolCall | ToolResult | Other


class Message(msgspec.Struct, omit_defaults=True):
    """One turn of a conversation: who says it, and its parts in order.

    `pinned` messages are never dropped when a memory makes room; `metadata` is the user's.
    """

    role: Role
    parts: list[Part]
    name: str | None = None
    pinned: bool = False
    metadata: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """The text of all text parts, joined."""
        parts = self.parts
        if len(parts) == 1 and type(parts[0]) is Text:
            return parts[0].text
        return "".join([part.text for part in parts if isinstance(part, Text)])

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tools that the message asks for."""
        return [part for part in self.parts if isinstance(part, ToolCall)]

    @staticmethod
    def system(text: str) -> Message:
        """Instructions."""
        return Message("system", [Text(text)])

    @staticmethod
    def user(*parts: str | Part) -> Message:
        """What the user says: strings become text parts."""
        return Message("user", [Text(p) if isinstance(p, str) else p for p in parts])

    @staticmethod
    def assistant(*parts: str | Part) -> Message:
        """What the model says: strings become text parts."""
        return Message("assistant", [Text(p) if isinstance(p, str) else p for p in parts])


class Usage(msgspec.Struct, omit_defaults=True):
    """Tokens and money. `cached_tokens` are part of the input, `reasoning_tokens` of the output;
    `cost` is in US dollars, None where the price is unknown; `requests` counts model calls."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float | None = None
    requests: int = 0
    extra: dict[str, Any] | None = None

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def add(self, other: Usage) -> None:
        """Add another usage to this one, in place."""
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cached_tokens += other.cached_tokens
        self.cache_write_tokens += other.cache_write_tokens
        self.reasoning_tokens += other.reasoning_tokens
        self.requests += other.requests
        if other.cost is not None:
            self.cost = (self.cost or 0.0) + other.cost


class Response(msgspec.Struct, omit_defaults=True):
    """A model's whole answer."""

    message: Message
    usage: Usage = msgspec.field(default_factory=Usage)
    finish_reason: FinishReason = "stop"
    model: str = ""
    id: str | None = None
    extra: dict[str, Any] | None = None


class ToolCallDelta(msgspec.Struct, omit_defaults=True):
    """A piece of a tool call. `index` tells parallel calls apart; `id` and `name` come once,
    `arguments` in pieces that are joined."""

    index: int = 0
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    extra: dict[str, Any] | None = None


class Delta(msgspec.Struct, omit_defaults=True):
    """A piece of a model's answer, as `Provider.stream` gives them. Any field may be set.

    `part` is a whole part (media, other, thinking with its signature; text without text ends the
    text that streamed, and says what is in its `extra`); `usage` replaces what an earlier delta of
    the same answer said; the last delta carries `finish_reason`.
    """

    text: str = ""
    thinking: str = ""
    tool_call: ToolCallDelta | None = None
    part: Part | None = None
    usage: Usage | None = None
    finish_reason: FinishReason | None = None
    model: str | None = None
    id: str | None = None
    extra: dict[str, Any] | None = None


_messages_decoder = msgspec.json.Decoder(list[Message])


def encode_messages(messages: list[Message]) -> bytes:
    """Messages as JSON."""
    return msgspec.json.encode(messages)


def decode_messages(data: bytes | str) -> list[Message]:
    """Messages from JSON; raises msgspec.ValidationError with the path of what does not fit."""
    return _messages_decoder.decode(data)
