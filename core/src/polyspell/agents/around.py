"""What stands around a run's loop: its hooks, and the memory of its agent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

import msgspec

from polyspell.agents.run import Run
from polyspell.agents.types import Result
from polyspell.aio import Pump, finish
from polyspell.events import Event
from polyspell.hooks import Chain, HookCall, expect, through


async def remembered(run: Run) -> AsyncGenerator[Event, None]:
    """The events of a run within the hooks of `agent.run`; what was said is remembered, however
    the run ends. While calls wait for approval the message that asks is not: it comes with its
    results, when the run is resumed."""
    owner = run.owner
    chain = owner.hooks.chain("agent.run")
    steps = run.events() if chain is None else _hooked(run, chain)
    try:
        async for event in steps:
            yield event
    finally:
        await steps.aclose()
        owner.ended(run.messages)
        if owner.memory is not None:
            waiting = bool(run.open_calls())
            said = run.messages[run.unsaid : -1 if waiting else None]
            if said:
                await finish(owner.memory.add(said))


async def _hooked(run: Run, chain: Chain) -> AsyncGenerator[Event, None]:
    async def work(emit: Callable[[Event], None]) -> Result:
        asked = False

        async def inner(call: HookCall) -> Result:
            nonlocal asked
            asked = True
            run.begin(call.values["messages"], call.values["context"])
            async for event in run.events():
                emit(event)
            assert run.result is not None
            return run.result

        values = {
            "agent": run.agent.name, "messages": list(run.messages), "context": run.context,
        }  # fmt: skip
        given = await through(chain, HookCall("agent.run", values), inner)
        result = expect(given, Result, "agent.run")
        if not asked:
            for event in run.answered(result.text):
                emit(event)
            result = msgspec.structs.replace(
                result, messages=run.messages, start=run.start, run_id=run.run_id
            )
        return result

    pump = Pump(work)
    items = pump.items()
    try:
        async for event in items:
            yield event
    finally:
        await items.aclose()
    run.result = pump.result
