"""The chunks of streamGenerateContent as deltas."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64decode
from typing import Any
from uuid import uuid4

import msgspec
from polyspell.errors import BadResponseError, ContentFiltered
from polyspell.messages import (
    Delta,
    FinishReason,
    Media,
    Other,
    Part,
    Text,
    Thinking,
    ToolCallDelta,
)
from polyspell.providers.answers import NAMES, Answers
from polyspell.providers.extras import merge, rest
from polyspell.providers.failures import provider_error

from polyspell_gemini.partial import lay
from polyspell_gemini.usage import usage

_CHUNK = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId", "promptFeedback"})
_CANDIDATE = frozenset({"content", "finishReason", "index", "logprobsResult", "citationMetadata"})
_GROWING = ("logprobsResult", "citationMetadata")  # each chunk tells of its own piece
_FILTERED = (
    "SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT "
    "IMAGE_RECITATION MODEL_ARMOR"
)
_BROKEN = (
    "MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE "
    "MALFORMED_RESPONSE"
)
_REASONS: dict[str, FinishReason] = {"STOP": "stop", "MAX_TOKENS": "length"}
_REASONS |= dict.fromkeys(_FILTERED.split(), "content_filter")
_REASONS |= dict.fromkeys(_BROKEN.split(), "error")


class Reader:
    """Reads one answer. A part that has a signature keeps it, and stays apart from parts that have
    none; parts that only the API understands become Other, as they came.

    Args:
        provider: the mark of its own parts.
        model: for errors.
        by_tool: whether the answer is to come by the call of a tool (see polyspell's `answers`).
    """

    def __init__(self, provider: str, model: str, by_tool: bool = False) -> None:
        self._provider = provider
        self._model = model
        self._by_tool = by_tool
        self._answers = Answers()
        self._named = False
        self._open = False  # a text has streamed that may yet grow
        self._calls = 0
        self._growing: dict[str, Any] | None = None  # a call whose arguments come in pieces
        self._sound: tuple[str, bytearray] | None = None
        self._counts: dict[str, Any] | None = None
        self._reason: str | None = None
        self._extra: dict[str, Any] = {}

    def opened(self, request_id: str | None) -> None:
        """The answer has begun."""
        if request_id:
            self._extra["request_id"] = request_id

    def read(self, chunk: Any) -> list[Delta]:
        """The deltas of a chunk, or of a list of chunks.

        Raises:
            ContentFiltered: the prompt was blocked.
            ProviderError: the chunk is an error, or not a chunk.
        """
        try:
            chunks = chunk if isinstance(chunk, list) else [chunk]
            return [delta for each in chunks for delta in self._read(each)]
        except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
            raise BadResponseError(
                f"{self._provider} sent a chunk that cannot be read: {error!r}.",
                context={"provider": self._provider, "model": self._model, "chunk": chunk},
            ) from error

    def _read(self, chunk: dict[str, Any]) -> list[Delta]:
        if failure := chunk.get("error"):
            code = failure.get("code") if isinstance(failure, dict) else 0
            status = code if isinstance(code, int) else 0
            raise provider_error(status, chunk, provider=self._provider, model=self._model)
        if chunk.keys() - _CHUNK:
            self._extra.update(rest(chunk, _CHUNK))
        self._counts = chunk.get("usageMetadata") or self._counts
        if feedback := chunk.get("promptFeedback"):
            self._feedback(feedback)
        deltas: list[Delta] = []
        for candidate in chunk.get("candidates") or ():
            if not candidate.get("index"):  # one answer is asked for
                self._candidate(candidate, deltas)
        if not self._named and (chunk.get("responseId") or chunk.get("modelVersion")):
            about = Delta(id=chunk.get("responseId"), model=chunk.get("modelVersion"))
            deltas.insert(0, about)
            self._named = True
        return deltas

    def _feedback(self, feedback: dict[str, Any]) -> None:
        reason = feedback.get("blockReason")
        if not reason or reason == "BLOCKED_REASON_UNSPECIFIED":
            self._extra["promptFeedback"] = feedback
            return
        said = feedback.get("blockReasonMessage")
        raise ContentFiltered(
            f"{self._provider} blocked the prompt: {reason}{f' ({said})' if said else ''}.",
            hint="Say it otherwise, or change the safety settings.",
            context={"provider": self._provider, "model": self._model, "feedback": feedback,
                     "provider_codes": [reason]},
        )  # fmt: skip

    def _candidate(self, candidate: dict[str, Any], deltas: list[Delta]) -> None:
        for part in (candidate.get("content") or {}).get("parts") or ():
            if "text" in part and part.keys() <= {"text"} and not self._sound:
                deltas += self._text(part["text"])  # nearly every part of nearly every answer
            else:
                self._part(part, deltas)
        self._reason = candidate.get("finishReason") or self._reason
        self._extra.update({k: v for k, v in rest(candidate, _CANDIDATE).items() if v != {}})
        for key in _GROWING:
            if candidate.get(key):
                merge(self._extra, {key: candidate[key]})

    # -- parts ------------------------------------------------------------------------------------

    def _text(self, text: str) -> list[Delta]:
        if not text:
            return []
        if self._by_tool:
            self._answers.hold(text)
            return []
        self._open = True
        return [Delta(text)]

    def _part(self, part: dict[str, Any], deltas: list[Delta]) -> None:
        blob = part.get("inlineData")
        if blob and str(blob.get("mimeType", "")).startswith("audio/") and not part.get("thought"):
            self._hear(blob, deltas)
            return
        self._heard(deltas)
        if "functionCall" in part:
            self._call(part, deltas)
        elif "text" in part and part.get("thought"):
            self._thought(part, deltas)
        elif "text" in part:
            self._signed(part, deltas)
        else:
            deltas.append(Delta(part=self._whole(part)))
            self._open = False

    def _extra_of(self, part: dict[str, Any], *told: str) -> dict[str, Any]:
        extra = rest(part, frozenset(told))
        return {"provider": self._provider, **extra} if extra else {}

    def _thought(self, part: dict[str, Any], deltas: list[Delta]) -> None:
        if part["text"]:
            deltas.append(Delta(thinking=part["text"]))
        if signature := part.get("thoughtSignature"):
            extra = self._extra_of(part, "text", "thought", "thoughtSignature")
            extra["provider"] = self._provider
            deltas.append(Delta(part=Thinking("", signature, extra)))
        self._open = False

    def _signed(self, part: dict[str, Any], deltas: list[Delta]) -> None:
        extra = self._extra_of(part, "text", "thought")
        if not extra or self._by_tool:
            deltas += self._text(part["text"])
            return
        if self._open:
            deltas.append(Delta(part=Text("")))
        if part["text"]:
            deltas.append(Delta(part["text"]))
        deltas.append(Delta(part=Text("", extra)))
        self._open = False

    def _whole(self, part: dict[str, Any]) -> Part:
        blob, file = part.get("inlineData"), part.get("fileData")
        if blob and blob.get("data"):
            kind, name = blob.get("mimeType") or "application/octet-stream", blob.get("displayName")
            extra = self._extra_of(part, "inlineData") or None
            return Media(kind, decoded(blob["data"]), name=name, extra=extra)
        if file and file.get("fileUri"):
            extra = self._extra_of(part, "fileData") or None
            return Media(file.get("mimeType") or "*/*", url=file["fileUri"], extra=extra)
        return Other(self._provider, part)

    # -- sound, which comes in pieces of one whole -------------------------------------------------

    def _hear(self, blob: dict[str, Any], deltas: list[Delta]) -> None:
        kind, data = blob["mimeType"], decoded(blob.get("data") or "")
        if self._sound and self._sound[0] != kind:
            self._heard(deltas)
        if not self._sound:
            self._sound = (kind, bytearray())
        self._sound[1].extend(data)

    def _heard(self, deltas: list[Delta]) -> None:
        if self._sound:
            kind, data = self._sound
            deltas.append(Delta(part=Media(kind, bytes(data))))
            self._sound = None

    # -- calls ------------------------------------------------------------------------------------

    def _call(self, part: dict[str, Any], deltas: list[Delta]) -> None:
        call: dict[str, Any] = part["functionCall"]
        if self._growing is not None or call.get("partialArgs") or call.get("willContinue"):
            whole = self._grow(part, call)
            if whole is None:
                return
            part, call = whole, whole["functionCall"]
        self._open = False
        name, written = call.get("name"), msgspec.json.encode(call.get("args") or {}).decode()
        if name in NAMES:
            deltas += self._answers.whole(name, written, told=False)
            return
        id = call.get("id") or f"call_{uuid4().hex[:12]}"
        extra = self._extra_of(part, "functionCall") or None
        deltas += self._answers.rest()
        deltas.append(Delta(tool_call=ToolCallDelta(self._calls, id, name, written, extra)))
        self._calls += 1

    def _grow(self, part: dict[str, Any], call: dict[str, Any]) -> dict[str, Any] | None:
        """Take a piece of a call; the whole part, when this was the last."""
        if self._growing is None:
            self._growing = {**part, "functionCall": {"args": {}}}
        whole = self._growing
        known = whole["functionCall"]
        whole.update({k: v for k, v in part.items() if k != "functionCall"})
        known.update({k: call[k] for k in ("id", "name") if call.get(k)})
        known["args"].update(call.get("args") or {})
        for piece in call.get("partialArgs") or ():
            lay(known["args"], piece)
        if call.get("willContinue"):
            return None
        self._growing = None
        return whole

    # -- the end ----------------------------------------------------------------------------------

    def finish(self) -> list[Delta]:
        """The last deltas.

        Raises:
            BadResponseError: the answer broke off: it has no reason to end.
        """
        if self._reason is None:
            raise BadResponseError(
                f"The answer of {self._provider} broke off in the middle.",
                hint="Try again; what came of it is kept.",
                context={"provider": self._provider, "model": self._model, **self._extra},
            )
        deltas = self._answers.rest()
        if self._growing is not None:
            self._call({"functionCall": {}}, deltas)
        self._heard(deltas)
        reason = _REASONS.get(self._reason, "other")
        if reason not in ("stop", "length"):
            self._extra["finish_reason"] = self._reason
        if reason == "stop" and self._calls:
            reason = "tool_calls"
        last = Delta(finish_reason=reason, extra=self._extra or None)
        if self._counts is not None:
            last.usage = usage(self._counts)
        return [*deltas, last]


def decoded(text: str) -> bytes:
    """Bytes of base64 in either alphabet."""
    return urlsafe_b64decode(text) if "-" in text or "_" in text else b64decode(text)
