from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host, tool
from polyspell.errors import BadRequestError, ConfigError
from polyspell.testing.compare import ExpectationFailed
from polyspell.testing.scenario import Scenario, load_scenarios
from polyspell.testing.snapshot import Snapshots

GIVEN = {
    "replies": [{"tool": "add", "arguments": {"a": 1, "b": 2}}, "It is 3.", "You are welcome."],
    "mocks": {"add": 3},
    "messages": [{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "Hi!"}],
}
WHEN = ["What is 1 + 2?", "Thanks"]
RIGHT: dict[str, Any] = {
    "text": {"contains": "welcome", "matches": "^You", "lacks": ["Error"]},
    "output": "You are welcome.",
    "tools": [{"name": "add", "arguments": {"a": 1}, "result": 3}],
    "never_called": ["remove"],
    "finish_reason": "stop",
    "events": ["agent.run.started", "tool.call.completed", "agent.run.completed"],
    "max_turns": 3,
    "max_tokens": 1000,
}  # fmt: skip


async def play(given: Any, when: Any, then: Any, **options: Any) -> Any:
    async with Host(plugins=[], config={}) as host:
        scenario = Scenario.of({"name": "x", "given": given, "when": when, "then": then})
        return await scenario.run(host, **options)


async def test_what_is_as_expected_passes() -> None:
    result = await play(GIVEN, WHEN, RIGHT)
    assert result.text == "You are welcome."
    assert len(result.messages) == 8  # two before, four of the first turn, two of the second


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ({"text": "3"}, 'to contain "3"'),
        ({"text": {"lacks": "welcome"}}, "not to contain"),
        ({"output": {}}, "to equal"),
        ({"tools": []}, "has 1 items, not 0"),
        ({"tools": ["add", "add"]}, "has 1 items, not 2"),
        ({"tools": [{"name": "add", "arguments": {"a": 2}}]}, '"a":2'),
        ({"tools": [{"name": "add", "error": "x"}]}, '"error":"x"'),
        ({"never_called": ["add"]}, "add was called"),
        ({"finish_reason": "length"}, '"length"'),
        ({"events": ["agent.run.completed", "tool.**"]}, "No event tool.**"),
        ({"max_turns": 2}, "It used 3 turns, more than 2"),
        ({"max_tokens": 1}, "tokens, more than 1"),
        ({"max_cost": 1.0}, "What it cost is not known"),
        ({"error": "rate_limit"}, "Expected an error 'rate_limit', but there was none"),
    ],
)
async def test_what_is_not_as_expected_is_told(then: dict[str, Any], said: str) -> None:
    with pytest.raises(ExpectationFailed) as failed:
        await play(GIVEN, WHEN, then)
    assert said in failed.value.message


async def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ExpectationFailed) as failed:
        await play(GIVEN, WHEN, {"text": "x", "tools": [], "finish_reason": "length"})
    assert len(failed.value.context["differences"]) == 3


async def test_a_failure_is_expected_or_raised() -> None:
    given = {"replies": [{"error": "bad_request", "message": "No such thing."}]}
    assert await play(given, "x", {"error": "bad_request"}) is None
    assert await play(given, "x", {"error": "No such"}) is None
    with pytest.raises(BadRequestError):
        await play(given, "x", {"text": "y"})


async def test_tools_of_the_program_can_be_given() -> None:
    @tool
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    given = {"replies": GIVEN["replies"], "tools": [add]}
    await play(given, WHEN, {"tools": [{"name": "add", "result": 3}]})


async def test_messages_are_as_they_were(tmp_path: Path) -> None:
    for _ in range(2):
        snapshots = Snapshots(tmp_path / "x.json", create=not (tmp_path / "x.json").exists())
        await play(GIVEN, WHEN, {"snapshot": True}, snapshots=snapshots)
        snapshots.save()
    changed = {**GIVEN, "replies": ["Another answer.", "x"]}
    with pytest.raises(ExpectationFailed, match="not as in the snapshot 'x'"):
        await play(changed, WHEN, {"snapshot": True}, snapshots=Snapshots(tmp_path / "x.json"))


async def test_scenarios_that_run_at_once_hear_their_own_events_only() -> None:
    async with Host(plugins=[], config={}) as host:
        quiet = Scenario.of(
            {"given": {"replies": ["a"]}, "when": "x", "then": {"events": ["tool.**"]}}
        )
        loud = Scenario.of({"given": GIVEN, "when": WHEN, "then": RIGHT})
        given = await asyncio.gather(
            *(each.run(host) for each in (quiet, loud) * 3), return_exceptions=True
        )
        assert [isinstance(each, ExpectationFailed) for each in given] == [True, False] * 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"given": {}, "when": "x"}, "replies or a model"),
        ({"given": {"replies": [], "model": "a/b"}, "when": "x"}, "replies or a model"),
        ({"given": GIVEN, "when": "x", "then": {"text": {"has": "x"}}}, "no 'has'"),
        ({"given": {"replies": ["x"], "messages": [{"text": "x"}]}, "when": "x"}, "no message"),
        ({"given": {"reply": []}, "when": "x"}, "reply"),
        ({"given": GIVEN}, "when"),
    ],
)
async def test_what_is_no_scenario_is_refused(data: dict[str, Any], said: str) -> None:
    async with Host(plugins=[], config={}) as host:
        with pytest.raises(ConfigError, match=said):
            await Scenario.of(data).run(host)


def test_a_file_may_hold_several(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        "- {when: a}\n- {name: second, when: b}\n---\nwhen: [c, d]\nexpect: {text: e}\n"
    )
    first, second, third = load_scenarios(file)
    assert [first.name, second.name, third.name] == ["x 1", "second", "x 3"]
    assert third.then.text == "e"
    file.write_text("just a text")
    with pytest.raises(ConfigError, match="a scenario is a table"):
        load_scenarios(file)
