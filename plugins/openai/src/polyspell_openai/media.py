"""Media as both APIs take them."""

from __future__ import annotations

from base64 import b64encode

from polyspell.messages import Media

_AUDIO_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "mp4": "m4a"}


def data_url(part: Media) -> str | None:
    """The address of a part: its own, or one that holds its bytes."""
    if part.data is None:
        return part.url
    return f"data:{part.media_type};base64,{b64encode(part.data).decode()}"


def sound(part: Media) -> dict[str, str]:
    """Bytes of sound with the name of their format."""
    form = part.media_type.partition("/")[2]
    encoded = b64encode(part.data or b"").decode()
    return {"data": encoded, "format": _AUDIO_FORMATS.get(form, form)}


def file_name(part: Media) -> str:
    """The name of a document; one is demanded."""
    return part.name or f"file.{part.media_type.partition('/')[2]}"


def plain_text(part: Media) -> str | None:
    """A document of plain text in words, or None."""
    if part.data is None or not part.media_type.startswith("text/"):
        return None
    title = f"{part.name}:\n" if part.name else ""
    return title + part.data.decode("utf-8", "replace")
