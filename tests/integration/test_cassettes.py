"""Cassettes with real providers: recorded from a server that speaks their format, then replayed
without it and without a key, from Python and from a spell."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from polyspell import Agent, Host
from polyspell.scripting.sandbox import Sandbox
from polyspell.testing.cassette import Cassette
from polyspell.testing.spells import Choice, Verdict, run_file
from polyspell.testing.wire import Wire, events

OPENAI = events(
    {"id": "c", "choices": [{"delta": {"content": "Hello"}, "finish_reason": None}]},
    {"id": "c", "choices": [{"delta": {"content": "!"}, "finish_reason": "stop"}]},
)
ANTHROPIC = events(
    {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0,
     "delta": {"type": "text_delta", "text": "Hello!"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
)  # fmt: skip


def host(name: str, url: str) -> Host:
    return Host(plugins=[name, "lua"], config={"providers": {name: {"base_url": f"{url}/v1"}}})


@pytest.mark.parametrize(("name", "stream"), [("openai", OPENAI), ("anthropic", ANTHROPIC)])
async def test_any_provider_is_recorded_and_replayed(
    name: str, stream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path / "home"))
    path = tmp_path / "x.json"

    async def ask(url: str) -> tuple[str, int]:
        async with host(name, url) as opened:
            with Cassette(path, host=opened):
                result = await Agent(f"{name}/some-model", host=opened).run("Hi")
        return result.text, result.usage.total_tokens

    monkeypatch.setenv(f"{name.upper()}_API_KEY", "secret-key-of-somebody")
    async with Wire(stream) as wire:
        first = await ask(wire.url)
    assert first[0] == "Hello!"
    assert "secret-key" not in path.read_text()
    monkeypatch.delenv(f"{name.upper()}_API_KEY")
    assert await ask("http://127.0.0.1:1") == first


async def test_the_tests_of_spells_are_replayed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    files = []
    for n in range(2):
        files.append(tmp_path / f"test_{n}.lua")
        files[n].write_text(
            'local ps = require("polyspell")\nfunction test_hello()\n'
            f'  ps.test.expect(ps.agent.run("openai/m{n}", "Hi").text):to_equal("Hello!")\nend\n'
        )

    async def run(url: str) -> list[Verdict]:
        """Both files at once, each with its own cassette."""
        sandbox = Sandbox.of(grants=["provider:openai/*"])
        async with host("openai", url) as opened:

            async def one(file: Path) -> list[Verdict]:
                with Cassette(file.with_suffix(".json"), host=opened):
                    return await run_file(opened, file, sandbox, Choice())

            return [v for each in await asyncio.gather(*map(one, files)) for v in each]

    monkeypatch.setenv("OPENAI_API_KEY", "secret-key-of-somebody")
    async with Wire(OPENAI) as wire:
        assert [v.outcome for v in await run(wire.url)] == ["passed"] * 2
    monkeypatch.delenv("OPENAI_API_KEY")
    again = await run("http://127.0.0.1:1")
    assert [v.outcome for v in again] == ["passed"] * 2, [v.error for v in again]
    assert '"m0"' in files[0].with_suffix(".json").read_text()
    assert '"m1"' not in files[0].with_suffix(".json").read_text()
