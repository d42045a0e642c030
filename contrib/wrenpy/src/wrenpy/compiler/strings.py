"""String literals: escapes, interpolation, and raw strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lexer import Lexer

_PLAIN = re.compile(r'[^"\\%\r\n\0]+')
_ESCAPES = {
    '"': '"', "\\": "\\", "%": "%", "0": "\0", "a": "\a", "b": "\b", "e": "\33",
    "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
_HEX = "0123456789abcdefABCDEF"


def encode_code_point(value: int) -> str:
    """UTF-8 of a code point as Latin-1 text; empty when it is beyond U+10FFFF."""
    if value > 0x10FFFF:
        return ""
    return chr(value).encode("utf-8", "surrogatepass").decode("latin-1")


class StringReader:
    """Reads one literal from the lexer's source, from `pos` on."""

    def __init__(self, lexer: Lexer, start: int) -> None:
        self.lexer = lexer
        self.source = lexer.source
        self.pos = start

    def plain(self, nesting: int) -> tuple[str, str]:
        """A literal up to its quote or its next `%(`: its kind and its bytes."""
        source, out = self.source, []
        self.pos += 1
        while True:
            run = _PLAIN.match(source, self.pos)
            if run:
                out.append(run[0])
                self.pos = run.end()
            if self.pos >= len(source):
                self.lexer.error("Unterminated string.")
                return "str", "".join(out)
            char = source[self.pos]
            self.pos += 1
            if char == '"':
                return "str", "".join(out)
            if char == "\n":
                self.lexer.line += 1
                out.append(char)
            elif char == "%":
                if nesting < 8:
                    if source[self.pos : self.pos + 1] != "(":
                        self.lexer.error("Expect '(' after '%'.")
                    if source[self.pos : self.pos + 1] == "\n":
                        self.lexer.line += 1
                    self.pos += 1
                    return "interp", "".join(out)
                self.lexer.error("Interpolation may only nest 8 levels deep.")
                out.append(char)
            elif char == "\\":
                out.append(self._escape())

    def _escape(self) -> str:
        char = self.source[self.pos : self.pos + 1]
        self.pos += 1
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char == "u":
            return encode_code_point(self._hex(4, "Unicode"))
        if char == "U":
            return encode_code_point(self._hex(8, "Unicode"))
        if char == "x":
            return chr(self._hex(2, "byte") & 0xFF)
        if char == "\n":
            self.lexer.line += 1
        self.lexer.error(f"Invalid escape character '{char}'.")
        return ""

    def _hex(self, digits: int, description: str) -> int:
        value = 0
        for _ in range(digits):
            char = self.source[self.pos : self.pos + 1]
            if char in ("", '"'):
                self.lexer.error(f"Incomplete {description} escape sequence.")
                break
            if char not in _HEX:
                self.lexer.error(f"Invalid {description} escape sequence.")
                break
            value = value * 16 + int(char, 16)
            self.pos += 1
        return value

    def raw(self) -> tuple[str, str]:
        """A triple-quoted literal: no escapes; a blank first and last line is dropped."""
        start = self.pos + 3
        end = self.source.find('"""', start)
        if end < 0:
            self.lexer.line += self.source.count("\n", start)
            self.lexer.error("Unterminated raw string.")
            self.pos = len(self.source)
            return "str", ""
        self.pos = end + 3
        text = self.source[start:end]
        self.lexer.line += text.count("\n")
        text = text.replace("\r", "")
        first, newline, rest = text.partition("\n")
        if newline and not first.strip(" \t"):
            text = rest
        if newline:
            head, newline, last = text.rpartition("\n")
            if newline and not last.strip(" \t"):
                text = head
            elif not newline and not last.strip(" \t"):
                text = ""
        return "str", text
