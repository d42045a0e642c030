from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polyspell import Agent, Host, tool
from polyspell.errors import ConfigError, ProviderError
from polyspell.hooks import HookCall
from polyspell.testing.matchers import collect_events
from polyspell_cache.store import Store

Make = Callable[..., Host]


@pytest.fixture
def make(make_polyspell_host: Make) -> Make:
    def make(*replies: Any, **cache: Any) -> Host:
        config = {
            "providers": {"echo": {"replies": list(replies or ["One.", "Two.", "Three."])}},
            "hooks": {"cache": cache},
        }
        return make_polyspell_host(["echo", "cache"], config)

    return make


async def ask(host: Host, prompt: str = "?", **options: Any) -> str:
    return (await Agent("echo/script", host=host, **options).run(prompt)).text


async def test_the_same_is_answered_from_the_cache(make: Make) -> None:
    async with make() as host:
        agent = Agent("echo/script", host=host)
        with collect_events(host.events, "hook.cache.*") as told:
            first, again = await agent.run("?"), await agent.run("?")
        assert (first.text, again.text) == ("One.", "One.")
        assert (first.usage.requests, again.usage.total_tokens) == (1, 0)
        assert [e.name for e in told] == ["hook.cache.miss", "hook.cache.hit"]
        stats = host.hooks.used("cache").stats()
        assert (stats["hits"], stats["misses"], stats["entries"]) == (1, 1, 1)


async def test_a_cached_answer_streams_too(make: Make) -> None:
    async with make() as host:
        await ask(host)
        async with Agent("echo/script", host=host).stream("?") as stream:
            assert [text async for text in stream.text()] == ["One."]


@pytest.mark.parametrize(
    "other",
    [{"instructions": "Be brief."}, {"temperature": 0.5}, {"max_tokens": 5}, {"output": dict}],
)
async def test_anything_else_is_asked(make: Make, other: Any) -> None:
    async with make("One.", '{"two": 2}') as host:
        assert [await ask(host), await ask(host, **other)] == ["One.", '{"two": 2}']


async def test_tool_calls_come_from_the_cache_and_run_again(make: Make) -> None:
    called: list[int] = []

    @tool(inline=True)
    def look() -> str:
        """Look."""
        called.append(1)
        return "seen"

    async with make([{"tool": "look"}], "Done.") as host:
        for _ in range(2):
            assert await ask(host, tools=[look]) == "Done."
        assert len(called) == 2


async def test_values_of_named_tools_are_kept(make_polyspell_host: Make) -> None:
    called: list[str] = []

    async def weather(city: str) -> dict[str, Any]:
        """Weather."""
        called.append(city)
        return {"city": city, "celsius": 21}

    async def other(city: str) -> tuple[str, ...]:
        """A value that JSON does not give back."""
        called.append(city)
        return (city,)

    config = {"hooks": {"cache": {"tools": ["*"], "models": False}}}
    async with make_polyspell_host(["echo", "cache"], config) as host:
        for each in (weather, other):
            agent = Agent("echo/tools", tools=[each], host=host)
            texts = {(await agent.run('{"city": "Oslo"}')).text for _ in range(2)}
            assert len(texts) == 1
        assert called == ["Oslo"] * 3


async def test_failures_and_cut_answers_are_not_kept(make: Make) -> None:
    async with make({"error": "overloaded", "message": "Busy."}, "Whole.") as host:
        with pytest.raises(ProviderError):
            await ask(host)
        assert await ask(host) == "Whole."

        def cut(call: HookCall, response: Any) -> Any:
            response.finish_reason = "length"
            return response

        host.hooks.on("provider.request", after=cut, priority=-1)
        with pytest.raises(ProviderError, match="all are used"):
            for _ in range(2):
                await ask(host, "other")


async def test_what_has_no_json_is_asked_each_time(make: Make) -> None:
    async with make() as host:
        agent = Agent("echo/script", host=host, options={"replies": lambda request: "Made."})
        assert [(await agent.run("?")).text for _ in range(2)] == ["Made.", "Made."]
        assert host.hooks.used("cache").stats()["misses"] == 0


async def test_a_file_serves_other_processes_and_scopes_are_apart(
    make: Make, tmp_path: Path
) -> None:
    path = str(tmp_path / "new" / "answers.db")
    async with make("One.", path=path) as host:
        assert await ask(host) == "One."
    async with make("Two.", path=path) as host:
        assert await ask(host) == "One."
    async with make("Three.", path=path, scope="ada") as host:
        assert await ask(host) == "Three."


async def test_a_damaged_file_is_begun_anew(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "answers.db"
    path.write_bytes(b"no database at all, but of some length " * 40)
    async with make("One.", path=str(path)) as host:
        assert await ask(host) == "One."


def store(**options: Any) -> Store:
    given = {"path": None, "ttl": None, "policy": "lru", "entries": 3, "size": 100, **options}
    return Store(**given)


@pytest.mark.parametrize(("policy", "gone"), [("lru", b"b"), ("lfu", b"c")])
def test_the_policy_says_which_goes_first(policy: str, gone: bytes) -> None:
    kept = store(policy=policy)
    for key in (b"a", b"b", b"c"):
        kept.put(key, key)
    for key in (b"a", b"b", b"b", b"a", b"c"):  # b the longest ago, c the least
        time.sleep(0.001)
        kept.get(key)
    kept.put(b"d", b"d")
    assert [key for key in (b"a", b"b", b"c", b"d") if kept.get(key) is None] == [gone]
    kept.close()


def test_size_bounds_what_is_kept() -> None:
    kept = store(entries=99)
    for key in (b"a", b"b", b"c"):
        kept.put(key, bytes(40))
    assert kept.sizes() == (2, 80)
    kept.put(b"huge", bytes(101))
    assert kept.get(b"huge") is None
    kept.put(b"c", bytes(10))
    assert kept.sizes() == (2, 50)
    kept.clear()
    assert kept.sizes() == (0, 0)
    kept.close()


def test_what_is_too_old_is_gone_and_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("polyspell_cache.store.time.time", lambda: now)
    kept = store(ttl=10.0)
    kept.put(b"a", b"a")
    now = 1009.0
    assert kept.get(b"a") == b"a"
    kept.put(b"b", b"b")
    now = 1010.0
    assert kept.get(b"a") is None
    kept.put(b"c", b"c")
    kept.put(b"d", b"d")
    assert [kept.get(key) for key in (b"b", b"c", b"d")] == [b"b", b"c", b"d"]
    kept.close()


def test_a_file_that_another_writes_is_passed_by(tmp_path: Path) -> None:
    path = str(tmp_path / "answers.db")
    kept = store(path=path)
    kept.put(b"a", b"a")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    kept.put(b"b", b"b")
    assert kept.get(b"a") is None
    other.execute("COMMIT")
    other.close()
    assert kept.get(b"a") == b"a"
    kept.close()


@pytest.mark.parametrize("wrong", [{"entries": 0}, {"size": 0}, {"policy": "fifo"}])
def test_wrong_options_are_refused(make: Make, wrong: Any) -> None:
    with pytest.raises(ConfigError):
        make(**wrong)
