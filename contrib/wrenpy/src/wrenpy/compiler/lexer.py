"""Source text to tokens.

The lexer works on bytes (as Latin-1 text, one character a byte), because Wren strings are bytes.
It never stops at an error: it notes it and goes on, so that one compile reports as much as it can.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from .mangle import KEYWORDS
from .strings import StringReader

MAX_INTERPOLATION_NESTING = 8

_TOKEN = re.compile(
    r"""
    [ \t\r]+
  | (?P<name>[A-Za-z][A-Za-z0-9_]*)
  | (?P<line>\n)
  | (?P<op>\.\.\.|\.\.|<<|>>|<=|>=|==|!=|&&|\|\||//[^\n\0]*|/\*|[-+*/%.,:(){}\[\]=<>!&|^~?#])
  | (?P<field>_[A-Za-z0-9_]*)
  | (?P<num>0x[0-9A-Fa-f]*|[0-9]+(?:\.[0-9]+)?(?:[eE](?:\+|-)?[0-9]*)?)
  | "(?P<str>[^"\\%\r\n\0]*)"(?!")
  | (?P<quote>")
    """,
    re.VERBOSE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/|\n|\0")


class Note(NamedTuple):
    """One compile error: where (1-based line), and what, with its label; the lexer's also say
    which token they are in."""

    line: int
    message: str
    token: int = 0


class Tokens:
    """Parallel lists: the kind, raw text, line and value of each token. The last is `eof`.

    A keyword's or operator's kind is its own text; other kinds are name, field, sfield (static
    field), num, str, interp (string part before an interpolation), line, error and eof.
    """

    __slots__ = ("errors", "kinds", "lines", "texts", "values")

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.texts: list[str] = []
        self.lines: list[int] = []
        self.values: list[str | float | None] = []
        self.errors: list[Note] = []


class Lexer:
    """Reads one source; `run` gives its tokens."""

    def __init__(self, source: str) -> None:
        # A BOM is skipped; a NUL byte ends the source, as in the reference.
        if source.startswith("\xef\xbb\xbf"):
            source = source[3:]
        end = source.find("\0")
        self.source = source if end < 0 else source[:end]
        self.tokens = Tokens()
        self.line = 1
        self.parens: list[int] = []  # open parentheses in each interpolation we are inside

    def error(self, message: str) -> None:
        self.tokens.errors.append(Note(self.line, "Error: " + message, len(self.tokens.kinds)))

    def run(self) -> Tokens:
        """All tokens of the source, errors beside them."""
        source, tokens = self.source, self.tokens
        kinds, texts = tokens.kinds.append, tokens.texts.append
        lines, values = tokens.lines.append, tokens.values.append
        match, size, pos, keywords = _TOKEN.match, len(source), 0, KEYWORDS
        while pos < size:
            found = match(source, pos)
            if found is None:
                pos = self._invalid(pos)
                continue
            group = found.lastgroup
            start, pos = pos, found.end()
            if group is None:
                continue
            text = found[group]
            value: str | float | None = text
            if group == "op":
                if text in ("(", ")", "/*", "#") or text[:2] == "//":
                    pos = self._special(text, start, pos)
                    continue
                kind = text
            elif group == "name":
                kind = text if text in keywords else "name"
            elif group == "line":
                kinds("line")
                texts(text)
                lines(self.line)
                values(None)
                self.line += 1
                continue
            elif group == "field":
                kind = "sfield" if text[:2] == "__" else "field"
            elif group == "num":
                kind, value = "num", self._number(text)
            elif group == "str":
                kind, text = "str", source[start:pos]
            else:
                pos = self._string(start)
                continue
            kinds(kind)
            texts(text)
            lines(self.line)
            values(value)
        self._add("eof", "", None)
        return tokens

    def _add(self, kind: str, text: str, value: str | float | None) -> None:
        tokens = self.tokens
        tokens.kinds.append(kind)
        tokens.texts.append(text)
        tokens.lines.append(self.line)
        tokens.values.append(value)

    def _special(self, text: str, start: int, pos: int) -> int:
        """Comments, the shebang, and parentheses, which may close an interpolation."""
        if text == "(":
            if self.parens:
                self.parens[-1] += 1
        elif text == ")":
            if self.parens:
                self.parens[-1] -= 1
                if self.parens[-1] == 0:
                    self.parens.pop()
                    return self._string(start)
        elif text == "/*":
            return self._block_comment(pos)
        elif text == "#" and self.line == 1 and self.source.startswith("!/", pos):
            end = self.source.find("\n", pos)
            return len(self.source) if end < 0 else end
        elif text[:2] == "//":
            return pos
        self._add(text, text, None)
        return pos

    def _block_comment(self, pos: int) -> int:
        depth = 1
        while depth:
            edge = _COMMENT_EDGE.search(self.source, pos)
            if edge is None:
                self.error("Unterminated block comment.")
                return len(self.source)
            pos = edge.end()
            if edge[0] == "\n":
                self.line += 1
            else:
                depth += 1 if edge[0] == "/*" else -1
        return pos

    def _number(self, text: str) -> float:
        if text[:2] == "0x":
            number = int(text[2:] or "0", 16)
            if number < 1 << 63:
                return float(number)
        else:
            if text[-1] in "eE+-":
                self.error("Unterminated scientific notation.")
                text = text.rstrip("eE+-")
            value = float(text)
            mantissa = re.split("[eE]", text)[0]
            if 2.3e-308 < value < math.inf or not mantissa.strip("0."):
                return value
        self.error("Number literal was too large (8).")
        return 0.0

    def _invalid(self, pos: int) -> int:
        char = self.source[pos]
        if 32 <= ord(char) <= 126:
            self.error(f"Invalid character '{char}'.")
        else:
            self.error(f"Invalid byte 0x{ord(char):x}.")
        self._add("error", "", None)
        return pos + 1

    def _string(self, start: int) -> int:
        """A string literal (or the rest of one after an interpolation) that begins at `start`."""
        reader = StringReader(self, start)
        raw = self.source[start] == '"' and self.source.startswith('"""', start)
        kind, value = reader.raw() if raw else reader.plain(len(self.parens))
        if kind == "interp":
            self.parens.append(1)
        self._add(kind, self.source[start : reader.pos], value)
        return reader.pos
