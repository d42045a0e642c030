"""OpenAI's two APIs: the provider `openai`, and one for each compatible service."""

from __future__ import annotations

from polyspell.hookspecs import ProviderInfo, hookimpl

from polyspell_openai.presets import PRESETS


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """All presets, each a provider."""
    return [
        ProviderInfo(
            name=name,
            load=f"polyspell_openai.factories:{name}",
            description=preset.description,
            key_env=preset.key_env,
            url=preset.url,
        )
        for name, preset in PRESETS.items()
    ]
