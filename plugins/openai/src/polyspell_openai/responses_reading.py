"""The events of the Responses API as deltas."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any

from polyspell.errors import BadResponseError, ProviderError
from polyspell.messages import (
    Delta,
    FinishReason,
    Media,
    Other,
    Text,
    Thinking,
    ToolCallDelta,
    Usage,
)
from polyspell.providers.base import Request
from polyspell.providers.extras import merge, rest
from polyspell.providers.failures import provider_error

from polyspell_openai.responses_facts import explain, mark
from polyspell_openai.usage import responses_usage

# What a response says of itself that is no news to who asked.
_ECHO = frozenset(
    {"id", "object", "created_at", "completed_at", "model", "output", "usage", "status", "error"}
    | {"instructions", "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p"}
    | {"text", "reasoning", "max_output_tokens", "max_tool_calls", "previous_response_id", "store"}
    | {"truncation", "user", "top_logprobs", "prompt", "prompt_cache_key", "safety_identifier"}
    | {"background", "prompt_cache_retention", "prompt_cache_options", "presence_penalty"}
    | {"frequency_penalty", "output_text"}
)
_CALL = frozenset({"type", "call_id", "name", "arguments"})
_REASONS: dict[str, FinishReason] = {
    "max_output_tokens": "length", "content_filter": "content_filter",
}  # fmt: skip
_STATUSES: dict[str, FinishReason] = {
    "completed": "stop", "cancelled": "cancelled", "failed": "error",
}  # fmt: skip


class ResponsesReader:
    """Reads one answer. Parts that have to go back as they came carry the `provider` that they are
    of, which names the API too, and under `item`, or field by field, what the service said of them.

    `done`: the server has said that this was all.
    """

    def __init__(self, provider: str, request: Request) -> None:
        self.done = False
        self._provider = provider
        self._mark = mark(provider)
        self._model = request.model
        self._extra: dict[str, Any] = {}
        self._told: set[Any] = set()  # the places of items of which something has streamed
        self._complete: set[Any] = set()  # the places of items that are
        self._calls: dict[Any, int] = {}
        self._usage: Usage | None = None
        self._reason: FinishReason | None = None
        self._id: str | None = None
        self._sound = ""
        audio = request.options.get("audio")
        self._format = audio.get("format", "wav") if isinstance(audio, dict) else "wav"
        self._events: dict[str, Callable[[dict[str, Any]], list[Delta]]] = {
            "response.created": self._begun,
            "response.output_item.added": self._added,
            "response.output_item.done": self._item_event,
            "response.output_text.delta": self._text,
            "response.refusal.delta": self._refusal,
            "response.reasoning_summary_part.added": self._paragraph,
            "response.reasoning_summary_text.delta": self._thought,
            "response.reasoning_text.delta": self._thought,
            "response.function_call_arguments.delta": self._arguments,
            "response.audio.delta": self._heard,
            "response.audio.transcript.delta": self._text,
            "response.completed": self._ended,
            "response.incomplete": self._ended,
            "response.failed": self._ended,
            "response.cancelled": self._ended,
            "error": self._failed,
        }

    def opened(self, request_id: str | None) -> None:
        """The answer has begun."""
        if request_id:
            self._extra["request_id"] = request_id

    def read(self, event: Any) -> list[Delta]:
        """The deltas of an event; of one that is not known, none: what matters of it is in the item
        that it is about, or in the response at the end.

        Raises:
            ProviderError: the event is an error, or not an event.
        """
        try:
            kind = event.get("type")
            if kind is None and (event.get("object") == "response" or "error" in event):
                return self._ended({"response": event})
            reading = self._events.get(kind)
            return reading(event) if reading is not None else []
        except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
            raise BadResponseError(
                f"{self._provider} sent an event that cannot be read: {error!r}.",
                context={"provider": self._provider, "model": self._model, "event": event},
            ) from error

    # -- pieces -----------------------------------------------------------------------------------

    def _begun(self, event: dict[str, Any]) -> list[Delta]:
        response = event["response"]
        if self._id is not None or not response.get("id"):
            return []
        self._id = response["id"]
        return [Delta(id=self._id, model=response.get("model"))]

    def _text(self, event: dict[str, Any]) -> list[Delta]:
        return [Delta(self._told_of(event))] if event["delta"] else []

    def _told_of(self, event: dict[str, Any]) -> str:
        """The piece that an event tells of its item."""
        piece: str = event["delta"]
        if piece:
            self._told.add(_place(event))
        return piece

    def _refusal(self, event: dict[str, Any]) -> list[Delta]:
        self._extra["refusal"] = self._extra.get("refusal", "") + event["delta"]
        return self._text(event)

    def _thought(self, event: dict[str, Any]) -> list[Delta]:
        return [Delta(thinking=self._told_of(event))]

    def _paragraph(self, event: dict[str, Any]) -> list[Delta]:
        return [Delta(thinking="\n\n")] if event.get("summary_index") else []

    def _heard(self, event: dict[str, Any]) -> list[Delta]:
        self._sound += event["delta"]
        return []

    def _added(self, event: dict[str, Any]) -> list[Delta]:
        item, place = event["item"], _place(event)
        return [self._call(place, item)] if item.get("type") == "function_call" else []

    def _call(self, place: Any, item: dict[str, Any]) -> Delta:
        """The beginning of a call. Its arguments follow, or come with the item when it is done."""
        number = self._calls[place] = len(self._calls)
        id = item.get("call_id") or item.get("id")
        return Delta(tool_call=ToolCallDelta(number, id, item.get("name")))

    def _arguments(self, event: dict[str, Any]) -> list[Delta]:
        number = self._calls.setdefault(_place(event), len(self._calls))
        return [Delta(tool_call=ToolCallDelta(number, arguments=self._told_of(event)))]

    # -- items ------------------------------------------------------------------------------------

    def _item_event(self, event: dict[str, Any]) -> list[Delta]:
        return self._item(_place(event), event["item"])

    def _item(self, place: Any, item: dict[str, Any]) -> list[Delta]:
        """An item that is complete: what has not streamed of it, and what is to be kept."""
        told = place in self._told
        self._complete.add(place)
        kind = item.get("type")
        if kind == "message":
            return self._message(item, told)
        if kind == "function_call":
            return self._called(place, item, told)
        extra = {"provider": self._mark, "item": item}
        if kind == "reasoning":
            text = "" if told else _thinking(item)
            said = [Delta(thinking=text)] if text else []
            return [*said, Delta(part=Thinking(extra=extra))]
        if kind == "image_generation_call" and item.get("result"):
            form = item.get("output_format") or "png"
            form = "svg+xml" if form == "svg" else form
            extra["item"] = {k: v for k, v in item.items() if k != "result"}
            return [Delta(part=Media(f"image/{form}", b64decode(item["result"]), extra=extra))]
        return [Delta(part=Other(self._mark, item))]

    def _message(self, item: dict[str, Any], told: bool) -> list[Delta]:
        deltas: list[Delta] = []
        annotations: list[Any] = []
        for content in item.get("content") or ():
            text = content.get("text") or content.get("refusal") or ""
            annotations += content.get("annotations") or ()
            if content.get("logprobs"):
                merge(self._extra, {"logprobs": content["logprobs"]})
            if content.get("type") == "refusal":
                self._extra["refusal"] = text
            if not told and text:
                deltas.append(Delta(text))
        if told or deltas:
            about = {k: item[k] for k in ("id", "phase", "status") if item.get(k)}
            extra = {"provider": self._mark, **about}
            if annotations:
                extra["annotations"] = annotations
            deltas.append(Delta(part=Text("", extra)))
        return deltas

    def _called(self, place: Any, item: dict[str, Any], told: bool) -> list[Delta]:
        deltas = [] if place in self._calls else [self._call(place, item)]
        arguments = "" if told else item.get("arguments") or ""
        extra = {"provider": self._mark, **rest(item, _CALL)}
        number = self._calls[place]
        return [
            *deltas,
            Delta(tool_call=ToolCallDelta(number, arguments=arguments, extra=extra)),
        ]

    # -- the end ----------------------------------------------------------------------------------

    def _failed(self, event: dict[str, Any]) -> list[Delta]:
        raise self._error(event if isinstance(event.get("error"), dict) else {"error": event})

    def _ended(self, event: dict[str, Any]) -> list[Delta]:
        response = event["response"]
        if response.get("error"):
            raise self._error({"error": response["error"]})
        deltas = self._begun({"response": response})
        for index, item in enumerate(response.get("output") or ()):
            known = [place for place in (index, item.get("id")) if place in self._told]
            if not self._complete & {index, item.get("id")}:
                deltas += self._item(known[0] if known else index, item)
        self._extra.update({k: v for k, v in rest(response, _ECHO).items() if v not in ({}, [])})
        if counts := response.get("usage"):
            self._usage = responses_usage(counts)
        status = response.get("status") or "completed"
        reason = (response.get("incomplete_details") or {}).get("reason")
        self._reason = _REASONS.get(reason, "other") if reason else _STATUSES.get(status, "other")
        if self._reason == "other":
            self._extra["finish_reason"] = reason or status
        return deltas

    def finish(self) -> list[Delta]:
        """The last deltas.

        Raises:
            BadResponseError: the answer broke off: nothing said that it was complete.
        """
        if self._reason is None and not self.done:
            raise BadResponseError(
                f"The answer of {self._provider} broke off in the middle.",
                hint="Try again; what came of it is kept.",
                context={"provider": self._provider, "model": self._model, **self._extra},
            )
        reason = self._reason or "stop"
        if reason == "stop" and self._extra.get("refusal"):
            reason = "content_filter"
        elif reason == "stop" and self._calls:
            reason = "tool_calls"
        deltas = []
        if self._sound:
            deltas.append(Delta(part=Media(f"audio/{self._format}", b64decode(self._sound))))
        last = Delta(usage=self._usage, finish_reason=reason, extra=self._extra or None)
        return [*deltas, last]

    def _error(self, body: dict[str, Any]) -> ProviderError:
        code = body["error"].get("code") if isinstance(body["error"], dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 0
        return provider_error(
            status, body, provider=self._provider, model=self._model, explain=explain
        )


def _place(event: dict[str, Any]) -> Any:
    """Which item an event is about. Its place counts; some servers tell its id only."""
    place = event.get("output_index")
    if place is None:
        place = event.get("item_id") or (event.get("item") or {}).get("id")
    return place


def _thinking(item: dict[str, Any]) -> str:
    parts = item.get("summary") or item.get("content") or ()
    return "\n\n".join([part.get("text") or "" for part in parts])
