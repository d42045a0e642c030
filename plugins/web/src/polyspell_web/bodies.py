"""Bodies of answers: as many bytes as are wanted, before and after decompression."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import AsyncIterable

from polyspell.errors import ToolError

from polyspell_web.options import over

ACCEPTED = "gzip, deflate"
_CHUNK = 64 * 1024
# No encodings of pages; some take a time that grows with the square of the length.
_ODD = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}


async def read(pieces: AsyncIterable[bytes], encoding: str, most: int) -> bytes:
    """A whole body, decompressed.

    Args:
        pieces: as they come.
        encoding: the header content-encoding.
        most: bytes, both of what comes and of what it becomes.

    Raises:
        LimitExceeded: there is more.
        ToolError: it is compressed in a way that was not asked for, damaged, or cut off.
    """
    name = encoding.strip().lower()
    inflate = None if name in ("", "identity") else Inflate(name, most)
    body, came = bytearray(), 0
    async for piece in pieces:
        came += len(piece)
        body += piece if inflate is None else inflate.feed(piece)
        if max(len(body), came) > most:
            raise over("max_body", most, "Bytes of an answer:")
    if inflate is not None and came and not inflate.ended:
        raise ToolError("The compressed answer was cut off.", retryable=True)
    return bytes(body)


class Inflate:
    """Decompresses no more than it may, however small a bomb is."""

    def __init__(self, name: str, most: int) -> None:
        if name not in ("gzip", "x-gzip", "deflate"):
            raise ToolError(f"The answer is compressed with {name[:40]!r}, which nobody asked for.")
        self._bits = zlib.MAX_WBITS | 16 if "gzip" in name else zlib.MAX_WBITS
        self._inflater = zlib.decompressobj(self._bits)
        self._left = self._most = most
        self._begun = False

    @property
    def ended(self) -> bool:
        """Whether the end of the data has come."""
        return self._inflater.eof

    def feed(self, data: bytes) -> bytes:
        """What a piece becomes.

        Raises:
            LimitExceeded: all together is more than allowed.
        """
        out, full = bytearray(), False
        while data or (full and not self._inflater.eof):
            if self._inflater.eof:  # gzip may have several members
                self._inflater = zlib.decompressobj(self._bits)
            piece = self._some(data)
            out += piece
            full = len(piece) == _CHUNK  # then more may wait inside
            if len(out) > self._left:
                raise over("max_body", self._most, "Bytes of an answer:")
            data = self._inflater.unconsumed_tail or self._inflater.unused_data
        self._left -= len(out)
        return bytes(out)

    def _some(self, data: bytes) -> bytes:
        try:
            found = self._inflater.decompress(data, _CHUNK)
        except zlib.error as error:
            if self._begun or self._bits != zlib.MAX_WBITS:
                raise ToolError(f"The compressed answer is damaged: {error}.") from None
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)  # some leave the header out
            self._bits = -zlib.MAX_WBITS
            return self._some(data)
        self._begun = True
        return found


def text_of(body: bytes, charset: str | None) -> str:
    """A body as text: in its own encoding, else as UTF-8; what does not fit is marked."""
    try:
        name = codecs.lookup(charset or "utf-8").name.replace("_", "-")
        return body.decode("utf-8" if name in _ODD else name, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")
