from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from polyspell import Agent, Host, tool
from polyspell.errors import ConfigError, RateLimitError
from polyspell_ratelimit.hook import Bucket, RateLimitOptions, Window

Make = Callable[..., Host]


@pytest.fixture
def make(make_polyspell_host: Make) -> Make:
    def make(**limit: Any) -> Host:
        return make_polyspell_host(["echo", "ratelimit"], {"hooks": {"ratelimit": limit}})

    return make


def options(**given: Any) -> RateLimitOptions:
    return msgspec.convert(given, RateLimitOptions)


def test_a_bucket_lets_a_burst_pass_and_then_refills_evenly() -> None:
    bucket = Bucket(options(limit=10, per=10, burst=3))
    assert [bucket.take(100.0, 9) for _ in range(5)] == pytest.approx([0, 0, 0, 1, 2])
    assert bucket.take(100.0, 1) == pytest.approx(3)  # refused: nothing was taken
    assert bucket.take(103.0, 9) == pytest.approx(0)
    assert [bucket.take(200.0, 0) for _ in range(4)] == pytest.approx([0, 0, 0, 1])


def test_a_window_never_holds_more_than_its_limit() -> None:
    window = Window(options(limit=3, per=10))
    now, starts = 0.0, []
    for step in (0, 1, 1, 1, 0, 5, 0, 20, 0, 0, 0):
        now += step
        starts.append(now + window.take(now, 1e9))
    assert all(later - first >= 10 for first, later in zip(starts, starts[3:], strict=False))
    assert starts == sorted(starts)


def test_who_is_refused_takes_no_turn() -> None:
    window = Window(options(limit=1, per=10))
    assert [window.take(t, 2) for t in (0.0, 1.0, 9.0, 9.0)] == [0, 9, 1, 11]


@pytest.mark.parametrize("algorithm", ["token_bucket", "sliding_window"])
async def test_what_is_over_waits_for_its_turn(make: Make, algorithm: str) -> None:
    async with make(limit=2, per=0.1, algorithm=algorithm) as host:
        agent = Agent("echo/echo", host=host)
        begin = time.monotonic()
        await asyncio.gather(*[agent.clone().run("?") for _ in range(4)])
        assert time.monotonic() - begin >= 0.09
        stats = host.hooks.used("ratelimit").stats()
        assert (stats["passed"], stats["waited"], stats["refused"]) == (4, 2, 0)


async def test_who_would_wait_too_long_is_refused_and_told_when_to_come(make: Make) -> None:
    async with make(limit=1, per=60, wait=0) as host:
        agent = Agent("echo/echo", host=host)
        await agent.run("?")
        with pytest.raises(RateLimitError, match=r"More than 1 calls in 60 s") as caught:
            await agent.run("?")
        assert 0 < (caught.value.retry_after or 0) <= 60


@pytest.mark.parametrize("by", ["user", "agent", "model"])
async def test_each_has_a_limit_of_its_own(make: Make, by: str) -> None:
    async with make(limit=1, per=60, wait=0, by=by) as host:

        async def ask(n: int) -> str:
            agent = Agent(f"echo/{'echo' if n else 'tools'}", name=f"agent{n}", host=host)
            return (await agent.run("?", context={"user": f"user{n}"})).text

        assert [await ask(0), await ask(1)] == ["?", "?"]
        with pytest.raises(RateLimitError, match=f"for {by} "):
            await ask(1)


async def test_a_user_may_be_an_attribute_of_the_context(make: Make) -> None:
    class Session:
        name = "ada"

    async with make(limit=1, per=60, wait=0, by="user", user="name") as host:
        agent = Agent("echo/echo", host=host)
        await agent.run("?", context=Session())
        with pytest.raises(RateLimitError, match="for user 'ada'"):
            await agent.run("?", context=Session())


async def test_tools_have_limits(make: Make) -> None:
    @tool(inline=True)
    def look() -> str:
        """Look."""
        return "seen"

    async with make(limit=1, per=60, wait=0, by="tool") as host:
        agent = Agent("echo/tools", tools=[look], host=host)
        assert (await agent.run("{}")).tool_calls[0]["error"] is None
        assert "More than 1 calls" in (await agent.run("{}")).tool_calls[0]["error"]


async def test_whole_runs_have_limits(make: Make) -> None:
    async with make(limit=1, per=60, wait=0, points=["agent.run"]) as host:
        agent = Agent("echo/tools", tools=[], host=host)
        await agent.run("{}")
        with pytest.raises(RateLimitError):
            await agent.run("{}")


async def test_who_was_not_seen_the_longest_is_forgotten(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polyspell_ratelimit.hook._MOST_SUBJECTS", 2)
    async with make(limit=1, per=60, wait=0, by="user") as host:
        agent = Agent("echo/echo", host=host)
        for user in ("a", "b", "c", "a"):
            await agent.run("?", context={"user": user})
        assert host.hooks.used("ratelimit").stats()["subjects"] == 2


@pytest.mark.parametrize("wrong", [{}, {"limit": 0}, {"limit": 1, "per": 0}, {"limit": "x"}])
def test_wrong_options_are_refused(make: Make, wrong: Any) -> None:
    with pytest.raises(ConfigError):
        make(**wrong)
