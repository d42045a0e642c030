"""Tools as MCP describes them, both ways (Model Context Protocol, 2025-06-18, "Tools")."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import msgspec
from polyspell.errors import ToolError, ValidationError
from polyspell.messages import Media
from polyspell.tools import Tool, ToolOutput

Call = Callable[[str, dict[str, Any]], Any]
"""Calls a tool by its name with arguments; gives MCP's result, now or as an awaitable."""


class Described(msgspec.Struct, rename="camel"):
    """What MCP says of a tool."""

    name: str
    description: str = ""
    input_schema: dict[str, Any] = {}
    annotations: dict[str, Any] = {}


def described(
    description: dict[str, Any],
    call: Call,
    *,
    name: str | None = None,
    needs_approval: bool | None = None,
    **options: Any,
) -> Tool:
    """A tool of a description `{name, description, inputSchema, annotations}`.

    Args:
        description: as `tools/list` gives it. Who wrote it may say anything: it is shown to models.
        call: calls the tool.
        name: another name for it here.
        needs_approval: whether a person has to agree; if left out, where it calls itself
            destructive.
        options: as for Tool.

    Raises:
        ValidationError: it is no such description.
    """
    try:
        told = msgspec.convert(description, Described)
    except msgspec.ValidationError as error:
        raise ValidationError(f"This does not describe a tool: {error}.") from error
    destructive = told.annotations.get("destructiveHint") is True

    async def run(arguments: dict[str, Any]) -> ToolOutput:
        result = call(told.name, arguments)
        return _output(await result if isawaitable(result) else result)

    return Tool(
        run,
        name=name or re.sub(r"[^a-zA-Z0-9_-]", "_", told.name)[:64],
        description=told.description or told.name,
        parameters={"type": "object", **told.input_schema},
        needs_approval=destructive if needs_approval is None else needs_approval,
        **options,
    )


def description_of(tool: Tool) -> dict[str, Any]:
    """A tool as `tools/list` gives it."""
    return {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters}


def _output(result: Any) -> ToolOutput:
    """MCP's result as a tool's."""
    if not isinstance(result, dict) or not isinstance(result.get("content", []), list):
        raise ToolError("The tool gave something else than a result.", hint="It is out of order.")
    texts: list[str] = []
    media: list[Media] = []
    for part in result.get("content", []):
        _add(part if isinstance(part, dict) else {}, texts, media)
    data = result.get("structuredContent")
    text = "\n".join(texts)
    if not text and data is not None:
        text = msgspec.json.encode(data).decode()
    return ToolOutput(text, data, media or None, result.get("isError") is True)


def _add(part: dict[str, Any], texts: list[str], media: list[Media]) -> None:
    kind = part.get("type")
    if kind in ("image", "audio"):
        try:
            data = base64.b64decode(str(part.get("data", "")), validate=True)
        except (binascii.Error, ValueError):
            raise ToolError(f"The tool gave {kind} data that is not base64.") from None
        media.append(Media(str(part.get("mimeType", "application/octet-stream")), data))
    elif kind == "resource" and isinstance(part.get("resource"), dict):
        resource = part["resource"]
        texts.append(str(resource.get("text", f"[{resource.get('uri', 'a resource')}]")))
    elif kind == "resource_link":
        texts.append(f"[{part.get('name', '')}]({part.get('uri', '')})")
    elif "text" in part:
        texts.append(str(part["text"]))
