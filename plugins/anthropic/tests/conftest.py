"""A provider against a server that plays scripted answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from polyspell.testing.wire import Answer, Wire, at_wire
from polyspell_anthropic.provider import AnthropicProvider

Wired = Callable[..., AbstractAsyncContextManager[tuple[Wire, AnthropicProvider]]]


def _wired(
    *answers: Answer, **options: Any
) -> AbstractAsyncContextManager[tuple[Wire, AnthropicProvider]]:
    return at_wire(AnthropicProvider, "anthropic", *answers, **options)


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Wired:
    """`async with wired(answer, ..., **options) as (wire, provider)`."""
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    return _wired
