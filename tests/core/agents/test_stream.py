from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from polyspell import Agent, Host
from polyspell.errors import Cancelled, ValidationError
from polyspell.events import current_span
from polyspell.testing.matchers import collect_events

Make = Callable[..., Agent]


async def test_text_comes_while_it_is_made(agent_of: Make) -> None:
    agent = agent_of("Hello, world", chunk=5)
    async with agent.stream("?") as stream:
        assert [t async for t in stream.text()] == ["Hello", ", wor", "ld"]
    assert stream.result.text == "Hello, world"
    assert stream.usage.requests == 1


async def test_a_stream_that_is_not_read_asks_nothing_and_leaves_nothing(agent_of: Make) -> None:
    agent = agent_of("never", memory=True)
    stream = agent.stream("?")
    assert (stream.messages, stream.usage.requests) == ([], 0)
    with pytest.raises(Cancelled, match="not finished"):
        _ = stream.result
    await stream.aclose()
    assert [event async for event in stream] == []
    agent.stream("dropped")
    gc.collect()
    async with agent.stream("entered and left"):
        pass
    assert await agent.history() == []


async def test_an_error_while_it_opens_comes_through_async_with(agent_of: Make) -> None:
    agent = agent_of("never")
    with pytest.raises(ValidationError, match="nothing to answer"):
        async with agent.stream() as stream:
            async for _ in stream:
                pass
    with pytest.raises(Cancelled):
        _ = stream.result


async def test_cancellation_while_it_opens_comes_through_async_with(agent_of: Make) -> None:
    from polyspell import Memory
    from polyspell.memory import InMemoryStore, Item

    class Stuck(InMemoryStore):
        async def items(self) -> list[Item]:
            await asyncio.sleep(3600)
            return []

    agent = agent_of("never", memory=Memory(Stuck()))

    async def read() -> None:
        async with agent.stream("?") as stream:
            async for _ in stream:
                pass

    task = asyncio.ensure_future(read())
    await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_result_is_there_only_after_the_end(agent_of: Make) -> None:
    async with agent_of("abc", chunk=1).stream("?") as stream:
        async for event in stream:
            if event.name == "agent.text":
                with pytest.raises(Cancelled):
                    _ = stream.result
                break
    with pytest.raises(Cancelled):
        _ = stream.result


async def test_streams_read_in_turns_tell_their_own_spans_and_none_to_the_reader(
    agent_of: Make, host: Host
) -> None:
    async def add() -> int:
        host.events.emit("mine")
        return 1

    agent = agent_of({"tool": "add"}, "done", tools=[add])
    with collect_events(host.events) as told:
        streams = [agent.stream(f"{n}") for n in range(3)]
        ends: set[int] = set()
        while len(ends) < 3:
            for n, stream in enumerate(streams):
                try:
                    await anext(stream)
                except StopAsyncIteration:
                    ends.add(n)
                assert current_span() is None
        host.events.emit("between")
    run_ids = [stream.result.run_id for stream in streams]
    assert len(set(run_ids)) == 3
    for run_id in run_ids:
        names = [e.name for e in told if e.run_id == run_id]
        assert names[0] == "agent.run.started"
        assert names[-1] == "agent.run.completed"
        assert names.count("mine") == 1
        assert names.count("provider.request.completed") == 2
    assert told[-1].run_id is None


async def test_a_run_started_by_the_reader_of_another_is_no_part_of_it(agent_of: Make) -> None:
    async with agent_of("abc").stream("?") as stream:
        async for _ in stream:
            other = await agent_of("x").run("?")
    assert other.run_id != stream.result.run_id


def test_a_stream_that_was_dropped_unread_to_its_end_is_remembered_with_the_loop(
    agent_of: Make,
) -> None:
    agent = agent_of("abc", chunk=1, memory=True)

    async def main() -> None:
        async for event in agent.stream("?"):
            if event.name == "agent.text":
                break

    asyncio.run(main())
    gc.collect()
    assert [m.text for m in asyncio.run(agent.history())] == ["?", "a"]


async def test_a_slow_reader_gets_everything(agent_of: Make) -> None:
    async def hook(call: Any, proceed: Any) -> Any:
        return await proceed(call)

    agent = agent_of("x" * 300, chunk=1)
    agent.hooks.wrap("**", hook)
    count = 0
    async with agent.stream("?") as stream:
        async for event in stream:
            count += event.name == "agent.text"
            if count % 50 == 0:
                await asyncio.sleep(0.001)
    assert count == 300
