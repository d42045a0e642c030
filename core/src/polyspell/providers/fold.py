"""Deltas folded into a Response."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from polyspell.messages import (
    Delta,
    FinishReason,
    Message,
    Part,
    Response,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from polyspell.providers.base import Provider, Request


class Fold:
    """Collects deltas; `response()` gives what has come so far, in the order in which it came."""

    __slots__ = ("_calls", "_parts", "extra", "finish_reason", "id", "model", "usage")

    def __init__(self, model: str = "") -> None:
        self._parts: list[list[Any]] = []  # [kind, pieces or part]
        self._calls: dict[int, tuple[ToolCall, list[str]]] = {}
        self.usage: Usage | None = None
        self.finish_reason: FinishReason | None = None
        self.model = model
        self.id: str | None = None
        self.extra: dict[str, Any] | None = None

    def add(self, delta: Delta) -> None:
        """Take one delta."""
        if delta.thinking:
            self._piece("thinking", delta.thinking)
        if delta.text:
            self._piece("text", delta.text)
        if delta.tool_call is not None:
            self._tool_call(delta)
        if delta.part is not None:
            self._part(delta.part)
        if delta.usage is not None:
            self.usage = delta.usage
        if delta.finish_reason is not None:
            self.finish_reason = delta.finish_reason
        if delta.model is not None:
            self.model = delta.model
        if delta.id is not None:
            self.id = delta.id
        if delta.extra is not None:
            self.extra = {**(self.extra or {}), **delta.extra}

    def _piece(self, kind: str, text: str) -> None:
        parts = self._parts
        if parts and parts[-1][0] == kind:
            parts[-1][1].append(text)
        else:
            parts.append([kind, [text]])

    def _part(self, part: Part) -> None:
        """A whole part. Thinking with a signature closes the thinking that streamed before it; text
        without text closes the text before it, and gives it its `extra`."""
        last = self._parts[-1] if self._parts else None
        if isinstance(part, Thinking) and last is not None and last[0] == "thinking":
            text = part.text or "".join(last[1])
            self._parts[-1] = ["part", Thinking(text, part.signature, part.extra)]
        elif isinstance(part, Text) and not part.text and last is not None and last[0] == "text":
            self._parts[-1] = ["part", Text("".join(last[1]), part.extra)]
        else:
            self._parts.append(["part", part])

    def _tool_call(self, delta: Delta) -> None:
        piece = delta.tool_call
        assert piece is not None
        call, written = self._calls.get(piece.index, (None, []))
        if call is None or (piece.id and call.id and piece.id != call.id):
            # Some servers count every call as the first: another id is another call.
            call, written = ToolCall(piece.id or "", piece.name or "", "", piece.extra), []
            self._calls[piece.index] = call, written
            self._parts.append(["call", (call, written)])
        else:
            call.id = call.id or piece.id or ""
            call.name = call.name or piece.name or ""
            if piece.extra:
                call.extra = {**(call.extra or {}), **piece.extra}
        written.append(piece.arguments)

    def response(self) -> Response:
        """The whole answer, or what has come of it."""
        parts: list[Part] = []
        for kind, value in self._parts:
            if kind == "text":
                parts.append(Text("".join(value)))
            elif kind == "thinking":
                parts.append(Thinking("".join(value)))
            elif kind == "call":
                call, written = value
                call.id = call.id or f"call_{uuid4().hex[:12]}"
                call.arguments = "".join(written) or "{}"
                parts.append(call)
            else:
                parts.append(value)
        reason = self.finish_reason or ("tool_calls" if self._calls else "other")
        usage = self.usage or Usage()
        usage.requests = usage.requests or 1
        return Response(Message("assistant", parts), usage, reason, self.model, self.id, self.extra)


async def generate(provider: Provider, request: Request) -> Response:
    """The whole answer of a model: `stream`, folded."""
    fold = Fold(request.model)
    stream: AsyncIterator[Delta] = provider.stream(request)
    async for delta in stream:
        fold.add(delta)
    return fold.response()
