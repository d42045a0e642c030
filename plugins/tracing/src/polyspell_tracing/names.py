"""Names of attributes: those of the GenAI conventions where they have one, else `polyspell.`."""

from __future__ import annotations

from typing import Any

from opentelemetry.context import create_key

KEY = create_key("polyspell-span")
"""The polyspell span within which the current OpenTelemetry span was begun."""
ENV = ("TRACEPARENT", "TRACESTATE")
"""Variables by which a program is told the trace that it belongs to."""

ARGUMENTS = "gen_ai.tool.call.arguments"
RESULT = "gen_ai.tool.call.result"
OUTPUT = "gen_ai.output.messages"
FINISH = "gen_ai.response.finish_reasons"
ERROR = "error.type"
CANCELLED = {"code": "cancelled", "message": "It was cancelled."}

_PROVIDERS = {"gemini": "gcp.gemini", "xai": "x_ai", "mistral": "mistral_ai"}
"""Our names of providers to those of the conventions, where they differ."""
_USAGE = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "cost": "polyspell.cost",
}


def agent(name: str, run_id: str | None) -> dict[str, Any]:
    """Of a run."""
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": name,
        "polyspell.run_id": run_id or "",
    }


def request(provider: str, model: str) -> dict[str, Any]:
    """Of a call of a model."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider),
        "gen_ai.request.model": model,
    }


def tool(name: str, call_id: str) -> dict[str, Any]:
    """Of a call of a tool."""
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": call_id,
    }


def end(data: dict[str, Any]) -> dict[str, Any]:
    """Of what an event tells at the end of a run or a call."""
    used = data["usage"]
    found = {name: used[key] for key, name in _USAGE.items() if used.get(key)}
    found[FINISH] = (data["finish_reason"],)
    return found
