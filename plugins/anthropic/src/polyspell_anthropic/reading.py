"""The events of the messages API as deltas."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from polyspell.errors import (
    BadRequestError,
    BadResponseError,
    ContextTooLong,
    OverloadedError,
    ProviderError,
)
from polyspell.messages import Delta, FinishReason, Other, Text, Thinking, ToolCallDelta
from polyspell.providers.answers import NAMES, Answers
from polyspell.providers.extras import arguments, merge, rest
from polyspell.providers.failures import provider_error

from polyspell_anthropic.usage import usage

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls",
    "refusal": "content_filter", "model_context_window_exceeded": "length", "pause_turn": "pause",
}  # fmt: skip
_MESSAGE = frozenset(
    {"id", "type", "role", "model", "content", "usage", "stop_reason", "stop_sequence"}
)
_TOOL = frozenset({"type", "id", "name", "input"})
_EVENT = frozenset({"type", "delta", "usage"})
_KINDS: dict[str, type[ProviderError]] = {
    "not_found_error": BadRequestError, "request_too_large": BadRequestError,
    "timeout_error": OverloadedError, "api_error": OverloadedError,
}  # fmt: skip
_TOO_LONG = re.compile(r"prompt is too long|exceed context limit|context window", re.IGNORECASE)


class _Block:
    """A block that is being told: its own fields, and the pieces of its input's JSON so far."""

    def __init__(self, start: dict[str, Any], call: int | None) -> None:
        self.kind: str = start["type"]
        self.start = start
        self.call = call  # the number of the tool call that it is
        self.json: list[str] = []


