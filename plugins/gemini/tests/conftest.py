"""A provider against a server that plays scripted answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from polyspell.testing.wire import Answer, Wire, at_wire
from polyspell_gemini.provider import GeminiProvider

Wired = Callable[..., AbstractAsyncContextManager[tuple[Wire, GeminiProvider]]]


def _wired(
    *answers: Answer, **options: Any
) -> AbstractAsyncContextManager[tuple[Wire, GeminiProvider]]:
    return at_wire(GeminiProvider, "gemini", *answers, path="/v1beta", **options)


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Wired:
    """`async with wired(answer, ..., **options) as (wire, provider)`."""
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.setenv("GEMINI_API_KEY", "key")
    return _wired
