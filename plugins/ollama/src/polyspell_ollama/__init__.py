"""Ollama's own chat API: the provider `ollama`."""

from __future__ import annotations

from polyspell.hookspecs import ProviderInfo, hookimpl


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """The provider."""
    return [
        ProviderInfo(
            name="ollama",
            load="polyspell_ollama.provider:OllamaProvider",
            description="Models that Ollama runs",
            url="http://127.0.0.1:11434",
        )
    ]
