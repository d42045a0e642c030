"""What stays between runs: memory, state, clones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from polyspell import Agent, Hook, Host, Memory, Message
from polyspell.errors import ValidationError
from polyspell.grants import Grants
from polyspell.messages import ToolCall

Make = Callable[..., Agent]


async def add(a: int = 1) -> int:
    return a


async def test_an_agent_with_a_memory_remembers_and_one_without_does_not(agent_of: Make) -> None:
    for memory, seen in ((True, "3"), (None, "1"), (False, "1")):
        agent = agent_of("first", lambda r: str(len(r.messages)), memory=memory)
        agent.options["replies"][0] = agent.options["replies"][1] if not memory else "first"
        await agent.run("1")
        assert (await agent.run("2")).text == seen


async def test_without_a_memory_the_history_is_that_of_the_last_run(agent_of: Make) -> None:
    agent = agent_of("a", "b")
    assert await agent.history() == []
    result = await agent.run("?")
    assert await agent.history() == result.messages
    state = await agent.state()
    assert [m["role"] for m in state["messages"]] == ["user", "assistant"]


async def test_a_state_is_json_and_goes_on_in_another_agent(agent_of: Make) -> None:
    agent = agent_of({"tool": "add"}, "one", tools=[add], memory=True)
    await agent.run("ø?")
    state = json.loads(json.dumps(await agent.state()))
    other = agent_of(*[lambda r: f"{len(r.messages)} messages"] * 4)
    await other.restore(state)
    assert await other.history() == await agent.history()
    assert (await other.run("And?")).text == "5 messages"
    await other.restore(state)  # what came after is gone
    assert await other.history() == await agent.history()


async def test_the_state_is_all_that_is_remembered_though_a_model_sees_a_window(
    agent_of: Make,
) -> None:
    agent = agent_of(*[lambda r: str(len(r.messages))] * 9, memory=Memory(max_messages=3))
    texts = [(await agent.run("?")).text for _ in range(5)]
    assert texts == ["1", "3", "3", "3", "3"]
    assert len(await agent.history()) == 10
    assert len((await agent.state())["messages"]) == 10


@pytest.mark.parametrize(
    "state", [{}, {"messages": 1}, {"messages": [{"role": "x"}]}, None, [], {"messages": [1]}]
)
async def test_what_is_no_state_changes_nothing(agent_of: Make, state: Any) -> None:
    agent = agent_of("x", memory=True)
    await agent.run("kept")
    with pytest.raises(ValidationError, match="Not the state"):
        await agent.restore(state)
    assert (await agent.history())[0].text == "kept"


async def test_a_state_with_an_open_call_can_be_gone_on_with(agent_of: Make) -> None:
    open_call = [Message.user("?"), Message("assistant", [ToolCall("1", "add")])]
    agent = agent_of(lambda r: "never", lambda r: str([m.role for m in r.messages]))
    result = await agent.run("And?", messages=open_call)
    assert result.text == "['user', 'assistant', 'tool', 'user']"


async def test_a_memory_that_fails_is_an_error_of_the_run(agent_of: Make) -> None:
    class Full(Memory):
        async def add(self, *_: Any, **__: Any) -> list[str]:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        await agent_of("x", memory=Full()).run("?")


async def test_two_runs_at_once_remember_whole_turns(agent_of: Make) -> None:
    agent = agent_of(lambda r: "re " + r.messages[-1].text, memory=True, delay=0.001)
    await asyncio.gather(*[agent.run(f"{n}") for n in range(20)])
    history = await agent.history()
    assert len(history) == 40
    for asked, answered in zip(history[::2], history[1::2], strict=True):
        assert answered.text == f"re {asked.text}"


async def test_a_clone_is_like_the_agent_with_changes(agent_of: Make, host: Host) -> None:
    async def around(call: Any, proceed: Any) -> Any:
        return await proceed(call)

    host.hooks.wrap("**", around)
    agent = agent_of(
        "x", name="one", instructions="Be brief.", tools=[add], output={"a": "string"},
        memory=Memory(max_messages=7), limits={"turns": 3}, hooks=[Hook("**", around)],
        temperature=0.5, max_tokens=9, tool_choice="none", output_retries=4, grants=Grants(["net"]),
        handoffs=[agent_of("y", name="other")], approve=lambda call: True,
    )  # fmt: skip
    clone = agent.clone(name="two", temperature=0.1)
    assert (clone.name, clone.temperature) == ("two", 0.1)
    same = ("model", "instructions", "output", "limits", "max_tokens", "tool_choice", "grants")
    for field in (*same, "output_retries", "approve", "handoffs", "options", "host"):
        assert getattr(clone, field) == getattr(agent, field), field
    assert list(clone.toolset()) == list(agent.toolset())
    assert len(clone.hooks.list()) == len(agent.hooks.list()) == 2
    assert clone.memory is not None
    assert clone.memory is not agent.memory
    assert clone.memory.max_messages == 7
    clone.options["more"] = 1
    assert "more" not in agent.options
    assert agent.clone(memory=agent.memory).memory is agent.memory
    assert agent.clone(memory=None).memory is None
