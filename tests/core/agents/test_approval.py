from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from polyspell import Agent, Host, Memory, Tool
from polyspell.errors import ConfigError, ValidationError
from polyspell.messages import Message, ToolCall
from polyspell.testing.matchers import collect_events, has_event, valid_conversation

Make = Callable[..., Agent]


class Bank:
    """Money moves; somebody has to agree."""

    def __init__(self) -> None:
        self.paid: list[tuple[int, bool]] = []

    def tools(self, needed: Any = True) -> list[Tool]:
        async def pay(amount: int, express: bool = False) -> str:
            """Pays."""
            self.paid.append((amount, express))
            return f"{amount} paid"

        async def look() -> int:
            """Looks at the balance."""
            return 100

        return [Tool(pay, needs_approval=needed), Tool(look)]


@pytest.fixture
def bank() -> Bank:
    return Bank()


def pay(amount: Any, **more: Any) -> dict[str, Any]:
    return {"tool": "pay", "arguments": {"amount": amount, **more}}


async def test_a_call_that_was_agreed_to_runs(agent_of: Make, bank: Bank) -> None:
    asked: list[ToolCall] = []

    def approve(call: ToolCall) -> bool:
        asked.append(call)
        return True

    result = await agent_of(pay(5), "Paid.", tools=bank.tools(), approve=approve).run("?")
    assert (result.text, bank.paid) == ("Paid.", [(5, False)])
    assert [(c.name, c.arguments) for c in asked] == [("pay", '{"amount":5}')]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (False, "no reason was given"),
        (None, "no reason was given"),
        (0, "no reason was given"),
        ("", "no reason was given"),
        (1, "no reason was given"),
        ("Too much", "Too much"),
    ],
)
async def test_all_but_true_and_other_arguments_refuses(
    agent_of: Make, bank: Bank, answer: Any, said: str
) -> None:
    async def approve(_: ToolCall) -> Any:
        return answer

    agent = agent_of(pay(5), "I see.", tools=bank.tools(), approve=approve)
    result = await agent.run("?")
    assert bank.paid == []
    error = f"Error: The user did not allow this call: {said}."
    assert result.tool_calls[0]["error"] == error


async def test_other_arguments_replace_those_of_the_model(agent_of: Make, bank: Bank) -> None:
    agent = agent_of(pay(500), "Paid.", tools=bank.tools(), approve=lambda call: {"amount": 5})
    await agent.run("?")
    assert bank.paid == [(5, False)]
    agent = agent_of(pay(500), "I see.", tools=bank.tools(), approve=lambda call: {"sum": 5})
    assert "unknown field `sum`" in (await agent.run("?")).tool_calls[0]["error"]


async def test_whether_to_ask_may_depend_on_the_arguments_as_the_tool_gets_them(
    agent_of: Make, bank: Bank
) -> None:
    tools = bank.tools(lambda given: given["amount"] > 100 or given["express"] is True)
    for amount, express, asks in [
        (5, False, False),
        (500, False, True),
        ("500", False, True),
        (5, "true", True),
        (5, True, True),
    ]:
        agent = agent_of(pay(amount, express=express), "Paid.", tools=tools)
        result = await agent.run("?")
        assert (result.finish_reason == "approval") is asks, (amount, express)
    assert bank.paid == [(5, False)]


async def test_arguments_that_do_not_fit_need_nobody_s_approval(agent_of: Make, bank: Bank) -> None:
    agent = agent_of(pay("much"), "I see.", tools=bank.tools(lambda given: True))
    assert "Expected `int`" in (await agent.run("?")).tool_calls[0]["error"]


async def test_without_a_function_the_run_pauses_and_goes_on_when_it_is_resumed(
    agent_of: Make, bank: Bank, host: Host
) -> None:
    agent = agent_of(pay(5), "Paid.", tools=bank.tools(), memory=Memory())
    with collect_events(host.events, "agent.**") as told:
        paused = await agent.run("Pay!")
    assert (paused.finish_reason, bank.paid) == ("approval", [])
    assert [c.name for c in paused.pending] == ["pay"]
    assert has_event(told, "agent.approval.required")
    assert [m.text for m in await agent.history()] == ["Pay!"]
    used = paused.usage.requests
    result = await agent.resume(paused, True)
    assert (result.text, bank.paid) == ("Paid.", [(5, False)])
    assert result.run_id == paused.run_id
    assert result.usage.requests == 2
    assert await agent.history() == result.messages
    assert [m.role for m in result.new_messages] == ["user", "assistant", "tool", "assistant"]
    # What is resumed a second time begins from the same state.
    assert paused.usage.requests == used == 1
    refused = await agent.resume(paused, "Not today")
    assert "Not today" in refused.tool_calls[0]["error"]
    assert bank.paid == [(5, False)]


@pytest.mark.parametrize("approvals", [None, False, {}])
async def test_a_run_resumed_without_a_decision_pays_nothing(
    agent_of: Make, bank: Bank, approvals: Any
) -> None:
    agent = agent_of(pay(5), "I see.", tools=bank.tools())
    result = await agent.resume(await agent.run("?"), approvals)
    assert bank.paid == []
    assert result.finish_reason == ("approval" if approvals == {} else "stop")


