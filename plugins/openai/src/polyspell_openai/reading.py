"""The chunks of a chat completion as deltas."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from polyspell.errors import BadResponseError
from polyspell.messages import Delta, FinishReason, Media, Thinking
from polyspell.providers.base import Request
from polyspell.providers.extras import merge, rest
from polyspell.providers.failures import provider_error

from polyspell_openai.calls import Calls
from polyspell_openai.usage import usage

_CHUNK = frozenset({"id", "object", "created", "model", "choices", "usage"})
_CHOICE = frozenset({"index", "delta", "message", "finish_reason"})
_DELTA = frozenset(
    {"role", "content", "tool_calls", "function_call", "reasoning_content", "reasoning"}
    | {"reasoning_details", "refusal", "audio", "images"}
)
_FIXED = frozenset({"type", "index", "format", "id"})  # of a detail of reasoning
_REASONING = ("reasoning_content", "reasoning")
_REASONS: dict[str, FinishReason] = {
    "stop": "stop", "eos": "stop", "end_turn": "stop", "stop_sequence": "stop",
    "length": "length", "max_tokens": "length", "model_length": "length",
    "tool_calls": "tool_calls", "function_call": "tool_calls",
    "content_filter": "content_filter", "error": "error",
}  # fmt: skip


class Reader:
    """Reads one answer. What no field of a delta stands for is gathered and given with the last.

    `done`: the server has said that this was all.
    """

    def __init__(self, provider: str, request: Request) -> None:
        self.done = False
        self._provider = provider
        self._model = request.model
        audio = request.options.get("audio")
        self._sound = audio.get("format", "wav") if isinstance(audio, dict) else "wav"
        self._audio: dict[str, Any] = {}
        self._named = False  # a delta has told the id and the model
        self._usage: Any = None
        self._reason: str | None = None
        self._thought: dict[str, Any] | None = None  # of the thinking that is going on
        self._calls = Calls(provider)
        self._extra: dict[str, Any] = {}

    def opened(self, request_id: str | None) -> None:
        """The answer has begun."""
        if request_id:
            self._extra["request_id"] = request_id

    def read(self, chunk: Any) -> list[Delta]:
        """The deltas of a chunk.

        Raises:
            ProviderError: the chunk is an error, or not a chunk.
        """
        try:
            return self._read(chunk)
        except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
            raise BadResponseError(
                f"{self._provider} sent a chunk that cannot be read: {error!r}.",
                context={"provider": self._provider, "model": self._model, "chunk": chunk},
            ) from error

    def _read(self, chunk: dict[str, Any]) -> list[Delta]:
        if chunk.get("error") or chunk.get("object") == "error":
            raise self._failure(chunk)
        if chunk.keys() - _CHUNK:
            self._extra.update(rest(chunk, _CHUNK))
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        deltas: list[Delta] = []
        for choice in chunk.get("choices") or ():
            self._choice(choice, deltas)
        if deltas and not self._named:
            deltas[0].id, deltas[0].model = chunk.get("id"), chunk.get("model")
            self._named = True
        return deltas

    def _choice(self, choice: dict[str, Any], deltas: list[Delta]) -> None:
        if choice.get("error"):
            raise self._failure(choice)
        said = choice.get("delta") or choice.get("message") or {}
        content = said.get("content")
        alone = len(said) == 1 or (len(said) == 2 and "role" in said)
        if content and alone and type(content) is str and self._thought is None:
            deltas.append(Delta(content))  # nearly every chunk of nearly every answer
        else:
            self._said(said, deltas)
        if said.keys() - _DELTA:
            merge(self._extra, rest(said, _DELTA))
        if choice.keys() - _CHOICE:
            merge(self._extra, rest(choice, _CHOICE))
        if reason := choice.get("finish_reason"):
            self._reason = reason

    # -- the parts of a message -------------------------------------------------------------------

    def _said(self, said: dict[str, Any], deltas: list[Delta]) -> None:
        for field in _REASONING:
            if said.get(field):
                self._think(field, said[field], deltas)
                break
        if said.get("reasoning_details"):
            self._details(said["reasoning_details"])
        content = said.get("content")
        if isinstance(content, list):
            for block in content:
                self._block(block, deltas)
        elif content:
            self._tell(Delta(content), deltas)
        if refusal := said.get("refusal"):
            self._extra["refusal"] = self._extra.get("refusal", "") + refusal
            self._tell(Delta(refusal), deltas)
        for image in said.get("images") or ():
            self._tell(Delta(part=_image(image)), deltas)
        if said.get("audio"):
            self._heard(said["audio"], deltas)
        for call in said.get("tool_calls") or ():
            self._tell(Delta(tool_call=self._calls.delta(call)), deltas)
        if called := said.get("function_call"):
            self._tell(Delta(tool_call=self._calls.delta({"index": 0, "function": called})), deltas)

    def _tell(self, delta: Delta, deltas: list[Delta]) -> None:
        """Add what is no thinking; it ends the thinking before it."""
        if self._thought is not None:
            deltas.append(Delta(part=Thinking(extra=self._thought)))
            self._thought = None
        deltas.append(delta)

    def _think(self, field: str, text: str, deltas: list[Delta]) -> None:
        if self._thought is None:
            self._thought = {"provider": self._provider}
        self._thought["field"] = field
        deltas.append(Delta(thinking=text))

    def _details(self, details: list[dict[str, Any]]) -> None:
        """Details of reasoning come in pieces, to be sent back whole."""
        if self._thought is None:
            self._thought = {"provider": self._provider}
        whole: list[dict[str, Any]] = self._thought.setdefault("reasoning_details", [])
        for detail in details:
            last = whole[-1] if whole else {}
            if "index" in detail and all(detail.get(k) == last.get(k) for k in ("type", "index")):
                merge(last, {k: v for k, v in detail.items() if k not in _FIXED and v is not None})
                last.update({k: v for k, v in detail.items() if k in _FIXED})
            else:
                whole.append(dict(detail))

    def _block(self, block: dict[str, Any], deltas: list[Delta]) -> None:
        if block.get("type") == "thinking":
            inner = block.get("thinking") or ()
            text = inner if isinstance(inner, str) else "".join([t.get("text", "") for t in inner])
            self._think("thinking", text, deltas)
        elif block.get("type") == "text":
            self._tell(Delta(block.get("text") or ""), deltas)
        else:
            merge(self._extra, {"content": [block]})

    def _heard(self, audio: dict[str, Any], deltas: list[Delta]) -> None:
        fixed = {key: audio[key] for key in ("id", "expires_at") if audio.get(key)}
        merge(self._audio, {"data": audio.get("data") or ""})
        self._audio.update(fixed)
        if audio.get("transcript"):
            self._tell(Delta(audio["transcript"]), deltas)

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
        deltas: list[Delta] = []
        if self._thought is not None:
            deltas.append(Delta(part=Thinking(extra=self._thought)))
        if self._audio.get("data"):
            sound = b64decode(self._audio.pop("data"))
            about = {"audio_id": self._audio.pop("id", None), **self._audio}
            deltas.append(Delta(part=Media(f"audio/{self._sound}", sound, extra=about)))
        last = Delta(finish_reason=self._finish_reason(), extra=self._extra or None)
        if self._usage is not None:
            last.usage = usage(self._usage)
        return [*deltas, last]

    def _finish_reason(self) -> FinishReason:
        reason = _REASONS.get(self._reason or "stop", "other")
        if reason == "other":
            self._extra["finish_reason"] = self._reason
        if self._extra.get("refusal"):
            return "content_filter"
        # Some servers call a demand for tools a stop.
        return "tool_calls" if self._calls.any and reason == "stop" else reason

    def _failure(self, body: dict[str, Any]) -> Exception:
        inner = body.get("error")
        code = inner.get("code") if isinstance(inner, dict) else body.get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else 0
        return provider_error(status, body, provider=self._provider, model=self._model)


def _image(image: dict[str, Any]) -> Media:
    url = (image.get("image_url") or {}).get("url", "")
    head, _, data = url.partition(";base64,")
    if data and head.startswith("data:"):
        return Media(head[5:], b64decode(data))
    return Media("image/*", url=url)
