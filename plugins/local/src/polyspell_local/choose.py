"""Which tool a small model calls, if any.

The models' own templates for tools fail at this size. What works is a choice that a JSON schema
constrains, after a few examples that use other tools; the README has the figures. The examples come
first, so that a model in memory reads them once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from polyspell.errors import BadRequestError, BadResponseError
from polyspell.messages import ToolCall
from polyspell.providers.base import ToolSpec

from polyspell_local.conversation import Conversation, Done, Turn

Schema = dict[str, Any]

NONE = "none"
_SYSTEM = "For each request choose one of the listed tools, or none. Reply only with JSON."
_EARLIER_TURNS = 3
_SHORT = 300  # characters of what only helps to understand the request
_LONG = 1000  # characters of what a tool returned

_CALENDAR = "calendar(date: string): Events of a day"
_TRANSLATE = "translate(text: string, language: string): Translate a text"
_MUSIC = "play_music(genre: string): Start music"
_DISTANCE = "distance(start: string, end: string): Kilometres between two places"


def _call(tool: str, **arguments: Any) -> str:
    return json.dumps({"tool": tool, "arguments": arguments})


def _done(tool: str, result: str, **arguments: Any) -> Done:
    return Done(ToolCall("", tool, json.dumps(arguments)), result)


_NOTHING = json.dumps({"tool": NONE})
_EXAMPLES = [
    ([_CALENDAR, _TRANSLATE], Turn("What is planned for 3 May?"), _call("calendar", date="3 May")),
    ([_MUSIC], Turn("What is the capital of Peru?"), _NOTHING),
    (
        [_TRANSLATE, _DISTANCE],
        Turn("How far is it from Berlin to Prague?"),
        _call("distance", start="Berlin", end="Prague"),
    ),
    (
        [_MUSIC, _DISTANCE],
        Turn("Put on some jazz.", [_done("play_music", "playing", genre="jazz")]),
        _NOTHING,
    ),
    (
        [_TRANSLATE, _CALENDAR],
        Turn(
            "Translate dog and cat into French.",
            [_done("translate", "chien", text="dog", language="French")],
        ),
        _call("translate", text="cat", language="French"),
    ),
    ([_DISTANCE], Turn("Good evening, how are you?"), _NOTHING),
]


def prompt(conversation: Conversation, tools: Sequence[ToolSpec]) -> list[dict[str, str]]:
    """The messages that make a model choose."""
    messages = [{"role": "system", "content": _SYSTEM}]
    for lines, turn, choice in _EXAMPLES:
        messages.append({"role": "user", "content": _ask(lines, turn)})
        messages.append({"role": "assistant", "content": choice})
    *earlier, turn = conversation.turns
    ask = _ask(
        [line(tool) for tool in tools], turn, _background(conversation.instructions, earlier)
    )
    return [*messages, {"role": "user", "content": ask}]


def _ask(lines: Sequence[str], turn: Turn, background: str = "") -> str:
    blocks = ["Tools:\n" + "\n".join(lines), background, f"Request: {turn.request}"]
    if turn.done:
        calls = [f"{d.call.name}({d.call.arguments}) = {_cut(d.content, _LONG)}" for d in turn.done]
        blocks[-1] += "\nDone:\n" + "\n".join(calls)
    return "\n\n".join(filter(None, blocks))


def _background(instructions: str, earlier: Sequence[Turn]) -> str:
    told = [f"Instructions: {_cut(instructions, _SHORT)}"] if instructions else []
    for turn in earlier[-_EARLIER_TURNS:]:
        told.append(f"Earlier request: {_cut(turn.request, _SHORT)}")
        told.append(f"Earlier reply: {_cut(turn.reply, _SHORT)}")
    return "\n".join(told)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + " …"


def line(tool: ToolSpec) -> str:
    """A tool as one line: `weather(city: string, unit?: celsius|fahrenheit): Current weather`."""
    required = tool.parameters.get("required", ())
    properties = tool.parameters.get("properties", {})
    parts = [
        f"{name}{'' if name in required else '?'}: {_type(schema)}"
        for name, schema in properties.items()
    ]
    return f"{tool.name}({', '.join(parts)}): {' '.join(tool.description.split())}"


def _type(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "any"
    if "enum" in schema:
        return "|".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "any")
    return "|".join(kind) if isinstance(kind, list) else str(kind)


def allowed(tools: Sequence[ToolSpec], tool_choice: str) -> Sequence[ToolSpec]:
    """The tools that `tool_choice` leaves: all, or the one that it names.

    Raises:
        BadRequestError: it names none of them.
    """
    if tool_choice in ("auto", "required"):
        return tools
    named = [tool for tool in tools if tool.name == tool_choice]
    if not named:
        raise BadRequestError(
            f"tool_choice asks for {tool_choice!r}, which is none of the tools.",
            hint=f"It may be auto, none, required, or one of {', '.join(t.name for t in tools)}.",
        )
    return named


def schema(tools: Sequence[ToolSpec], *, must: bool) -> Schema:
    """The JSON Schema of a choice. `must` leaves "none" out."""
    options = [_option(tool, f"#/oneOf/{n}/properties/arguments") for n, tool in enumerate(tools)]
    if not must:
        options.append(_object({"tool": {"const": NONE}}))
    return {"oneOf": options}


def _option(tool: ToolSpec, place: str) -> Schema:
    arguments = _moved(tool.parameters, place)
    if not arguments.get("properties"):
        arguments = {**arguments, "type": "object", "properties": {}}
    return _object({"tool": {"const": tool.name}, "arguments": arguments})


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _moved(value: Any, place: str) -> Any:
    """A schema whose references fit its place inside another."""
    if isinstance(value, list):
        return [_moved(item, place) for item in value]
    if not isinstance(value, dict):
        return value
    moved = {key: _moved(item, place) for key, item in value.items()}
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        moved["$ref"] = place + reference[1:]
    return moved


def parse(text: str) -> ToolCall | None:
    """The call that a choice asks for; None for "none".

    Raises:
        BadResponseError: the text is no choice.
    """
    try:
        choice = json.loads(text, strict=False)
    except ValueError as error:
        raise BadResponseError(f"The model chose a tool in JSON that is broken: {text}") from error
    if choice["tool"] == NONE:
        return None
    arguments = json.dumps(choice["arguments"], ensure_ascii=False)
    return ToolCall(f"call_{uuid4().hex[:12]}", choice["tool"], arguments)


def repeats(call: ToolCall, turn: Turn) -> bool:
    """Whether a call was made already: small models repeat one instead of saying "none"."""
    return any(
        done.call.name == call.name and _same(done.call.arguments, call.arguments)
        for done in turn.done
    )


def _same(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
