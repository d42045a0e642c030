"""What the tools tell of an answer."""

from __future__ import annotations

import base64
from pathlib import PurePosixPath
from typing import Any

import msgspec
from polyspell.messages import Media
from polyspell.tools import ToolOutput

from polyspell_web.bodies import text_of
from polyspell_web.cache import Answer

_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf")
_TEXTS = ("application/xml", "application/javascript", "application/x-www-form-urlencoded")


def is_json(answer: Answer) -> bool:
    """Whether its type says JSON."""
    return answer.media_type in ("application/json", "text/json") or (
        answer.media_type.endswith("+json")
    )


def is_text(answer: Answer) -> bool:
    """Whether its body is text: its type says so, or it has none and looks like it."""
    kind = answer.media_type
    if kind.startswith("text/") or kind.endswith("+xml") or kind in _TEXTS or is_json(answer):
        return True
    return not kind and b"\0" not in answer.body[:4096]


def described(answer: Answer) -> dict[str, Any]:
    """An answer as data: {status, url, headers} and its body as `json`, `text` or `base64`."""
    facts: dict[str, Any] = {
        "status": answer.status, "url": answer.url, "headers": answer.headers
    }  # fmt: skip
    if is_json(answer):
        try:
            return {**facts, "json": msgspec.json.decode(answer.body)}
        except (msgspec.DecodeError, RecursionError):
            pass
    if is_text(answer):
        return {**facts, "text": text_of(answer.body, answer.charset)}
    return {**facts, "base64": base64.b64encode(answer.body).decode()}


def media(answer: Answer) -> list[Media] | None:
    """The body as what it shows, if it is an image or a PDF."""
    if answer.media_type not in _SHOWN:
        return None
    name = PurePosixPath(answer.url.partition("?")[0]).name
    return [Media(answer.media_type, answer.body, name=name or None)]


def told(answer: Answer, most: int) -> ToolOutput:
    """An answer for the model, cut where it is long, and whole for the program."""
    data = described(answer)
    shown = media(answer)
    head = f"{answer.status} {answer.url}\n{answer.media_type or 'no type'}"
    if shown or "base64" in data:
        body = f"[{len(answer.body):,} bytes]"
    else:
        body = data["text"] if "text" in data else msgspec.json.encode(data["json"]).decode()
    return ToolOutput(f"{head}\n\n{cut(body, most)}", data, shown, answer.status >= 400)


def cut(text: str, most: int, start: int = 0) -> str:
    """A part of a text, and what to do to read on."""
    part = text[start : start + most]
    left = len(text) - start - len(part)
    return f"{part}\n\n[{left:,} more characters, from {start + len(part)}]" if left > 0 else part
