"""OpenAI's two APIs: the provider `openai`, and one for each compatible service."""

from __future__ import annotations

from polyspell.hookspecs import ProviderInfo, hookimpl

from polyspell_openai.presets import PRESETS


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """All presets, each a provider; all but OpenAI yield to a plugin made for their service."""
    return [
        ProviderInfo(
            name=name,
            load=f"polyspell_openai.factories:{name}",
            description=preset.description,
            key_env=preset.key_env,
            url=preset.url,
            yields=name != "openai",
        )
        for name, preset in PRESETS.items()
    ]