class Reader:
    """Reads one answer. Blocks that only the API understands become Other, as they came.

    Args:
        provider: the mark of its own parts.
        model: for errors.
        by_tool: whether the answer is to come by the call of a tool (see `answers`).

    `done`: the server has said that this was all.
    """

    def __init__(self, provider: str, model: str, by_tool: bool = False) -> None:
        self.done = False
        self._provider = provider
        self._model = model
        self._by_tool = by_tool
        self._answers = Answers()
        self._blocks: dict[int, _Block] = {}
        self._calls = 0
        self._text_ended = False  # the last block was text, and has to stay apart from more
        self._counts: dict[str, Any] = {}
        self._reason: str | None = None
        self._extra: dict[str, Any] = {}

    def opened(self, request_id: str | None) -> None:
        """The answer has begun."""
        if request_id:
            self._extra["request_id"] = request_id

    def read(self, event: Any) -> list[Delta]:
        """The deltas of an event; of one that is not known, none.

        Raises:
            ProviderError: the event is an error, or not an event.
        """
        try:
            return self._read(event)
        except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
            raise BadResponseError(
                f"{self._provider} sent an event that cannot be read: {error!r}.",
                context={"provider": self._provider, "model": self._model, "event": event},
            ) from error

    def _read(self, event: dict[str, Any]) -> list[Delta]:
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._delta(event["index"], event["delta"])
        if kind == "content_block_start":
            return self._start(event["index"], event["content_block"])
        if kind == "content_block_stop":
            return self._stop(event["index"])
        if kind == "message_start":
            return self._begun(event["message"])
        if kind == "message_delta":
            self._extra.update(rest(event, _EVENT))
            self._ended(event.get("delta") or {}, event.get("usage"))
        elif kind == "message_stop":
            self.done = True
        elif kind == "message":
            return self._whole(event)
        elif kind == "error" or "error" in event:
            raise provider_error(
                0, event, provider=self._provider, model=self._model, explain=explain
            )
        return []

    # -- the message ------------------------------------------------------------------------------

    def _begun(self, message: dict[str, Any]) -> list[Delta]:
        deltas = [Delta(id=message.get("id"), model=message.get("model"))]
        for index, content in enumerate(message.get("content") or ()):
            deltas += [*self._start(index, content), *self._stop(index)]
        self._ended(message, message.get("usage"))
        return deltas

    def _whole(self, message: dict[str, Any]) -> list[Delta]:
        deltas = self._begun(message)
        self.done = True
        return deltas

    def _ended(self, about: dict[str, Any], counts: dict[str, Any] | None) -> None:
        """What is said at the beginning, and again, of the whole: later counts replace earlier."""
        self._counts.update({k: v for k, v in (counts or {}).items() if v is not None})
        self._reason = about.get("stop_reason") or self._reason
        if about.get("stop_sequence") is not None:
            self._extra["stop_sequence"] = about["stop_sequence"]
        self._extra.update(rest(about, _MESSAGE))

    # -- blocks -----------------------------------------------------------------------------------

    def _start(self, index: int, content: dict[str, Any]) -> list[Delta]:
        kind = content["type"]
        before = []
        if kind == "text" and self._text_ended:
            before.append(Delta(part=Text("")))
        self._text_ended = False
        if kind == "tool_use" and content.get("name") not in NAMES:
            block = self._blocks[index] = _Block(content, self._calls)
            self._calls += 1
            extra = rest(content, _TOOL)
            if extra:
                extra["provider"] = self._provider
            call = ToolCallDelta(
                self._calls - 1, content.get("id"), content.get("name"), "", extra or None
            )
            return [*self._answers.rest(), Delta(tool_call=call)]
        block = self._blocks[index] = _Block(dict(content), None)
        if kind == "text":
            text, block.start["text"] = content.get("text") or "", ""
            return [*before, *self._text(text)]
        if kind == "thinking":
            text, block.start["thinking"] = content.get("thinking") or "", ""
            return [Delta(thinking=text)] if text else []
        return []

    def _delta(self, index: int, delta: dict[str, Any]) -> list[Delta]:
        kind = delta["type"]
        if kind == "text_delta":
            return self._text(delta["text"])
        if kind == "thinking_delta":
            return [Delta(thinking=delta["thinking"])] if delta["thinking"] else []
        block = self._blocks[index]
        if kind == "input_json_delta":
            return self._input(block, delta["partial_json"])
        if kind == "citations_delta":
            merge(block.start, {"citations": [delta["citation"]]})
        elif kind == "signature_delta":
            block.start["signature"] = delta["signature"]
        else:
            merge(block.start, {k: v for k, v in delta.items() if k != "type"})
        return []

    def _input(self, block: _Block, piece: str) -> list[Delta]:
        if not piece:
            return []
        block.json.append(piece)
        if block.call is not None:
            return [Delta(tool_call=ToolCallDelta(block.call, arguments=piece))]
        if block.kind == "tool_use":
            return self._answers.piece(block.start["name"], piece)
        return []

    def _text(self, text: str) -> list[Delta]:
        if self._by_tool:
            self._answers.hold(text)
            return []
        return [Delta(text)] if text else []

    def _stop(self, index: int) -> list[Delta]:
        block = self._blocks.pop(index, None)
        if block is None:
            return []
        start = block.start
        if block.kind == "tool_use":
            return self._called(block)
        if block.kind == "text":
            self._text_ended = not self._by_tool
            extra = rest(start, {"type", "text"})
            if not extra or self._by_tool:
                return []
            self._text_ended = False
            return [Delta(part=Text("", {"provider": self._provider, **extra}))]
        if block.kind == "thinking":
            extra = {"provider": self._provider, **rest(start, {"type", "thinking", "signature"})}
            signature = start.get("signature") or None
            return [Delta(part=Thinking("", signature, extra))] if signature else []
        if block.json:
            start["input"] = arguments("".join(block.json))
        return [Delta(part=Other(self._provider, start))]

    def _called(self, block: _Block) -> list[Delta]:
        """What has not been told of a call: an input that came with its beginning; an answer."""
        given = block.start.get("input")
        late = "" if block.json or not given else msgspec.json.encode(given).decode()
        if block.call is not None:
            return [Delta(tool_call=ToolCallDelta(block.call, arguments=late))] if late else []
        return self._answers.whole(
            block.start["name"], "".join(block.json) or late, bool(block.json)
        )

    # -- the end ----------------------------------------------------------------------------------

    def finish(self) -> list[Delta]:
        """The last deltas.

        Raises:
            BadResponseError: the answer broke off: it has neither a reason to end nor an end mark.
        """
        if self._reason is None and not self.done:
            raise BadResponseError(
                f"The answer of {self._provider} broke off in the middle.",
                hint="Try again; what came of it is kept.",
                context={"provider": self._provider, "model": self._model, **self._extra},
            )
        deltas = [delta for index in list(self._blocks) for delta in self._stop(index)]
        deltas += self._answers.rest()
        reason = _REASONS.get(self._reason or "end_turn", "other")
        if reason == "other":
            self._extra["finish_reason"] = self._reason
        if reason == "tool_calls" and self._answers.given and not self._calls:
            reason = "stop"
        last = Delta(finish_reason=reason, extra=self._extra or None)
        if self._counts:
            last.usage = usage(self._counts)
        return [*deltas, last]


def explain(status: int, body: Any) -> type[ProviderError] | None:
    """The kind of a failure, where only this API names it so."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    if error.get("type") == "invalid_request_error" and _TOO_LONG.search(str(error.get("message"))):
        return ContextTooLong
    return _KINDS.get(str(error.get("type"))) if status in (0, 404, 413, 500, 504) else None
