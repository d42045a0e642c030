from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from polyspell import Agent, Host, tool
from polyspell.errors import ConfigError, LimitExceeded
from polyspell.providers.facts import ModelFacts, Prices
from polyspell.testing.matchers import collect_events
from polyspell_budget.ledger import Ledger, Spent, period_start

Make = Callable[..., Host]


class Dear:
    """A catalogue in which a token costs a dollar."""

    def __init__(self, host: Host) -> None: ...

    def facts(self, provider: str, model: str) -> ModelFacts:
        return ModelFacts(prices=Prices(1e6, 1e6))


@pytest.fixture
def make(make_polyspell_host: Make) -> Make:
    def make(**budget: Any) -> Host:
        host = make_polyspell_host(["echo", "budget"], {"hooks": {"budget": budget}})
        host.model_catalogs.register("dear", Dear(host))
        return host

    return make


async def ask(host: Host, prompt: str = "four", **options: Any) -> str:
    return (await Agent("echo/echo", host=host).run(prompt, **options)).text


@pytest.mark.parametrize(
    ("budget", "runs"),
    [({"calls": 3}, 3), ({"tokens": 5}, 3), ({"cost": 4.0}, 2), ({"calls": 9, "tokens": 2}, 1)],
)
async def test_what_is_spent_ends_runs(make: Make, budget: Any, runs: int) -> None:
    async with make(**budget) as host:
        for _ in range(runs):  # each uses one token in and one out
            await ask(host)
        with pytest.raises(LimitExceeded, match="is spent") as caught:
            await ask(host)
        assert caught.value.context["limit"].startswith("budget.")


async def test_tool_calls_and_seconds_are_counted(make: Make) -> None:
    @tool
    async def nap() -> str:
        """Nap."""
        await asyncio.sleep(0.02)
        return "rested"

    async with make(tool_calls=2, seconds=60) as host:
        agent = Agent("echo/tools", tools=[nap], host=host)
        for _ in range(2):
            assert (await agent.run("{}")).text == "rested"
        assert "budget of 2 tool calls is spent" in (await agent.run("{}")).tool_calls[0]["error"]
        assert host.hooks.used("budget").stats()["all"]["seconds"] >= 0.04


async def test_calls_that_begin_together_do_not_go_over_their_number(make: Make) -> None:
    async with make(calls=3) as host:
        runs = await asyncio.gather(*[ask(host) for _ in range(8)], return_exceptions=True)
        assert sum(isinstance(run, str) for run in runs) == 3


async def test_a_call_that_fails_counts_as_a_call(make: Make) -> None:
    async with make(calls=1) as host:
        agent = Agent("echo/script", host=host, options={"replies": [{"error": "overloaded"}]})
        with pytest.raises(Exception):  # noqa: B017
            await agent.run("?")
        with pytest.raises(LimitExceeded):
            await ask(host)


async def test_each_user_has_a_budget(make: Make) -> None:
    async with make(calls=1, by="user") as host:
        await ask(host, context={"user": "ada"})
        await ask(host, context={"user": "bob"})
        with pytest.raises(LimitExceeded, match="of user 'ada'"):
            await ask(host, context={"user": "ada"})
        assert host.hooks.used("budget").stats().keys() == {"ada", "bob"}


async def test_near_its_end_a_budget_is_told_once(make: Make) -> None:
    async with make(calls=5) as host:
        with collect_events(host.events, "hook.budget.near") as told:
            for _ in range(5):
                await ask(host)
        assert [event.data for event in told] == [
            {"amount": "calls", "used": 4, "allowed": 5, "subject": ""}
        ]


async def test_a_file_keeps_what_was_spent_for_the_next_process(make: Make, tmp_path: Path) -> None:
    path = str(tmp_path / "new" / "budget.db")
    for _ in range(2):
        async with make(calls=2, path=path) as host:
            await ask(host)
    async with make(calls=2, path=path) as host:
        with pytest.raises(LimitExceeded):
            await ask(host)


async def test_a_new_period_begins_anew(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async with make(calls=1, per="day") as host:
        await ask(host)
        with pytest.raises(LimitExceeded, match="1 calls per day is spent"):
            await ask(host)
        monkeypatch.setattr("polyspell_budget.hook.time.time", lambda: 4e9)
        await ask(host)


@pytest.mark.parametrize(
    ("per", "start"),
    [
        (None, None),
        ("hour", "2026-03-18T15:00"),
        ("day", "2026-03-18"),
        ("week", "2026-03-16"),
        ("month", "2026-03-01"),
        (900.0, "2026-03-18T15:15"),
    ],
)
def test_periods_begin_where_calendars_say(per: Any, start: str | None) -> None:
    now = datetime(2026, 3, 18, 15, 17, 3, tzinfo=UTC).timestamp()
    wanted = 0.0 if start is None else datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()
    assert period_start(per, now) == wanted


async def test_budgets_of_other_periods_share_a_file(
    make_polyspell_host: Make, tmp_path: Path
) -> None:
    path = str(tmp_path / "b.db")
    budgets = [{"calls": 1, "per": "day", "path": path}, {"calls": 9, "per": "month", "path": path}]
    async with make_polyspell_host(["echo", "budget"], {"hooks": {"budget": budgets}}) as host:
        await ask(host)
        with pytest.raises(LimitExceeded, match="per day"):
            await ask(host)
        assert host.hooks.used("budget2").stats()["all"]["calls"] == 1


def test_what_was_spent_before_is_forgotten() -> None:
    ledger = Ledger(None)
    for start in (0.0, 60.0, 120.0):
        ledger.add("ada", start, Spent(calls=1))
    assert [len(ledger.all(start)) for start in (0.0, 60.0, 120.0)] == [0, 0, 1]
    ledger.close()


def test_two_ledgers_of_one_file_add_up(tmp_path: Path) -> None:
    one, other = (Ledger(str(tmp_path / "b.db")) for _ in range(2))
    for _ in range(5):
        one.add("", 0, Spent(calls=1, cost=0.5))
        other.add("", 0, Spent(calls=1))
    assert one.get("", 0) == other.get("", 0) == Spent(calls=10, cost=2.5)
    one.close()
    other.close()


@pytest.mark.parametrize("wrong", [{}, {"per": "day"}, {"calls": 1, "per": "year"}])
def test_wrong_options_are_refused(make: Make, wrong: Any) -> None:
    with pytest.raises(ConfigError):
        make(**wrong)


def test_a_file_that_cannot_be_used_is_an_error(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot keep a budget"):
        make(calls=1, path=str(tmp_path / "file" / "budget.db"))


async def test_a_script_needs_a_grant_for_a_file_only(
    make_polyspell_host: Make, tmp_path: Path
) -> None:
    from polyspell.errors import ScriptError
    from polyspell.scripting.sandbox import Sandbox

    async with make_polyspell_host(["echo", "budget", "lua"]) as host:
        use = "return require('polyspell').hook.use('budget', {calls = 1%s})"
        assert (await host.scripts.run(use % "", "lua")).value == "budget"
        with pytest.raises(ScriptError, match=r"fs\.write"):
            await host.scripts.run(use % f", path = '{tmp_path}/b.db'", "lua")
        sandbox = Sandbox.of("default", grants=[f"fs.write:{tmp_path}/**"])
        await host.scripts.run(use % f", path = '{tmp_path}/b.db'", "lua", sandbox=sandbox)
        assert (tmp_path / "b.db").exists()
        with pytest.raises(ScriptError, match=r"fs\.write"):
            path = f"{tmp_path}/../elsewhere.db"
            await host.scripts.run(use % f", path = '{path}'", "lua", sandbox=sandbox)
