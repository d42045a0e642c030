"""JSON that is still being written."""

from __future__ import annotations

from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode
_SMALL = 4096  # characters of a text that is looked at with each piece
_CLOSING = {"{": "}", "[": "]"}


class PartialJson:
    """Takes JSON piece by piece; `value` is what stands there so far.

    Text before the first bracket, such as a fence, is passed over. What is open is closed; a key
    without its value, and a number or word that may go on, are left out.
    """

    def __init__(self) -> None:
        self._text = ""
        self._open: list[str] = []
        self._in_string = False
        self._escaped = False
        self._safe = 0  # up to here the text can be closed as it is
        self._safe_open = ""
        self._done = False
        self._told = 0  # characters when somebody asked last

    def grown(self) -> bool:
        """Whether enough has come that the value is worth a look: any at first, more of a large
        text. So all looks together cost a few times what one costs."""
        size = len(self._text)
        if size > _SMALL and size - self._told < size // 8 and not self._done:
            return False
        self._told = size
        return True

    def feed(self, chunk: str) -> None:
        """Take the next piece."""
        start = len(self._text)
        if not self._text:
            found = min((i for c in "{[" if (i := chunk.find(c)) >= 0), default=-1)
            if found < 0:
                return
            chunk = chunk[found:]
        self._text += chunk
        for index in range(start, len(self._text)):
            if not self._done:
                self._step(self._text[index], index)

    def _step(self, char: str, index: int) -> None:
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif char == "\\":
                self._escaped = True
            elif char == '"':
                self._in_string = False
                self._mark_value(index + 1)
            return
        if char == '"':
            self._in_string = True
        elif char in "{[":
            self._open.append(char)
            self._mark(index + 1)
        elif char in "}]":
            if self._open:
                self._open.pop()
            self._mark(index + 1)
            self._done = not self._open
        elif char == ",":
            self._mark(index)

    def _mark_value(self, end: int) -> None:
        """A string has ended: in a list it is a value, in an object it may be a key."""
        if self._open and self._open[-1] == "[":
            self._mark(end)

    def _mark(self, end: int) -> None:
        self._safe = end
        self._safe_open = "".join(_CLOSING[c] for c in reversed(self._open))

    def value(self) -> Any:
        """What stands there so far; None before there is anything."""
        if not self._safe:
            return None
        if self._in_string and not self._escaped:  # a text that is being written
            closed = self._text + '"' + "".join(_CLOSING[c] for c in reversed(self._open))
            try:
                return _decode(closed)
            except (msgspec.DecodeError, UnicodeEncodeError):
                pass  # it is a key, or ends inside \uXXXX
        try:
            return _decode(self._text[: self._safe] + self._safe_open)
        except msgspec.DecodeError:
            return None
