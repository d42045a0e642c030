"""What a script prints."""

from __future__ import annotations

from collections.abc import Callable

from polyspell.scripting.limits import exceeded, soft

Write = Callable[[str, str], None]


class Output:
    """Counts what a script prints, and hands it on or collects it.

    Args:
        allowed: bytes that it may print in a run; None is no limit.
        write: gets (stream, text); None collects the text for the result.
        near: told of the bytes when 80 % of the limit are printed, in the thread that prints.
    """

    def __init__(
        self, allowed: int | None, write: Write | None, near: Callable[[int], None]
    ) -> None:
        self._allowed, self._soft = allowed, soft(allowed)
        self._write, self._near = write, near
        self._collected: list[str] = []
        self.bytes = 0

    def begin(self) -> None:
        """Count anew: a run begins."""
        self.bytes = 0

    def over(self, text: str) -> bool:
        """Count what the script prints; whether it is too much. May be called from any thread."""
        before, self.bytes = self.bytes, self.bytes + len(text.encode("utf-8", "replace"))
        if self._soft is not None and before < self._soft <= self.bytes:
            self._near(self.bytes)
        return self._allowed is not None and self.bytes > self._allowed

    def printed(self, stream: str, text: str) -> None:
        """Count what the script printed, and hand it on.

        Raises:
            LimitExceeded: it is too much.
        """
        if self.over(text):
            raise exceeded("output", self._allowed)
        self.write(stream, text)

    def write(self, stream: str, text: str) -> None:
        """Hand on what the script printed, to who asked for it or into the result."""
        if self._write is not None:
            self._write(stream, text)
        else:
            self._collected.append(text)

    def take(self) -> str:
        """What was collected; from now on it is collected anew."""
        text, self._collected = "".join(self._collected), []
        return text
