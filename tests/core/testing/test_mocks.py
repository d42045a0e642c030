from __future__ import annotations

from typing import Any

import pytest
from polyspell import Agent, Host
from polyspell.errors import BadRequestError, NotFoundError, RateLimitError
from polyspell.testing.matchers import called, costs_at_most
from polyspell.testing.mocks import MockTool, forget_model, mock_model


async def test_a_mock_model_gives_its_replies_and_notes_what_it_was_asked() -> None:
    async with Host(plugins=[], config={}) as host:
        model = mock_model(host, [{"tool": "add", "arguments": {"a": 1}}, "It is 2."])
        add = MockTool("add", lambda arguments: arguments["a"] + 1)
        result = await Agent(model.name, tools=[add], instructions="Add.", host=host).run("1 + 1?")
        assert result.text == "It is 2."
        assert add.calls == [{"a": 1}]
        assert [len(request.messages) for request in model.requests] == [2, 4]
        assert model.requests[0].tools[0].name == "add"
        assert called(result, "add")
        assert not called(result, "add", "add")
        assert not costs_at_most(result, 1.0)
        result.usage.cost = 0.5
        assert costs_at_most(result, 0.5)


async def test_replies_may_be_functions_and_errors() -> None:
    async with Host(plugins=[], config={}) as host:

        async def later(request: Any) -> str:
            return request.messages[-1].text.upper()

        agent = Agent(mock_model(host, [{"error": "rate_limit"}, later]).name, host=host)
        with pytest.raises(RateLimitError):
            await agent.run("x")
        assert (await agent.run("hi")).text == "HI"
        with pytest.raises(BadRequestError, match="2 replies, and all are used"):
            await agent.run("more")
        same = Agent(mock_model(host, lambda request: "always").name, host=host)
        assert [(await same.run("x")).text for _ in range(2)] == ["always"] * 2


async def test_a_forgotten_model_is_not_found() -> None:
    async with Host(plugins=[], config={}) as host:
        model = mock_model(host, ["x"], name="mine")
        assert model.name == "mock/mine"
        forget_model(host, model.name)
        with pytest.raises(NotFoundError, match="mine"):
            await Agent(model.name, host=host).run("x")


@pytest.mark.parametrize("gives", [{"error": "broken"}, lambda _: 1 / 0, ValueError("bad")])
async def test_a_mock_tool_can_fail(gives: Any) -> None:
    async with Host(plugins=[], config={}) as host:
        model = mock_model(host, [{"tool": "t", "arguments": {}}, "Sorry."])
        result = await Agent(model.name, tools=[MockTool("t", gives)], host=host).run("x")
        assert result.tool_calls[0]["error"]
        assert result.text == "Sorry."
