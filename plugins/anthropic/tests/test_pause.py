"""An agent goes on with a turn that the service paused, and sends back all that came."""

from __future__ import annotations

from typing import Any

import polyspell_anthropic
import pytest
from polyspell import Agent, Host
from polyspell.errors import ContentFiltered
from polyspell.messages import Other
from polyspell.testing.wire import answer, served

SEARCH = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "x"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []}


def message(*content: Any, reason: str, **more: Any) -> bytes:
    usage = {"input_tokens": 3, "output_tokens": 1}
    about = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
    return answer(
        {**about, "content": list(content), "stop_reason": reason, "usage": usage, **more}
    )


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")


def host_at(url: str) -> Host:
    return Host(
        plugins=[polyspell_anthropic], config={"providers": {"anthropic": {"base_url": url}}}
    )


async def test_a_paused_turn_is_gone_on_with_as_it_came() -> None:
    paused = message({"type": "text", "text": "I search. "}, SEARCH, reason="pause_turn")
    rest = message(FOUND, {"type": "text", "text": "Found."}, reason="end_turn")
    with served(paused, rest) as wire:
        async with host_at(wire.url) as host:
            agent = Agent("anthropic/claude-sonnet-4-5", host=host)
            result = await agent.run("Find it.")
    assert (result.text, result.finish_reason) == ("I search. Found.", "stop")
    assert [m.role for m in result.messages] == ["user", "assistant"]
    assert [p.data["type"] for p in result.messages[1].parts if isinstance(p, Other)] == [
        "server_tool_use", "web_search_tool_result",
    ]  # fmt: skip
    assert result.usage.requests == 2 and result.usage.input_tokens == 6
    _, again = wire.requests
    said = [{"type": "text", "text": "I search. "}, SEARCH]
    assert again.json["messages"] == [
        {"role": "user", "content": "Find it."}, {"role": "assistant", "content": said},
    ]  # fmt: skip


async def test_a_refusal_ends_the_run_with_the_words_of_the_service() -> None:
    why = {"type": "refusal", "category": "cyber", "explanation": "It is harmful."}
    with served(message(reason="refusal", stop_details=why)) as wire:
        async with host_at(wire.url) as host:
            agent = Agent("anthropic/claude-sonnet-4-5", host=host)
            with pytest.raises(ContentFiltered, match=r"refused to answer: It is harmful\."):
                await agent.run("?")
