"""What stands around a run's loop: its hooks, and the memory of its agent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

from polyspell.agents.run import Run
from polyspell.agents.types import Result
from polyspell.aio import Pump
from polyspell.events import Event
from polyspell.hooks import Chain, HookCall, through

if TYPE_CHECKING:
    from polyspell.agents.agent import Agent


async def remembered(agent: Agent, run: Run) -> AsyncGenerator[Event, None]:
    """The events of a run within the hooks of `agent.run`; what was said is remembered, however
    the run ends. While calls wait for approval the message that asks is not: it comes with its
    results, when the run is resumed."""
    chain = run.hooks.chain("agent.run")
    steps = run.events() if chain is None else _hooked(run, chain)
    first = _known(run)
    try:
        async for event in steps:
            yield event
    finally:
        await steps.aclose()
        agent._last = run.messages
        if agent.memory is not None:
            waiting = run.result is not None and run.result.finish_reason == "approval"
            said = run.messages[first : -1 if waiting else None]
            if said:
                await agent.memory.add(said)


def _known(run: Run) -> int:
    """How many messages are remembered already: all before the run, and when it is resumed all but
    the last, which asks for the tools."""
    resumed = bool(run.messages) and run.messages[-1].role == "assistant"
    return len(run.messages) - 1 if resumed else run.start


async def _hooked(run: Run, chain: Chain) -> AsyncGenerator[Event, None]:
    async def work(emit: Callable[[Event], None]) -> Result:
        async def inner(call: HookCall) -> Result:
            run.messages[:] = call.values["messages"]
            run.context = call.values["context"]
            async for event in run.events():
                emit(event)
            assert run.result is not None
            return run.result

        values = {"agent": run.agent.name, "messages": run.messages, "context": run.context}
        result: Result = await through(chain, HookCall("agent.run", values), inner)
        return result

    pump = Pump(work)
    items = pump.items()
    try:
        async for event in items:
            yield event
    finally:
        await items.aclose()
    run.result = pump.result
