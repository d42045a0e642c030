"""Messages for scripts: plain data."""

from __future__ import annotations

from typing import Any

import msgspec

from polyspell.errors import ValidationError
from polyspell.messages import Message


def from_message(message: Message) -> dict[str, Any]:
    """A message as plain data, its text beside its parts."""
    data: dict[str, Any] = msgspec.to_builtins(message, builtin_types=(bytes,))
    return {**data, "text": message.text}


def to_message(data: dict[str, Any]) -> Message:
    """A message from `{role, text}` or `{role, parts}`."""
    data = dict(data)
    text = data.pop("text", None)
    if "parts" not in data:
        data["parts"] = [{"type": "text", "text": text or ""}]
    data["parts"] = [
        {"type": "text", "text": p} if isinstance(p, str) else p for p in data["parts"]
    ]
    try:
        return msgspec.convert(data, Message)
    except msgspec.ValidationError as error:
        raise ValidationError(f"Not a message: {error}.", hint="Write {role, text}.") from error
