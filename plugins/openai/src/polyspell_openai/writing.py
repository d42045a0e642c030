"""A request as the body of a chat completion."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Other, Part, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell.providers.extras import arguments, lay_over, own

from polyspell_openai.media import data_url, file_name, plain_text, sound
from polyspell_openai.presets import Preset
from polyspell_openai.schemas import described

# They refuse max_tokens, and can keep their reasoning (Responses API only).
REASONING_MODEL = re.compile(r"(.*/)?(o\d|gpt-[5-9](?!-chat))")


def body(
    request: Request, preset: Preset, provider: str, defaults: dict[str, Any]
) -> dict[str, Any]:
    """The body. A field that the options set to None is left out.

    Raises:
        BadRequestError: several answers are asked for at once.
    """
    written: dict[str, Any] = {
        "model": request.model,
        "messages": list(_messages(request.messages, provider)),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        written["tools"] = [_tool(tool) for tool in request.tools]
        if request.tool_choice != "auto":
            written["tool_choice"] = _choice(request.tool_choice)
    if request.output_schema is not None:
        _ask_for_schema(written, request.output_schema, preset)
    if request.max_tokens is not None:
        new = REASONING_MODEL.match(request.model) is not None
        written["max_completion_tokens" if new else "max_tokens"] = request.max_tokens
    for name in ("temperature", "top_p", "seed"):
        value = getattr(request, name)
        if value is not None:
            written[preset.rename.get(name, name)] = value
    if request.stop:
        written["stop"] = list(request.stop)
    for name in preset.drop:
        written.pop(name, None)
    written = lay_over(written, defaults, request.options)
    if written.get("n", 1) != 1:
        raise BadRequestError("One call gives one answer.", hint="Leave out n; call several times.")
    return written


# -- tools and schemas ----------------------------------------------------------------------------


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "parameters": tool.parameters}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _choice(choice: str) -> Any:
    if choice in ("none", "required"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def _ask_for_schema(written: dict[str, Any], schema: dict[str, Any], preset: Preset) -> None:
    if preset.schema == "json_object":
        text = msgspec.json.encode(schema).decode()
        words = f"Answer with one JSON object that fits this JSON Schema: {text}"
        written["messages"].insert(0, {"role": "system", "content": words})
        written["response_format"] = {"type": "json_object"}
        return
    local = preset.key_env is None
    written["response_format"] = {
        "type": "json_schema",
        "json_schema": described(schema, local=local),
    }


# -- messages -------------------------------------------------------------------------------------


def _messages(messages: Sequence[Message], provider: str) -> Iterator[dict[str, Any]]:
    turn = max((n for n, m in enumerate(messages) if m.role == "user"), default=-1)
    shown: list[Media] = []
    for number, message in enumerate(messages):
        if message.role == "tool":
            for part in message.parts:
                if isinstance(part, ToolResult):
                    shown += part.media or ()
                    yield {"role": "tool", "tool_call_id": part.id, "content": part.content}
            if shown and not (number + 1 < len(messages) and messages[number + 1].role == "tool"):
                # Only a user may show media, and only after all results.
                yield {"role": "user", "content": [*map(_media, shown)]}
                shown = []
            continue
        if message.role == "assistant":
            written = _assistant(message, provider, running=number > turn)
        else:
            written = {"role": message.role, "content": _content(message.parts)}
        if message.name:
            written["name"] = message.name
        yield written


def _content(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    """Plain text where nothing else is said: some servers take only that."""
    if all(isinstance(part, Text) and not part.extra for part in parts):
        return "".join([part.text for part in parts if isinstance(part, Text)])
    return [piece for part in parts if (piece := _piece(part)) is not None]


def _piece(part: Part) -> dict[str, Any] | None:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text, **(part.extra or {})}
    return _media(part) if isinstance(part, Media) else None


def _media(part: Media) -> dict[str, Any]:
    kind = part.media_type.partition("/")[0]
    extra = dict(part.extra or {})
    if (text := plain_text(part)) is not None:
        return {"type": "text", "text": text, **extra}
    url = data_url(part)
    if kind == "image":
        detail = {"detail": extra.pop("detail")} if "detail" in extra else {}
        return {"type": "image_url", "image_url": {"url": url, **detail}, **extra}
    if kind == "audio" and part.data is not None:
        return {"type": "input_audio", "input_audio": sound(part), **extra}
    if kind in ("audio", "video"):
        return {"type": f"{kind}_url", f"{kind}_url": {"url": url}, **extra}
    if "file_id" in extra:
        return {"type": "file", "file": {"file_id": extra.pop("file_id")}, **extra}
    return {"type": "file", "file": {"filename": file_name(part), "file_data": url}, **extra}


def _assistant(message: Message, provider: str, *, running: bool) -> dict[str, Any]:
    """A turn of the model. Reasoning goes back under the name under which it came, while the turn
    in which it was thought still runs; what is signed or encrypted always goes back."""
    written: dict[str, Any] = {"role": "assistant"}
    blocks: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, Text):
            blocks.append({"type": "text", "text": part.text})
        elif isinstance(part, Thinking) and part.extra and part.extra.get("provider") == provider:
            field = part.extra.get("field")
            if details := part.extra.get("reasoning_details"):
                written["reasoning_details"] = [*written.get("reasoning_details", []), *details]
            if field == "thinking":
                thought = [{"type": "text", "text": part.text}]
                blocks.append({"type": "thinking", "thinking": thought})
            elif field and running:
                written[field] = written.get(field, "") + part.text
        elif isinstance(part, ToolCall):
            written.setdefault("tool_calls", []).append(_call(part, provider))
        elif isinstance(part, Media) and part.extra and "audio_id" in part.extra:
            written["audio"] = {"id": part.extra["audio_id"]}
        elif isinstance(part, Other) and part.provider == provider and isinstance(part.data, dict):
            written.update(part.data)
    if any(block["type"] != "text" for block in blocks):
        written["content"] = blocks
    else:
        written["content"] = "".join([block["text"] for block in blocks]) or None
    if written["content"] is None and "tool_calls" not in written and "audio" not in written:
        written["content"] = ""
    return written


def _call(part: ToolCall, provider: str) -> dict[str, Any]:
    function = {"name": part.name, "arguments": arguments_text(part.arguments)}
    return {"id": part.id, "type": "function", "function": function, **own(part.extra, provider)}


def arguments_text(text: str) -> str:
    """Arguments as a server takes them: as the model wrote them where they are a table."""
    table = arguments(text)
    return msgspec.json.encode(table).decode() if not text or "malformed" in table else text
