"""The rules: say it again, call a tool, fill a schema. All that they know is in the request."""

from __future__ import annotations

import json
import re
from typing import Any

from polyspell.errors import BadRequestError
from polyspell.messages import ToolResult
from polyspell.providers.base import Request, ToolSpec

_WORD = re.compile(r'"([^"]+)"|(?<!^)(?<![.!?] )\b([A-Z][\w-]+)')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def by_rule(request: Request) -> str | dict[str, Any]:
    """The reply that the model's name, or a demand for a tool, stands for."""
    if request.model == "script":
        raise BadRequestError("echo/script has no replies.", hint="Give it replies: [...].")
    demanded = request.tool_choice not in ("auto", "none")
    if request.tools and (demanded or request.model == "tools"):
        return call_tool(request) or answer(request)
    return answer(request)


def answer(request: Request) -> str:
    """What was said last: what the tools returned, or else the last text. Where a schema is asked
    for, JSON of that schema, filled from the text."""
    text = _results(request) or (request.messages[-1].text if request.messages else "")
    if request.output_schema is None:
        return text
    given = find_object(text)
    return json.dumps(fill(request.output_schema, text) if given is None else given)


def call_tool(request: Request) -> dict[str, Any] | None:
    """A call of the tool that `tool_choice` or the prompt names, or else of the first. None where
    tools have just answered, or none may be called."""
    if request.tool_choice == "none" or _results(request):
        return None
    prompt = next((m.text for m in reversed(request.messages) if m.role == "user"), "")
    tool = _choose(request, prompt)
    given = find_object(prompt)
    return {
        "tool": tool.name,
        "arguments": fill(tool.parameters, prompt) if given is None else given,
    }


def _results(request: Request) -> str:
    """What the tools said after the last turn of the model, in their order."""
    contents: list[str] = []
    for message in reversed(request.messages):
        if message.role != "tool":
            break
        contents[:0] = [p.content for p in message.parts if isinstance(p, ToolResult)]
    return "\n".join(contents)


def _choose(request: Request, prompt: str) -> ToolSpec:
    named = [tool for tool in request.tools if tool.name == request.tool_choice]
    asked = [tool for tool in request.tools if tool.name.lower() in prompt.lower()]
    return [*named, *asked, *request.tools][0]


def find_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text."""
    start = text.find("{")
    while start >= 0:
        try:
            found: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
            return found
        except ValueError:
            start = text.find("{", start + 1)
    return None


def fill(schema: dict[str, Any], text: str) -> Any:
    """A value of a JSON Schema, made of the words and numbers of a text: its quoted and capitalised
    words in order (or else all of it) for strings, its numbers for numbers."""
    words = [quoted or name for quoted, name in _WORD.findall(text)]
    numbers = [float(n) if "." in n else int(n) for n in _NUMBER.findall(text)]

    def value(s: dict[str, Any]) -> Any:
        if "$ref" in s:
            return value(schema.get("$defs", {}).get(s["$ref"].rpartition("/")[2], {}))
        if "const" in s or "default" in s:
            return s.get("const", s.get("default"))
        if "enum" in s:
            return next((each for each in s["enum"] if str(each) in text), s["enum"][0])
        if choice := s.get("anyOf") or s.get("oneOf"):
            return value(choice[0])
        return by_type(s, s["type"][0] if isinstance(s.get("type"), list) else s.get("type"))

    def by_type(s: dict[str, Any], kind: str | None) -> Any:
        if kind == "object":
            return {name: value(s["properties"][name]) for name in s.get("required", [])}
        if kind == "array":
            items = s.get("items", {})
            numeric = items.get("type") in ("number", "integer")
            return [value(items) for _ in range(max(s.get("minItems", 0), len(numbers) * numeric))]
        if kind in ("number", "integer"):
            number = numbers.pop(0) if numbers else s.get("minimum", 1)
            return int(number) if kind == "integer" else number
        if kind in ("boolean", "null"):
            return True if kind == "boolean" else None
        return words.pop(0) if words else text

    return value(schema)
