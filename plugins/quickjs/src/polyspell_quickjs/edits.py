"""A source and the changes made to it before it runs, so that places can be told as they were."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start` to `end` become `text`. One that changes the length touches one line only."""

    start: int
    end: int
    text: bytes


def blank(source: bytes, start: int, end: int) -> Edit:
    """Spaces instead of code: as many bytes, and the same line ends."""
    kept = bytes(c if c in b"\r\n" else 32 for c in source[start:end])
    return Edit(start, end, kept)


@dataclass(slots=True)
class EditedSource:
    """A source with its edits.

    Args:
        source: the source as it was written, in UTF-8, as the engine counts columns.
        edits: those inside another one are dropped.
        shift: lines that stand before it in what runs.
    """

    source: bytes
    edits: list[Edit] = field(default_factory=list)
    shift: int = 0

    def text(self) -> str:
        """The source with its edits made."""
        parts, position = [], 0
        for edit in self._ordered():
            parts += [self.source[position : edit.start], edit.text]
            position = edit.end
        parts.append(self.source[position:])
        return b"".join(parts).decode("utf-8", "replace")

    def line(self, number: int) -> str:
        """A line of the source as it was written (the first is 1); empty where there is none."""
        return self._line(number)[1].decode("utf-8", "replace")

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Where a line and column (in bytes) of the edited text were: line and column (in
        characters), from 1."""
        line -= self.shift
        start, content = self._line(line)
        position = column - 1
        for edit in self._ordered():
            if not start <= edit.start <= start + len(content):
                continue
            at = edit.start - start
            if position <= at:
                break
            if position < at + len(edit.text):
                position = at if b"\n" not in edit.text else position
                break
            position += (edit.end - edit.start) - len(edit.text)
        return max(line, 1), len(content[: max(position, 0)].decode("utf-8", "replace")) + 1

    def _ordered(self) -> list[Edit]:
        """The edits from first to last, an insertion before what is replaced behind it."""
        kept: list[Edit] = []
        for edit in sorted(self.edits, key=lambda e: (e.start, e.end != e.start, -e.end)):
            if not kept or edit.start >= kept[-1].end:
                kept.append(edit)
        return kept

    def _line(self, number: int) -> tuple[int, bytes]:
        """Where a line starts, and the line."""
        start = 0
        for _ in range(number - 1):
            found = self.source.find(b"\n", start)
            if found < 0:
                return len(self.source), b""
            start = found + 1
        end = self.source.find(b"\n", start)
        return start, self.source[start : end if end >= 0 else len(self.source)].rstrip(b"\r")
