"""The spans that are open, by the ids under which events tell of them."""

from __future__ import annotations

from opentelemetry.trace import Span

_MOST = 10_000  # what never ended by then never will


class Open:
    """Open spans. One id may have several, the last of which counts: a script may run twice at once
    in one context."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = {}

    def __len__(self) -> int:
        return len(self._spans)

    def add(self, id: str, span: Span) -> None:
        """Keep a span."""
        if len(self._spans) >= _MOST:
            for lost in self._spans.pop(next(iter(self._spans))):
                lost.end()
        self._spans.setdefault(id, []).append(span)

    def get(self, id: str) -> Span | None:
        """The last span of an id."""
        found = self._spans.get(id)
        return found[-1] if found else None

    def pop(self, id: str) -> Span | None:
        """Forget the last span of an id, and give it."""
        found = self._spans.get(id)
        if not found:
            return None
        span = found.pop()
        if not found:
            del self._spans[id]
        return span

    def end_all(self) -> None:
        """End and forget them."""
        for spans in self._spans.values():
            for span in spans:
                span.end()
        self._spans.clear()
