"""Cancellation at every step: for every N, a run is cancelled after N turns of the event loop,
until there is an N at which it is through. Nothing waits for real time, so N means the same each
time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from polyspell import Agent, Host, Memory, Message
from polyspell.hooks import HookCall
from polyspell.memory import InMemoryStore, Item
from polyspell.testing.matchers import collect_events, valid_conversation

Make = Callable[..., Agent]
MOST = 400


class SlowStore(InMemoryStore):
    """A store that waits before and after each of its steps, as one on disk does."""

    async def append(self, items: Sequence[Item]) -> None:
        await pause()
        await super().append(items)
        await pause()

    async def items(self) -> list[Item]:
        await pause()
        return await super().items()


async def pause(turns: int = 2) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


class World:
    """What a scenario has to show for itself: which tools are at work, and how many have begun."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.working = 0
        self.begun = 0

    async def work(self, name: str) -> str:
        """Works a little."""
        self.begun += 1
        self.working += 1
        try:
            await pause(3)
            return f"{name} is done"
        finally:
            try:
                await pause(1)  # cleaning up takes a while too
            finally:
                self.working -= 1

    def agent(self, *replies: Any, **options: Any) -> Agent:
        # Less than no delay: a turn of the event loop before each piece, and no timer.
        told = {"replies": [*replies, *["Again."] * 5], "chunk": 4, "delay": -1.0}
        return Agent("echo/script", host=self.host, options=told, tools=[self.work], **options)


def call(name: str) -> dict[str, Any]:
    return {"tool": "work", "arguments": {"name": name}}


def plain(world: World) -> Agent:
    return world.agent("Hello, who are you?", memory=Memory(SlowStore()))


def with_tool(world: World) -> Agent:
    return world.agent(["Let me see.", call("a")], "Done.", memory=Memory(SlowStore()))


def parallel(world: World) -> Agent:
    return world.agent([call("a"), call("b"), call("c")], "Done.", memory=Memory(SlowStore()))


def approved(world: World) -> Agent:
    async def approve(_: Any) -> bool:
        await pause()
        return True

    agent = parallel(world)
    agent.toolset()["work"].needs_approval = True
    agent.approve = approve
    return agent


def hooked(world: World) -> Agent:
    async def around(call: HookCall, proceed: Callable[[HookCall], Awaitable[Any]]) -> Any:
        await pause()
        try:
            return await proceed(call)
        finally:
            await pause()

    agent = parallel(world)
    agent.hooks.wrap("**", around)
    return agent


def nested(world: World) -> Agent:
    inner = world.agent(call("deep"), "Deep.", name="inner")
    agent = world.agent(
        [{"tool": "inner", "arguments": {"prompt": "?"}}, call("a")],
        "Done.",
        memory=Memory(SlowStore()),
    )
    agent.add_tool(inner.as_tool())
    return agent


def handed_over(world: World) -> Agent:
    other = world.agent("never", "Over here.", name="other")
    return world.agent({"tool": "transfer_to_other"}, memory=Memory(SlowStore()), handoffs=[other])


SCENARIOS = [plain, with_tool, parallel, approved, hooked, nested, handed_over]


async def consistent(world: World, agent: Agent, first: str) -> list[Message]:
    """Nothing goes on, and what is remembered is a conversation that can be continued."""
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await pause()
    assert world.working == 0
    history = await agent.history()
    assert valid_conversation(history)
    if history:
        assert history[0].text == first
    return history


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("times", [1, 2])
async def test_a_run_cancelled_at_any_step_leaves_nothing_behind_and_can_be_followed(
    host: Host, scenario: Callable[[World], Agent], times: int
) -> None:
    remembered = set()
    for turns in range(MOST):
        world = World(host)
        agent = scenario(world)
        with collect_events(host.events, "agent.run.*") as told:
            run = asyncio.ensure_future(agent.run("First."))
            for _ in range(times):
                await pause(turns if times == 1 or not run.cancelling() else 1)
                run.cancel()
            await asyncio.wait([run])
        history = await consistent(world, agent, "First.")
        remembered.add(len(history))
        names = [event.name for event in told]
        if times == 1:
            assert names.count("agent.run.started") == sum(
                names.count(f"agent.run.{end}") for end in ("completed", "cancelled", "failed")
            )
        if not run.cancelled():
            assert run.result().messages == history
            break
        after = await agent.run("And now?")
        assert after.text
        assert valid_conversation(after.messages)
        assert await agent.history() == after.messages
    else:
        pytest.fail("the run never came to its end")
    assert turns > 5
    assert 1 in remembered  # cancelled early: at least what the user said


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_reader_can_leave_after_any_event(
    host: Host, scenario: Callable[[World], Agent]
) -> None:
    for count in range(MOST):
        world = World(host)
        agent = scenario(world)
        seen = 0
        async with agent.stream("First.") as stream:
            async for _ in stream:
                seen += 1
                if seen > count:
                    break
        await consistent(world, agent, "First.")
        assert valid_conversation(stream.messages)
        if seen <= count:
            break
        assert (await agent.run("And now?")).text
    assert count > 5


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_time_limit_that_strikes_at_any_step_is_an_error_and_nothing_else(
    host: Host, scenario: Callable[[World], Agent], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the limit is replaced: it strikes at the N-th time that somebody looks at it."""
    from polyspell.agents import run as module
    from polyspell.errors import LimitExceeded

    class Clock:
        def __init__(self, looks: int) -> None:
            self.left = looks

        def monotonic(self) -> float:
            self.left -= 1
            return 0.0 if self.left >= 0 else 1e6

        def time(self) -> float:
            return 0.0

    for strikes in range(1, MOST):
        world, clock = World(host), Clock(strikes)
        agent = scenario(world)
        monkeypatch.setattr(module, "time", clock)
        try:
            await agent.run("First.", limits={"seconds": 1000})
        except LimitExceeded as error:
            assert error.context["limit"] == "seconds"
        else:
            break
        finally:
            monkeypatch.undo()
        await consistent(world, agent, "First.")
    assert strikes > 3


async def test_work_that_was_cancelled_is_not_begun_again(host: Host) -> None:
    world = World(host)
    agent = parallel(world)
    run = asyncio.ensure_future(agent.run("First."))
    while not world.working:
        await pause(1)
    run.cancel()
    await asyncio.wait([run])
    begun = world.begun
    assert (await agent.run("And now?")).text == "Done."
    assert world.begun == begun
    told = [p for m in await agent.history() for p in m.parts if getattr(p, "error", False)]
    assert {p.content for p in told} == {"Error: The call was cancelled."}  # type: ignore[union-attr]
