"""Bytes as text, and what bytes are."""

from __future__ import annotations

import base64
import binascii
import codecs

from polyspell.errors import ToolError

BOMS = (  # the longer first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# No encodings of files; some take a time that grows with the square of the length.
_REFUSED = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"}
_MEDIA = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def media_type(data: bytes) -> str | None:
    """The type of an image or PDF by how it begins; None for all else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MEDIA if data.startswith(magic)), None)


def codec(name: str) -> str:
    """An encoding of text by its usual name.

    Raises:
        ToolError: there is none of that name.
    """
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        found = None
    usual = found.name.replace("_", "-") if found else ""
    if found is None or usual in _REFUSED or not getattr(found, "_is_text_encoding", True):
        raise ToolError(
            f"{name!r} is no encoding of text.", hint="Use utf-8, latin-1, utf-16, base64 ..."
        )
    return usual


def bom(data: bytes) -> tuple[bytes, str] | None:
    """The mark that says how a text is encoded, and the encoding without it."""
    return next(((mark, name) for mark, name in BOMS if data.startswith(mark)), None)


def decode(data: bytes, encoding: str | None) -> tuple[str, str, bytes]:
    """A text, its encoding, and the mark before it.

    Args:
        data: the whole file.
        encoding: as asked for; None for what its mark says, else UTF-8.

    Raises:
        ToolError: it is not text in that encoding.
    """
    mark, name = b"", "utf-8"
    if encoding is not None:
        name = codec(encoding)
    if (found := bom(data)) and (encoding is None or found[1].startswith(name)):
        mark, name = found
    try:
        text = data[len(mark) :].decode(name)
    except UnicodeDecodeError as error:
        hint = "Name its encoding (latin-1, cp1252, ...), or base64 for its bytes."
        raise ToolError(f"It is not text in {name}: {error.reason}.", hint=hint) from None
    if encoding is None and "\0" in text:
        raise ToolError("It is not text.", hint="Ask for the encoding base64.")
    return text, name, mark


def encode(text: str, encoding: str) -> bytes:
    """Bytes of a text; `base64` takes it as bytes in that form.

    Raises:
        ToolError: the encoding lacks a character, or it is not base64.
    """
    if encoding == "base64":
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ToolError(f"It is not base64: {error}.") from None
    name = codec(encoding)
    try:
        return text.encode(name)
    except UnicodeEncodeError as error:
        bad = error.object[error.start : error.start + 1]
        raise ToolError(f"{name} has no {bad!r}.", hint="Use utf-8.") from None
