"""A request as the body of a chat completion."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Other, Part, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec

from polyspell_openai.presets import Preset

_REASONING_MODEL = re.compile(r"(.*/)?(o\d|gpt-[5-9](?!-chat))")  # they refuse max_tokens
_AUDIO_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "mp4": "m4a"}


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
        new = _REASONING_MODEL.match(request.model) is not None
        written["max_completion_tokens" if new else "max_tokens"] = request.max_tokens
    for name in ("temperature", "top_p", "seed"):
        value = getattr(request, name)
        if value is not None:
            written[preset.rename.get(name, name)] = value
    if request.stop:
        written["stop"] = list(request.stop)
    for name in preset.drop:
        written.pop(name, None)
    written.update(defaults)
    written.update(request.options)
    if written.get("n", 1) not in (1, None):
        raise BadRequestError("One call gives one answer.", hint="Leave out n; call several times.")
    return {name: value for name, value in written.items() if value is not None}


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
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", str(schema.get("title") or "answer"))[:64]
    described = {"name": name, "schema": schema, "strict": is_strict(schema)}
    written["response_format"] = {"type": "json_schema", "json_schema": described}


def is_strict(schema: Any) -> bool:
    """Whether a schema keeps the rules under which a service guarantees it: every object is closed,
    and all of its properties are required."""
    if isinstance(schema, list):
        return all(is_strict(item) for item in schema)
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties", {})
    if schema.get("type") == "object" or properties:
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("required", ())) != set(properties):
            return False
    nested = ("items", "anyOf", "prefixItems")
    inner = [*properties.values(), *schema.get("$defs", {}).values()]
    return is_strict(inner + [schema[key] for key in nested if key in schema])


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
    kind, _, form = part.media_type.partition("/")
    extra = dict(part.extra or {})
    if kind == "text" and part.data is not None:
        title = f"{part.name}:\n" if part.name else ""
        return {"type": "text", "text": title + part.data.decode("utf-8", "replace"), **extra}
    encoded = b64encode(part.data).decode() if part.data is not None else ""
    url = part.url if part.data is None else f"data:{part.media_type};base64,{encoded}"
    if kind == "image":
        detail = {"detail": extra.pop("detail")} if "detail" in extra else {}
        return {"type": "image_url", "image_url": {"url": url, **detail}, **extra}
    if kind == "audio" and encoded:
        sound = {"data": encoded, "format": _AUDIO_FORMATS.get(form, form)}
        return {"type": "input_audio", "input_audio": sound, **extra}
    if kind in ("audio", "video"):
        return {"type": f"{kind}_url", f"{kind}_url": {"url": url}, **extra}
    return {"type": "file", "file": {"filename": part.name or f"file.{form}", "file_data": url}}


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
            written.setdefault("tool_calls", []).append(_call(part))
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


def _call(part: ToolCall) -> dict[str, Any]:
    function = {"name": part.name, "arguments": _arguments(part.arguments)}
    return {"id": part.id, "type": "function", "function": function, **(part.extra or {})}


def _arguments(text: str) -> str:
    """Arguments that are JSON of an object: servers refuse the whole conversation otherwise. What
    a model wrote wrongly is kept inside."""
    try:
        if isinstance(msgspec.json.decode(text), dict):
            return text
    except msgspec.DecodeError:
        pass
    return msgspec.json.encode({"malformed": text}).decode()
