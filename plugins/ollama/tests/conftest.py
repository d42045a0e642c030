"""A provider against a server that plays scripted answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from polyspell.testing.wire import Answer, Wire, at_wire
from polyspell_ollama.provider import OllamaProvider

Wired = Callable[..., AbstractAsyncContextManager[tuple[Wire, OllamaProvider]]]


def _wired(
    *answers: Answer, **options: Any
) -> AbstractAsyncContextManager[tuple[Wire, OllamaProvider]]:
    return at_wire(OllamaProvider, "ollama", *answers, **options)


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Wired:
    """`async with wired(answer, ..., **options) as (wire, provider)`."""
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    return _wired
