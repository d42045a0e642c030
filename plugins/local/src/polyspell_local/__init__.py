"""Models in process: the provider `local`, by llama.cpp. `local/default` is a small model that any
machine can run; `polyspell models pull local/default` brings it."""

from __future__ import annotations

from polyspell.hookspecs import ProviderInfo, hookimpl


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """The provider `local`."""
    return [
        ProviderInfo(
            name="local",
            load="polyspell_local.provider:LocalProvider",
            description="Models in this process, by llama.cpp: no key, no network",
        )
    ]
