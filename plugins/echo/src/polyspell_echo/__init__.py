"""The provider `echo`: answers without a model, by rule or from a given script of replies."""

from __future__ import annotations

from polyspell.hookspecs import ProviderInfo, hookimpl


@hookimpl
def polyspell_providers() -> list[ProviderInfo]:
    """The provider `echo`."""
    return [
        ProviderInfo(
            name="echo",
            load="polyspell_echo.provider:EchoProvider",
            description="Answers by rule or by script, without a model",
        )
    ]
