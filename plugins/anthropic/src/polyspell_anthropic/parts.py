"""Parts of messages as blocks of the API."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

from polyspell.errors import BadRequestError
from polyspell.messages import Media, Other, Part, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.extras import arguments, own

Block = dict[str, Any]


def block(part: Part, provider: str) -> Block | None:
    """A part as a block; None where there is nothing to send.

    Raises:
        BadRequestError: media that the API does not take.
    """
    about = own(getattr(part, "extra", None), provider)
    if isinstance(part, Text):
        # The API refuses blank texts.
        return {"type": "text", "text": part.text, **about} if part.text.strip() else None
    if isinstance(part, Thinking):
        return _thinking(part, provider)
    if isinstance(part, Media):
        return _media(part, about)
    if isinstance(part, ToolCall):
        call = {"id": call_id(part.id), "name": part.name, "input": arguments(part.arguments)}
        return {"type": "tool_use", **call, **about}
    if isinstance(part, ToolResult):
        return _result(part)
    return _other(part, provider)


def _thinking(part: Thinking, provider: str) -> Block | None:
    """Thinking is taken back under its signature only."""
    if not part.signature or (part.extra or {}).get("provider", provider) != provider:
        return None
    about = {k: v for k, v in own(part.extra, provider).items() if k not in ("type", "signature")}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature, **about}


def _other(part: Other, provider: str) -> Block | None:
    return part.data if part.provider == provider and isinstance(part.data, dict) else None


def _result(part: ToolResult) -> Block:
    written: Block = {"type": "tool_result", "tool_use_id": call_id(part.id)}
    shown = [_media(media, dict(media.extra or {})) for media in part.media or ()]
    if shown and part.content.strip():
        written["content"] = [{"type": "text", "text": part.content}, *shown]
    elif shown or part.content:
        written["content"] = shown or part.content
    if part.error:
        written["is_error"] = True
        written.setdefault("content", "failed")  # an error has to say something
    return written


def call_id(id: str) -> str:
    """The id of a call in the letters that the API takes: other providers use more."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", id) or "call"


def _media(part: Media, about: dict[str, Any]) -> Block:
    about.pop("provider", None)
    kind = part.media_type.partition("/")[0]
    is_image = kind == "image"
    if "file_id" in about:
        source = {"type": "file", "file_id": about.pop("file_id")}
    elif part.data is None:
        source = {"type": "url", "url": part.url}
    elif is_image or part.media_type == "application/pdf":
        data = b64encode(part.data).decode()
        source = {"type": "base64", "media_type": part.media_type, "data": data}
    elif kind == "text" or part.media_type == "application/json":
        text = part.data.decode("utf-8", "replace")
        source = {"type": "text", "media_type": "text/plain", "data": text}
    else:
        raise BadRequestError(
            f"Claude takes no {part.media_type}.",
            hint="Send images, PDF or plain text.",
            context={"media_type": part.media_type},
        )
    if is_image:
        return {"type": "image", "source": source, **about}
    title = {"title": part.name} if part.name else {}
    return {"type": "document", "source": source, **title, **about}
