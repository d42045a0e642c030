"""The lines of /api/chat as deltas."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
from polyspell.errors import BadResponseError
from polyspell.messages import Delta, FinishReason, Thinking, ToolCallDelta, Usage
from polyspell.providers.extras import merge, rest
from polyspell.providers.failures import provider_error

_LINE = frozenset(
    {"model", "created_at", "message", "done", "done_reason", "prompt_eval_count", "eval_count"}
    | {"logprobs"}
)
_MESSAGE = frozenset({"role", "content", "thinking", "tool_calls"})
_CALL = frozenset({"id", "type", "function"})
_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}


class Reader:
    """Reads one answer. What no field of a delta stands for is gathered and given with the last.

    Args:
        provider: the mark of its own parts.
        model: for errors.
    """

    def __init__(self, provider: str, model: str) -> None:
        self._provider = provider
        self._model = model
        self._named = False
        self._thinks = False
        self._calls = 0
        self._done: dict[str, Any] | None = None
        self._extra: dict[str, Any] = {}

    def opened(self, request_id: str | None) -> None:
        """The answer has begun."""
        if request_id:
            self._extra["request_id"] = request_id

    def read(self, line: Any) -> list[Delta]:
        """The deltas of a line.

        Raises:
            ProviderError: the line is an error, or not a line of a chat.
        """
        try:
            return self._read(line)
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            raise BadResponseError(
                f"{self._provider} sent a line that cannot be read: {error!r}.",
                context={"provider": self._provider, "model": self._model, "line": line},
            ) from error

    def _read(self, line: dict[str, Any]) -> list[Delta]:
        if "error" in line:
            raise provider_error(0, line, provider=self._provider, model=self._model)
        deltas: list[Delta] = []
        if not self._named:
            self._named = True
            deltas.append(Delta(model=line.get("model")))
        message = line.get("message") or {}
        if message.get("thinking"):
            self._thinks = True
            deltas.append(Delta(thinking=message["thinking"]))
        if message.get("content"):
            self._thought(deltas)
            deltas.append(Delta(message["content"]))
        for call in message.get("tool_calls") or ():
            self._thought(deltas)
            deltas.append(Delta(tool_call=self._call(call)))
        if line.get("logprobs"):
            merge(self._extra, {"logprobs": line["logprobs"]})
        merge(self._extra, rest(message, _MESSAGE))
        self._extra.update(rest(line, _LINE))
        if line.get("done"):
            self._done = line
            self._thought(deltas)
        return deltas

    def _thought(self, deltas: list[Delta]) -> None:
        """Thoughts are over: they are marked, so that they go back to nobody else."""
        if self._thinks:
            deltas.append(Delta(part=Thinking(extra={"provider": self._provider})))
            self._thinks = False

    def _call(self, call: dict[str, Any]) -> ToolCallDelta:
        function = call["function"]
        given = function.get("arguments") or {}
        text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
        id = call.get("id") or f"call_{uuid4().hex[:12]}"
        extra = rest(call, _CALL)
        if extra:
            extra["provider"] = self._provider
        self._calls += 1
        return ToolCallDelta(self._calls - 1, id, function["name"], text, extra or None)

    def finish(self) -> list[Delta]:
        """The last deltas.

        Raises:
            BadResponseError: the answer broke off: no line said that it was done.
        """
        if self._done is None:
            raise BadResponseError(
                f"The answer of {self._provider} broke off in the middle.",
                hint="Try again; what came of it is kept.",
                context={"provider": self._provider, "model": self._model, **self._extra},
            )
        said = self._done.get("done_reason") or "stop"
        reason = _REASONS.get(said, "other")
        if reason == "other":
            self._extra["finish_reason"] = said
        if reason == "stop" and self._calls:
            reason = "tool_calls"
        usage = Usage(
            input_tokens=self._done.get("prompt_eval_count") or 0,
            output_tokens=self._done.get("eval_count") or 0,
            requests=1,
        )
        return [Delta(usage=usage, finish_reason=reason, extra=self._extra or None)]
