"""The two APIs that OpenAI has for the same models, and which of them a request is for."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from polyspell.errors import ConfigError
from polyspell.messages import Media, Response
from polyspell.providers.base import Request
from polyspell.providers.fold import Fold

from polyspell_openai.presets import Preset
from polyspell_openai.reading import Reader
from polyspell_openai.responses_facts import mark
from polyspell_openai.responses_reading import ResponsesReader
from polyspell_openai.responses_writing import responses_body
from polyspell_openai.writing import REASONING_MODEL, body

Api = Literal["chat", "responses"]
PATHS: dict[Api, str] = {"chat": "/chat/completions", "responses": "/responses"}
_ONLY_CHAT = frozenset(
    {"messages", "reasoning_effort", "verbosity", "response_format", "max_completion_tokens"}
    | {"max_tokens", "modalities", "audio", "logprobs", "stop", "seed", "n", "logit_bias"}
    | {"frequency_penalty", "presence_penalty", "prediction", "web_search_options"}
)
_ONLY_RESPONSES = frozenset(
    {"input", "instructions", "reasoning", "text", "include", "previous_response_id", "prompt"}
    | {"conversation", "background", "truncation", "max_tool_calls", "context_management"}
    | {"max_output_tokens"}
)


def choose(request: Request, configured: str, *, at_openai: bool) -> tuple[Api, Request]:
    """The API for a request, and the request without its option `api`.

    "auto" means the Responses API for OpenAI's reasoning models at OpenAI itself, since only there
    their reasoning survives from one tool call to the next (and some are only there); and chat
    completions for all else, since every compatible server has those. What only one of the two has
    (`stop`, `seed` and sound: chat completions) decides too.

    Raises:
        ConfigError: there is no such API.
    """
    asked = request.options.get("api")
    if asked is not None:
        options = {key: value for key, value in request.options.items() if key != "api"}
        request = msgspec.structs.replace(request, options=options)
    api = asked or configured
    if api == "auto":
        api = "responses" if at_openai and _wants_responses(request) else "chat"
    if api not in PATHS:
        raise ConfigError(f"There is no API {api!r}.", hint='It is "auto", "chat" or "responses".')
    return api, request


def _wants_responses(request: Request) -> bool:
    given = request.options.keys()
    if given & _ONLY_RESPONSES:
        return True
    if given & _ONLY_CHAT or request.stop or request.seed is not None or _speaks(request):
        return False
    special = ("codex", "computer-use")
    return bool(REASONING_MODEL.match(request.model)) or request.model.startswith(special)


def _speaks(request: Request) -> bool:
    parts = [part for message in request.messages for part in message.parts]
    return any(isinstance(p, Media) and p.media_type.startswith("audio/") for p in parts)


def write(
    api: Api, request: Request, preset: Preset, name: str, defaults: dict[str, Any]
) -> dict[str, Any]:
    """The body of a request."""
    if api == "chat":
        return body(request, preset, name, defaults)
    return responses_body(request, preset, mark(name), defaults)


def reader(api: Api, name: str, request: Request) -> Reader | ResponsesReader:
    """Reads the answer to a request."""
    return Reader(name, request) if api == "chat" else ResponsesReader(name, request)


def whole(api: Api, name: str, value: dict[str, Any]) -> Response:
    """An answer that came in one piece.

    Raises:
        ProviderError: it is an error, or cannot be read.
    """
    model = str(value.get("model") or "")
    reading, fold = reader(api, name, Request(model, [])), Fold(model)
    reading.done = True
    for delta in [*reading.read(value), *reading.finish()]:
        fold.add(delta)
    return fold.response()
