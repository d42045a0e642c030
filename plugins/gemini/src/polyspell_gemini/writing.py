"""A request as the body of generateContent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from polyspell.errors import BadRequestError
from polyspell.messages import Media, Message, Text, ToolResult
from polyspell.providers.answers import ANSWER, ANSWER_VALUE
from polyspell.providers.base import Request, ToolSpec
from polyspell.providers.extras import lay_over
from polyspell.schema.dialects import GEMINI, rewrite

from polyspell_gemini.parts import Piece, media, piece, result

# From the third generation on, models demand their signatures back, take a schema beside tools, and
# media in the results of tools.
_NEW = re.compile(r"(.*/)?gemini-([3-9]|\d\d|.*latest)")
# What Google's documentation says to send where a call was not made by such a model.
_UNSIGNED = "skip_thought_signature_validator"


def body(request: Request, provider: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """The body. A field that the options set to None is left out.

    Raises:
        BadRequestError: several answers are asked for at once.
    """
    new = _NEW.match(request.model) is not None
    config = {
        "temperature": request.temperature,
        "topP": request.top_p,
        "maxOutputTokens": request.max_tokens,
        "stopSequences": list(request.stop) or None,
        "seed": request.seed,
    }
    written: dict[str, Any] = {
        "systemInstruction": _system(request.messages),
        "contents": _contents(request.messages, provider, new=new),
        "generationConfig": {key: value for key, value in config.items() if value is not None},
    }
    if request.tools:
        written["tools"] = [{"functionDeclarations": [_tool(tool) for tool in request.tools]}]
        if request.tool_choice != "auto":
            written["toolConfig"] = {"functionCallingConfig": _choice(request.tool_choice)}
    if request.output_schema is not None:
        _ask_for_schema(written, request, request.output_schema, new=new)
    written = lay_over(written, defaults, request.options)
    if not written["generationConfig"]:
        del written["generationConfig"]
    elif written["generationConfig"].get("candidateCount", 1) != 1:
        raise BadRequestError(
            "One call gives one answer.", hint="Leave out candidateCount; call several times."
        )
    return written


# -- tools and schemas ----------------------------------------------------------------------------


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return _function(tool.name, tool.description, tool.parameters)


def _function(name: str, description: str, parameters: dict[str, Any]) -> dict[str, Any]:
    declared: dict[str, Any] = {"name": name, "description": description or name}
    if parameters.keys() - {"type", "properties", "additionalProperties"} or parameters.get(
        "properties"
    ):
        declared["parametersJsonSchema"] = rewrite(parameters, GEMINI) or parameters
    return declared


def _choice(choice: str) -> dict[str, Any]:
    if choice in ("none", "required"):
        return {"mode": "NONE" if choice == "none" else "ANY"}
    return {"mode": "ANY", "allowedFunctionNames": [choice]}


def _ask_for_schema(
    written: dict[str, Any], request: Request, schema: dict[str, Any], *, new: bool
) -> None:
    """Ask for an answer of a schema: as such, or, beside tools where that cannot be, as the call of
    one more (see polyspell's `answers`)."""
    if new or not request.tools:
        form = {
            "responseMimeType": "application/json",
            "responseJsonSchema": rewrite(schema, GEMINI) or schema,
        }
        written["generationConfig"] |= form
        return
    name = ANSWER
    if schema.get("type") != "object":
        schema = {"type": "object", "properties": {"answer": schema}, "required": ["answer"]}
        name = ANSWER_VALUE
    answer = _function(name, "Give the answer: the only way to end.", schema)
    written["tools"][0]["functionDeclarations"].append(answer)
    config: dict[str, Any] = {"mode": "ANY"}
    if request.tool_choice == "none":
        config["allowedFunctionNames"] = [name]
    written["toolConfig"] = {"functionCallingConfig": config}


# -- contents -------------------------------------------------------------------------------------


def _system(messages: Sequence[Message]) -> dict[str, Any] | None:
    """What the system says, wherever it does."""
    parts = [part for message in messages if message.role == "system" for part in message.parts]
    texts = [{"text": part.text} for part in parts if isinstance(part, Text) and part.text]
    return {"parts": texts} if texts else None


def _contents(messages: Sequence[Message], provider: str, *, new: bool) -> list[dict[str, Any]]:
    """The turns. The results of all calls of a turn are one content, as the API demands; what they
    show follows where it cannot be inside."""
    turn = max((n for n, m in enumerate(messages) if m.role == "user"), default=-1)
    contents: list[dict[str, Any]] = []
    answered = False  # the last content holds results
    shown: list[Piece] = []
    for number, message in enumerate(messages):
        if message.role == "tool":
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            pieces = [result(part, shows=new) for part in results]
            shown += [media(m, {}) for part in results for m in part.media or () if not new]
            if answered:
                contents[-1]["parts"] += pieces
            elif pieces:
                contents.append({"role": "user", "parts": pieces})
            answered = answered or bool(pieces)
        elif message.role != "system":
            _show(shown, contents)
            answered = False
            model = message.role == "assistant"
            pieces = [p for part in message.parts if (p := _piece(part, provider)) is not None]
            if model and new and number > turn:
                _sign(pieces)
            if pieces:
                contents.append({"role": "model" if model else "user", "parts": pieces})
    _show(shown, contents)
    return contents


def _piece(part: Any, provider: str) -> Piece | None:
    if isinstance(part, Media) and part.media_type.startswith("text/") and part.data is not None:
        title = f"{part.name}:\n" if part.name else ""
        return {"text": title + part.data.decode("utf-8", "replace")}
    return piece(part, provider)


def _show(shown: list[Piece], contents: list[dict[str, Any]]) -> None:
    if shown:
        contents.append({"role": "user", "parts": list(shown)})
        shown.clear()


def _sign(pieces: list[Piece]) -> None:
    """The first call of each step of the running turn has to be signed."""
    call = next((p for p in pieces if "functionCall" in p), None)
    if call is not None:
        call.setdefault("thoughtSignature", _UNSIGNED)
