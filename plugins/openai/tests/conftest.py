"""A provider against a server that plays scripted answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from polyspell.testing.wire import Answer, Wire, at_wire
from polyspell_openai.provider import OpenAIProvider

Wired = Callable[..., AbstractAsyncContextManager[tuple[Wire, OpenAIProvider]]]


def _wired(
    *answers: Answer, name: str = "openai", **options: Any
) -> AbstractAsyncContextManager[tuple[Wire, OpenAIProvider]]:
    return at_wire(lambda host: OpenAIProvider(host, name), name, *answers, path="/v1", **options)


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Wired:
    """`async with wired(answer, ..., name=..., **options) as (wire, provider)`."""
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    return _wired
