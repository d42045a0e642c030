"""A provider against a server that plays scripted answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from polyspell.config import Config, Keys
from polyspell.providers.transport import Transport
from polyspell.testing.wire import Answer, Wire
from polyspell_openai.provider import OpenAIProvider

Wired = Callable[..., AbstractAsyncContextManager[tuple[Wire, OpenAIProvider]]]


@asynccontextmanager
async def _wired(
    *answers: Answer, name: str = "openai", **options: Any
) -> AsyncIterator[tuple[Wire, OpenAIProvider]]:
    transport = Transport(backoff=0.001)
    async with Wire(*answers) as wire:
        config = Config({"providers": {name: {"base_url": f"{wire.url}/v1", **options}}})
        host: Any = SimpleNamespace(transport=transport, keys=Keys(), config=config)
        yield wire, OpenAIProvider(host, name)
        await transport.aclose()


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Wired:
    """`async with wired(answer, ..., name=..., **options) as (wire, provider)`."""
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    return _wired
