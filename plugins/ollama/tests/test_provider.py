"""The provider against a scripted server: addresses, lists, embeddings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from polyspell.config import Config, Keys
from polyspell.errors import BadResponseError
from polyspell.providers.base import Provider
from polyspell.testing.wire import Received, answer
from polyspell_ollama.provider import OllamaProvider, server_url

Wired = Any  # the fixture in conftest.py


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("gpu", "http://gpu:11434"),
        ("gpu:8000", "http://gpu:8000"),
        ("[::]:8000", "http://[::1]:8000"),
        ("[fe80::1]", "http://[fe80::1]:11434"),
        (":8000", "http://127.0.0.1:8000"),
        ("https://ollama.com", "https://ollama.com"),
        ("http://gpu:8000/ollama/", "http://gpu:8000/ollama"),
    ],
)
def test_ollamas_own_variable_is_understood(host: str, expected: str) -> None:
    assert server_url(host) == expected


def test_the_address_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "gpu:8000")
    host: Any = SimpleNamespace(keys=Keys(), config=Config({}))
    assert OllamaProvider(host)._endpoint.url == "http://gpu:8000"


async def test_models_are_listed_with_what_they_can(wired: Wired) -> None:
    details = {"family": "qwen3", "parameter_size": "0.6B", "quantization_level": "Q4_K_M"}
    listed = [
        {"name": "qwen3:0.6b", "model": "qwen3:0.6b", "size": 5, "details": details},
        {"name": "broken"},
    ]
    shown = {
        "capabilities": ["completion", "tools", "thinking", "vision", "insert"],
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960},
    }

    def served(request: Received) -> bytes:
        if request.path == "/api/tags":
            return answer({"models": listed})
        if request.json["model"] == "broken":
            return answer({"error": "cannot read it"}, 400)
        return answer(shown)

    async with wired(served) as (_, provider):
        assert isinstance(provider, Provider)
        qwen, broken = await provider.models()
    assert (qwen.name, qwen.description) == ("qwen3:0.6b", "qwen3 0.6B Q4_K_M")
    assert qwen.context_tokens == 40_960 and qwen.installed
    assert qwen.features == {"tools", "thinking", "images", "output_schema"}
    assert broken.name == "broken" and broken.features == frozenset()


async def test_a_vector_for_each_text(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "cloud")
    async with wired(answer({"embeddings": [[0.5], [1.5]]})) as (wire, provider):
        assert await provider.embed("minilm", ["a", "b"]) == [[0.5], [1.5]]
        with pytest.raises(BadResponseError, match="2 embeddings for 1"):
            await provider.embed("minilm", ["a"])
    assert wire.requests[0].json == {"model": "minilm", "input": ["a", "b"]}
    assert wire.requests[0].headers["authorization"] == "Bearer cloud"