async def test_mixed_calls_wait_together_and_are_decided_one_by_one(
    agent_of: Make, bank: Bank
) -> None:
    reply = [pay(1), {"tool": "look"}, pay(2), pay(3)]
    agent = agent_of(reply, "Done.", tools=bank.tools())
    paused = await agent.run("?")
    first, second, third = (c.id for c in paused.pending)
    assert paused.tool_calls[1]["result"] is None  # nothing has run yet
    paused = await agent.resume(paused.state.to_dict(), {first: True})
    assert [c.id for c in paused.pending] == [second, third]
    paused = await agent.resume(json.loads(json.dumps(paused.state.to_dict())), {second: "No"})
    assert [c.id for c in paused.pending] == [third]
    result = await agent.resume(paused, {third: {"amount": 30}})
    assert sorted(bank.paid) == [(1, False), (30, False)]
    assert [c["error"] is None for c in result.tool_calls] == [True, True, False, True]
    assert valid_conversation(result.messages)


async def test_an_approval_is_good_for_one_call_only(agent_of: Make, bank: Bank) -> None:
    again = {**pay(2), "id": "the same"}
    agent = agent_of({**pay(1), "id": "the same"}, again, "Done.", tools=bank.tools())
    paused = await agent.resume(await agent.run("?"), True)
    assert (paused.finish_reason, bank.paid) == ("approval", [(1, False)])


async def test_a_new_prompt_instead_of_a_decision_leaves_the_call_out(
    agent_of: Make, bank: Bank
) -> None:
    agent = agent_of(pay(5), "Something else.", tools=bank.tools())
    paused = await agent.run("Pay!")
    result = await agent.run("Never mind.", messages=paused.messages)
    assert valid_conversation(result.messages)
    assert (result.text, bank.paid) == ("Something else.", [])


def test_a_paused_run_is_resumed_in_another_process(agent_of: Make, bank: Bank) -> None:
    agent = agent_of(pay(5), "never", tools=bank.tools(), name="payer")
    paused = agent.run_sync("Pay!")
    program = """
        import asyncio, json, sys
        from polyspell import Agent, Host, tool

        @tool(needs_approval=True)
        async def pay(amount: int) -> str:
            print("paying", amount)
            return "paid"

        async def main():
            async with Host(plugins=["echo"], config={}) as host:
                told = lambda request: "Elsewhere: " + request.messages[-1].parts[0].content
                agent = Agent("echo/script", name="payer", tools=[pay], host=host,
                              options={"replies": [None, told]})
                result = await agent.resume(json.load(sys.stdin), True)
                print(result.text, result.usage.requests, result.run_id)

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        input=json.dumps(paused.state.to_dict()),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["paying 5", f"Elsewhere: paid 2 {paused.run_id}"], (
        done.stderr
    )


async def test_a_run_is_resumed_by_the_agent_that_it_belongs_to(agent_of: Make, bank: Bank) -> None:
    paused = await agent_of(pay(5), "x", tools=bank.tools(), name="payer").run("?")
    with pytest.raises(ConfigError, match="belongs to the agent 'payer', not to 'other'"):
        await agent_of("x", name="other").resume(paused, True)


async def test_a_run_that_handed_over_before_it_paused_goes_on_with_the_other(
    agent_of: Make, bank: Bank
) -> None:
    payer = agent_of(None, pay(5), "Paid.", tools=bank.tools(), name="payer")
    desk = agent_of({"tool": "transfer_to_payer"}, name="desk", handoffs=[payer], memory=True)
    paused = await desk.run("Pay!")
    assert paused.state.agent == "payer"
    result = await desk.resume(paused, True)
    assert (result.text, result.agent, bank.paid) == ("Paid.", "payer", [(5, False)])
    assert await desk.history() == result.messages


@pytest.mark.parametrize(
    "state",
    [{}, {"agent": "agent"}, {"agent": "agent", "messages": [{"role": "nobody", "parts": []}]}],
)
async def test_what_is_no_state_is_an_error(agent_of: Make, state: Any) -> None:
    with pytest.raises(ValidationError, match="Not the state of a run"):
        await agent_of("x").resume(state, True)


async def test_a_run_that_is_through_has_nothing_to_resume(agent_of: Make) -> None:
    agent = agent_of("x")
    with pytest.raises(ValidationError, match="does not wait"):
        await agent.resume(await agent.run("?"), True)
    with pytest.raises(ValidationError, match="does not wait"):
        await agent.resume({"agent": "agent", "messages": []}, True)


async def test_an_agent_as_a_tool_says_that_it_would_have_had_to_wait(
    agent_of: Make, bank: Bank
) -> None:
    payer = agent_of(pay(5), "Paid.", tools=bank.tools(), name="payer")
    desk = agent_of({"tool": "payer", "arguments": {"prompt": "Pay!"}}, "I see.")
    desk.add_tool(payer.as_tool())
    result = await desk.run("?")
    assert "payer may not call 'pay' without approval" in result.tool_calls[0]["error"]
    payer.approve = lambda call: True
    assert (await desk.run("?")).tool_calls[0]["result"] == "Paid."
    assert bank.paid == [(5, False)]


async def test_the_limits_count_on_when_a_run_is_resumed(agent_of: Make, bank: Bank) -> None:
    agent = agent_of(pay(1), pay(2), "x", tools=bank.tools(), limits={"tool_calls": 1})
    from polyspell.errors import LimitExceeded

    paused = await agent.resume(await agent.run("?"), True)
    assert isinstance(paused.messages[0], Message)
    with pytest.raises(LimitExceeded, match="1 tool calls"):
        await agent.resume(paused, True)
    assert bank.paid == [(1, False)]
