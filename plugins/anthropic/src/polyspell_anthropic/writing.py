"""A request as the body of the messages API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from polyspell.messages import Media, Message, ToolResult
from polyspell.providers.answers import ANSWER, ANSWER_VALUE, NAMES
from polyspell.providers.base import Request, ToolSpec
from polyspell.providers.extras import lay_over
from polyspell.schema.dialects import ANTHROPIC, rewrite

from polyspell_anthropic.parts import Block, block

Schema = Literal["auto", "native", "tool"]
# The models that take no schema for their answer, and the tokens that the oldest can write.
_NO_SCHEMA = re.compile(r".*claude-(2|3|instant|(opus|sonnet)-4-(0|20250514)\b)")
_LIMITS = ((re.compile(r".*claude-(2|instant|3-(opus|sonnet|haiku))"), 4096),
           (re.compile(r".*claude-3-5"), 8192))  # fmt: skip
_MAX_TOKENS = 32_000  # all later models can write as many
_ELSEWHERE_TOKENS = 4096


class Written(msgspec.Struct, frozen=True):
    """A body, and the betas that are wanted."""

    body: dict[str, Any]
    betas: list[str]


def write(request: Request, provider: str, defaults: dict[str, Any], schema: Schema) -> Written:
    """Write a request.

    Args:
        request: what is asked.
        provider: the mark of its own parts.
        defaults: fields from the configuration, which the request's options override.
        schema: how to ask for an answer of a schema; "auto" goes by the model and the schema.

    Raises:
        BadRequestError: media that the API does not take.
    """
    system, messages = _conversation(request.messages, provider)
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": messages,
        "system": system or None,
        "stream": True,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop_sequences": list(request.stop) or None,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        if request.tool_choice != "auto":
            body["tool_choice"] = _choice(request.tool_choice)
    if request.output_schema is not None:
        thinks = (request.options.get("thinking") or defaults.get("thinking")) is not None
        _ask_for_schema(body, request, schema, thinks=thinks)
    body = lay_over(body, defaults, request.options)
    betas = body.pop("betas", [])
    if isinstance(choice := body.get("tool_choice"), dict):
        choice.setdefault("type", "auto")  # options may say how only
    if "max_tokens" not in body:
        body["max_tokens"] = _limit(body)
    return Written(body, list(betas))


def asks_by_tool(body: dict[str, Any]) -> bool:
    """Whether the answer to a body is to come by the call of a tool."""
    return any(tool.get("name") in NAMES for tool in body.get("tools", ()))


def _limit(body: dict[str, Any]) -> int:
    """The API demands a limit. Thinking counts, and has to leave room for the answer."""
    model = str(body["model"])
    known = next((limit for names, limit in _LIMITS if names.match(model)), None)
    limit = known or (_MAX_TOKENS if "claude" in model else _ELSEWHERE_TOKENS)
    budget = (body.get("thinking") or {}).get("budget_tokens") or 0
    return limit if budget < limit else int(budget) + _ELSEWHERE_TOKENS


# -- tools and schemas ----------------------------------------------------------------------------


def _tool(tool: ToolSpec) -> dict[str, Any]:
    about = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, "input_schema": {"type": "object", **tool.parameters}, **about}


def _choice(choice: str) -> dict[str, str]:
    if choice == "none":
        return {"type": "none"}
    return {"type": "any"} if choice == "required" else {"type": "tool", "name": choice}


def _ask_for_schema(body: dict[str, Any], request: Request, how: Schema, *, thinks: bool) -> None:
    """Ask for an answer of a schema: as such, or as the call of a tool (see `answers`)."""
    schema = request.output_schema or {}
    native = how == "native" or (
        how == "auto" and "claude" in request.model and not _NO_SCHEMA.match(request.model)
    )
    written = rewrite(schema, ANTHROPIC) if native else None
    if written is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": written}}
        return
    name = ANSWER
    if schema.get("type") != "object":  # arguments are an object
        schema = {"type": "object", "properties": {"answer": schema}, "required": ["answer"]}
        name = ANSWER_VALUE
    words = "Give the answer: the only way to end."
    tool = {"name": name, "description": words, "input_schema": schema}
    body["tools"] = [*body.get("tools", ()), tool]
    if not thinks:
        one = {"type": "tool", "name": name}
        free = request.tools and request.tool_choice != "none"
        body["tool_choice"] = {"type": "any"} if free else one
    else:  # a thinking model must not be forced
        body.pop("tool_choice", None)
        note = {"type": "text", "text": f"Answer by calling the tool `{name}`."}
        body["system"] = [*_blocks(body["system"]), note]


def _blocks(content: str | list[Block] | None) -> list[Block]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content or []


# -- messages -------------------------------------------------------------------------------------


def _conversation(
    messages: Sequence[Message], provider: str
) -> tuple[str | list[Block], list[dict[str, Any]]]:
    """What the system says, wherever it does, and the turns: a user's and a model's in alternation,
    the results of tools first in theirs."""
    system: list[Block] = []
    turns: list[tuple[str, list[Block]]] = []
    for message in messages:
        blocks = _message(message, provider)
        if message.role == "system":
            system += blocks
        elif blocks:
            role = "assistant" if message.role == "assistant" else "user"
            if turns and turns[-1][0] == role:
                turns[-1][1].extend(blocks)
            else:
                turns.append((role, blocks))
    written = [{"role": role, "content": _plain(_sorted(blocks))} for role, blocks in turns]
    if turns and turns[-1][0] == "assistant":
        _strip(written[-1])
    return _plain(system, "\n\n"), written


def _message(message: Message, provider: str) -> list[Block]:
    parts = message.parts
    if message.role == "assistant":  # it cannot show media
        parts = [part for part in parts if not isinstance(part, Media)]
    elif message.role == "tool":
        parts = [part for part in parts if isinstance(part, ToolResult)]
    blocks = [written for part in parts if (written := block(part, provider)) is not None]
    mark = (message.metadata or {}).get("cache")
    if mark and blocks and blocks[-1]["type"] not in ("thinking", "redacted_thinking"):
        control = {"type": "ephemeral"} | ({"ttl": mark} if isinstance(mark, str) else {})
        blocks[-1] = {**blocks[-1], "cache_control": control}
    return blocks


def _sorted(blocks: list[Block]) -> list[Block]:
    return sorted(blocks, key=lambda written: written["type"] != "tool_result")


def _plain(blocks: list[Block], between: str = "") -> str | list[Block]:
    """A text where there is nothing but text, which is what most servers know best."""
    if all(written.keys() == {"type", "text"} for written in blocks) and (
        between or len(blocks) == 1
    ):
        return between.join(written["text"] for written in blocks)
    return blocks


def _strip(turn: dict[str, Any]) -> None:
    """What the model has to continue must not end in white space."""
    if isinstance(turn["content"], str):
        turn["content"] = turn["content"].rstrip()
    elif turn["content"][-1]["type"] == "text":
        last = turn["content"][-1]
        turn["content"] = [*turn["content"][:-1], {**last, "text": last["text"].rstrip()}]
