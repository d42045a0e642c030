"""A request as the body of the Responses API."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Other, Part, Text, Thinking, ToolCall, ToolResult
from polyspell.providers.base import Request, ToolSpec
from polyspell.providers.extras import lay_over, own

from polyspell_openai.media import data_url, file_name, plain_text, sound
from polyspell_openai.presets import Preset
from polyspell_openai.schemas import described, is_strict
from polyspell_openai.writing import REASONING_MODEL, arguments_text

ENCRYPTED = "reasoning.encrypted_content"
LISTS = ("tools", "include")


def responses_body(
    request: Request, preset: Preset, provider: str, defaults: dict[str, Any]
) -> dict[str, Any]:
    """The body. Nothing is stored at the service: reasoning comes encrypted, and goes back so.

    Args:
        request: what is asked.
        preset: of the service.
        provider: the mark of its own parts.
        defaults: fields from the configuration, which the request's options override.

    Raises:
        BadRequestError: the API has nothing like `stop`.
    """
    if request.stop:
        raise BadRequestError(
            "The Responses API has no stop texts.",
            hint='Leave out `stop`, or set api = "chat".',
            context={"provider": provider, "model": request.model},
        )
    written: dict[str, Any] = {
        "model": request.model,
        "input": [item for m in request.messages for item in _items(m, provider)],
        "stream": True,
        "store": False,
    }
    if REASONING_MODEL.match(request.model):  # others refuse it
        written["include"] = [ENCRYPTED]
    if request.tools:
        written["tools"] = [_tool(tool) for tool in request.tools]
        if request.tool_choice != "auto":
            written["tool_choice"] = _choice(request.tool_choice)
    if request.output_schema is not None:
        local = preset.key_env is None
        form = {"type": "json_schema", **described(request.output_schema, local=local)}
        written["text"] = {"format": form}
    settings = {
        "max_output_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
    }
    return lay_over({**written, **settings}, defaults, request.options, lists=LISTS)


def _tool(tool: ToolSpec) -> dict[str, Any]:
    # Strict only where nothing has to be changed: arguments are checked as they come.
    strict = is_strict(tool.parameters)
    about = {"description": tool.description} if tool.description else {}
    return {
        "type": "function",
        "name": tool.name,
        "parameters": tool.parameters,
        "strict": strict,
        **about,
    }


def _choice(choice: str) -> Any:
    return choice if choice in ("none", "required") else {"type": "function", "name": choice}


# -- items ----------------------------------------------------------------------------------------


def _items(message: Message, provider: str) -> Iterator[dict[str, Any]]:
    if message.role == "assistant":
        yield from _assistant(message, provider)
        return
    content: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield _result(part)
        elif isinstance(part, Other):
            if part.provider == provider:
                yield part.data
        else:
            content.append(part)
    if content or not message.parts:
        role = "user" if message.role == "tool" else message.role
        yield {"role": role, "content": _content(content)}


def _content(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) and not part.extra for part in parts):
        return "".join([part.text for part in parts if isinstance(part, Text)])
    return [piece for part in parts if (piece := _piece(part)) is not None]


def _piece(part: Part) -> dict[str, Any] | None:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text, **(part.extra or {})}
    return _media(part) if isinstance(part, Media) else None


def _media(part: Media) -> dict[str, Any]:
    kind = part.media_type.partition("/")[0]
    extra = {key: value for key, value in (part.extra or {}).items() if key != "provider"}
    if (text := plain_text(part)) is not None:
        return {"type": "input_text", "text": text, **extra}
    if kind == "image":
        where = {} if "file_id" in extra else {"image_url": data_url(part)}
        return {"type": "input_image", "detail": "auto", **where, **extra}
    if kind == "audio" and part.data is not None:
        return {"type": "input_audio", "input_audio": sound(part), **extra}
    if "file_id" in extra:
        return {"type": "input_file", **extra}
    if part.data is None:
        return {"type": "input_file", "file_url": part.url, **extra}
    return {"type": "input_file", "filename": file_name(part), "file_data": data_url(part), **extra}


def _result(part: ToolResult) -> dict[str, Any]:
    output: Any = part.content
    if part.media:
        output = [{"type": "input_text", "text": part.content}, *map(_media, part.media)]
    return {"type": "function_call_output", "call_id": part.id, "output": output}


def _assistant(message: Message, provider: str) -> Iterator[dict[str, Any]]:
    """A turn of the model, item by item. The service refuses an item under its id without the
    reasoning that led to it; so ids go back only beside that."""
    thoughts = [p for p in message.parts if isinstance(p, Thinking)]
    reasoned = any("item" in own(p.extra, provider) for p in thoughts)
    for part in message.parts:
        about = own(getattr(part, "extra", None), provider) if _is_ours(part, provider) else {}
        if not reasoned:
            about.pop("id", None)
            about.pop("status", None)
        if isinstance(part, Text):
            yield _said(part.text, about)
        elif isinstance(part, Thinking) and "item" in about:
            yield about["item"]
        elif isinstance(part, ToolCall):
            call = {"call_id": part.id, "name": part.name}
            yield {
                "type": "function_call",
                **call,
                "arguments": arguments_text(part.arguments),
                **about,
            }
        elif isinstance(part, Media) and "item" in about:
            yield {**about["item"], "result": b64encode(part.data or b"").decode()}
        elif isinstance(part, Other) and part.provider == provider:
            yield part.data


def _is_ours(part: Part, provider: str) -> bool:
    extra = getattr(part, "extra", None) or {}
    return bool(extra.get("provider") == provider)


def _said(text: str, about: dict[str, Any]) -> dict[str, Any]:
    said = {"type": "output_text", "text": text, "annotations": about.pop("annotations", [])}
    whole = {"type": "message", "role": "assistant", "status": "completed", "content": [said]}
    return {**whole, **about}
