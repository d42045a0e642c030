"""Google's generateContent: the provider `gemini`."""

from __future__ import annotations

from polyspell.hookspecs import ProviderInfo, hookimpl


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """The provider."""
    return [
        ProviderInfo(
            name="gemini",
            load="polyspell_gemini.provider:GeminiProvider",
            description="Gemini, by Google's generateContent",
            key_env="GEMINI_API_KEY",
            url="https://generativelanguage.googleapis.com/v1beta",
        )
    ]
