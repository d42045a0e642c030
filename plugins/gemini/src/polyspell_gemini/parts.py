"""Parts of messages as parts of contents."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec
from polyspell.messages import Media, Other, Part, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.extras import arguments, own

Piece = dict[str, Any]


def piece(part: Part, provider: str) -> Piece | None:
    """A part as the API takes it, with the signature under which it came; None where there is
    nothing to send. Results of tools are for `result`."""
    about = own(getattr(part, "extra", None), provider)
    if isinstance(part, Text):
        return {"text": part.text, **about} if part.text or about else None
    if isinstance(part, Thinking):  # the API reads nothing from thoughts that are not signed
        ours = (part.extra or {}).get("provider", provider) == provider
        signed = {"text": part.text, "thought": True, "thoughtSignature": part.signature}
        return {**signed, **about} if ours and part.signature else None
    if isinstance(part, Media):
        return media(part, about)
    if isinstance(part, ToolCall):
        call = {"id": part.id, "name": part.name, "args": arguments(part.arguments)}
        return {"functionCall": call, **about}
    if isinstance(part, Other) and part.provider == provider and isinstance(part.data, dict):
        return part.data
    return None


def media(part: Media, about: dict[str, Any]) -> Piece:
    """Media by their bytes or their address; `about` is what goes beside, as `videoMetadata`."""
    kind = {} if "*" in part.media_type else {"mimeType": part.media_type}
    if part.data is None:
        return {"fileData": {**kind, "fileUri": part.url}, **about}
    return {"inlineData": {**kind, "data": b64encode(part.data).decode()}, **about}


def result(part: ToolResult, *, shows: bool) -> Piece:
    """What a tool answered; `shows`: the model takes media in it."""
    response: Any = None
    if part.error:
        response = {"error": part.content}
    elif part.content.startswith("{"):
        try:
            response = msgspec.json.decode(part.content)
        except msgspec.DecodeError:
            response = None
    if not isinstance(response, dict):
        response = {"output": part.content}
    written: Piece = {"id": part.id, "name": part.name, "response": response}
    if shows and part.media:
        written["parts"] = [media(shown, {}) for shown in part.media]
    return {"functionResponse": written}
