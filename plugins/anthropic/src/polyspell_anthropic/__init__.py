"""Anthropic's messages API: the provider `anthropic`."""

from __future__ import annotations

from polyspell.hookspecs import ProviderInfo, hookimpl


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """The provider."""
    return [
        ProviderInfo(
            name="anthropic",
            load="polyspell_anthropic.provider:AnthropicProvider",
            description="Claude, by Anthropic's messages API",
            key_env="ANTHROPIC_API_KEY",
            url="https://api.anthropic.com",
        )
    ]
