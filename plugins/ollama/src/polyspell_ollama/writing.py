"""A request as the body of /api/chat."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import msgspec
from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Part, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell.providers.extras import arguments, lay_over, own

# What the API takes beside the settings of the model (`options`), where all else goes.
_BODY = frozenset(
    {"model", "messages", "tools", "format", "options", "stream", "keep_alive", "think"}
    | {"logprobs", "top_logprobs", "truncate", "shift"}
)


def body(request: Request, provider: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """The body. A field that the options set to None is left out.

    Raises:
        BadRequestError: media that the API does not take.
    """
    settings = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "num_predict": request.max_tokens,
        "stop": list(request.stop) or None,
        "seed": request.seed,
    }
    tools = _tools(request)
    written: dict[str, Any] = {
        "model": request.model,
        "messages": [*_notes(request, tools), *_messages(request.messages, provider)],
        "tools": [_tool(tool) for tool in tools] or None,
        "format": request.output_schema if not tools else None,
        "options": {key: value for key, value in settings.items() if value is not None},
    }
    written = lay_over(written, _placed(defaults), _placed(request.options))
    return {**written, "stream": True}


def _placed(options: dict[str, Any]) -> dict[str, Any]:
    """A user's options, those of the model under `options`."""
    top = {key: value for key, value in options.items() if key in _BODY}
    own_settings = {key: value for key, value in options.items() if key not in _BODY}
    return {**top, "options": {**top.get("options", {}), **own_settings}} if own_settings else top


# -- what the API has no field for ----------------------------------------------------------------


def _tools(request: Request) -> Sequence[ToolSpec]:
    """The tools to choose from. The API knows no choice: one that is demanded is the only one."""
    if request.tool_choice == "none":
        return ()
    if request.tool_choice in ("auto", "required"):
        return request.tools
    return [tool for tool in request.tools if tool.name == request.tool_choice]


def _notes(request: Request, tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """What is said in words: that a tool has to be called, and the schema of the answer, which the
    server enforces but does not tell the model, and cannot enforce beside tools."""
    notes = []
    if tools and request.tool_choice != "auto":
        names = " or ".join(f"`{tool.name}`" for tool in tools)
        notes.append(f"Answer by calling {names}, and in no other way.")
    if request.output_schema is not None:
        text = msgspec.json.encode(request.output_schema).decode()
        notes.append(f"Give the answer as JSON of this JSON Schema, and nothing else: {text}")
    return [{"role": "system", "content": note} for note in notes]


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "parameters": tool.parameters}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


# -- messages -------------------------------------------------------------------------------------


def _messages(messages: Sequence[Message], provider: str) -> list[dict[str, Any]]:
    turn = max((n for n, m in enumerate(messages) if m.role == "user"), default=-1)
    written: list[dict[str, Any]] = []
    for number, message in enumerate(messages):
        if message.role == "tool":
            written += [_result(part) for part in message.parts if isinstance(part, ToolResult)]
        elif message.role == "assistant":
            written.append(_assistant(message, provider, running=number > turn))
        else:
            written.append({"role": message.role, **_content(message.parts)})
    return written


def _content(parts: Sequence[Part]) -> dict[str, Any]:
    texts, images = [], []
    for part in parts:
        if isinstance(part, Text):
            texts.append(part.text)
        elif isinstance(part, Media) and part.media_type.startswith("text/") and part.data:
            title = f"{part.name}:\n" if part.name else ""
            texts.append(f"\n{title}{part.data.decode('utf-8', 'replace')}\n")
        elif isinstance(part, Media):
            images.append(_image(part))
    return {"content": "".join(texts), **({"images": images} if images else {})}


def _image(part: Media) -> str:
    if part.data is None or not part.media_type.startswith("image/"):
        what = part.media_type if part.data is not None else "addresses of media"
        raise BadRequestError(
            f"Ollama takes no {what}.",
            hint="Send images by their bytes, or plain text.",
            context={"media_type": part.media_type},
        )
    return b64encode(part.data).decode()


def _result(part: ToolResult) -> dict[str, Any]:
    images = [_image(media) for media in part.media or ()]
    about = {"images": images} if images else {}
    names = {"tool_name": part.name, "tool_call_id": part.id}
    return {"role": "tool", "content": part.content, **names, **about}


def _assistant(message: Message, provider: str, *, running: bool) -> dict[str, Any]:
    """A turn of the model, with its thoughts while the turn in which it had them still runs."""
    written: dict[str, Any] = {"role": "assistant", "content": message.text}
    thoughts = [
        part.text
        for part in message.parts
        if isinstance(part, Thinking) and (part.extra or {}).get("provider") == provider
    ]
    if running and any(thoughts):
        written["thinking"] = "".join(thoughts)
    if message.tool_calls:
        written["tool_calls"] = [_call(call, provider) for call in message.tool_calls]
    return written


def _call(part: ToolCall, provider: str) -> dict[str, Any]:
    function = {"name": part.name, "arguments": arguments(part.arguments)}
    return {"id": part.id, "function": function, **own(part.extra, provider)}
