from __future__ import annotations

from typing import Any

import pytest
from polyspell.errors import ConfigError, NotFoundError
from polyspell.hooks import POINTS, Hook, HookCall, Hooks, through


async def nothing(call: HookCall, proceed: Any) -> Any:
    return await proceed(call)


async def inner(call: HookCall) -> Any:
    return call.values


@pytest.mark.parametrize("pattern", ["agent.runs", "tool", "", "*.nothing"])
def test_a_point_that_does_not_exist_is_an_error(pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"Points are agent\.run"):
        Hooks().wrap(pattern, nothing)


@pytest.mark.parametrize("pattern", ["**", "*.*", "tool.*", "tool.call"])
def test_a_pattern_stands_around_every_point_that_it_covers(pattern: str) -> None:
    hooks = Hooks()
    hooks.wrap(pattern, nothing)
    assert hooks.chain("tool.call") is not None
    assert (hooks.chain("agent.run") is None) is pattern.startswith("tool")


def test_names_are_given_kept_apart_and_removed() -> None:
    hooks = Hooks()
    first = hooks.wrap("**", nothing)
    hooks.wrap("**", nothing, name="mine")
    assert first.name
    with pytest.raises(ConfigError, match="named 'mine' exists"):
        hooks.wrap("**", nothing, name="mine")
    hooks.remove("mine")
    hooks.remove(first.name)
    with pytest.raises(NotFoundError, match="No hook 'mine'"):
        hooks.remove("mine")
    assert all(hooks.chain(point) is None for point in POINTS)


def test_a_hook_needs_something_to_do() -> None:
    with pytest.raises(ConfigError, match="needs one of"):
        Hook.of("tool.call")


def test_hooks_over_others_see_what_changes_there() -> None:
    outer = Hooks()
    over = Hooks(outer)
    assert over.chain("tool.call") is None
    outer.wrap("tool.call", nothing, name="outer", priority=1)
    over.wrap("tool.call", nothing, name="own", priority=2)
    assert [hook.name for hook in over.list("tool.call")] == ["own", "outer"]
    assert [hook.name for hook in over.chain("tool.call") or ()] == ["own", "outer"]
    assert [hook.name for hook in outer.list()] == ["outer"]
    outer.remove("outer")
    assert [hook.name for hook in over.chain("tool.call") or ()] == ["own"]


async def test_through_no_hooks_there_is_only_the_call() -> None:
    assert await through(None, HookCall("tool.call", {"a": 1}), inner) == {"a": 1}


async def test_a_hook_may_proceed_with_another_call() -> None:
    hooks = Hooks()

    async def other(call: HookCall, proceed: Any) -> Any:
        return [await proceed(HookCall(call.point, {"n": n})) for n in range(2)]

    hooks.wrap("tool.call", other, priority=1)
    hooks.wrap("tool.call", nothing, when={"n": 1})
    chain = hooks.chain("tool.call")
    assert await through(chain, HookCall("tool.call", {}), inner) == [{"n": 0}, {"n": 1}]


@pytest.mark.parametrize(
    ("when", "values", "applies"),
    [
        (None, {}, True),
        ({}, {}, True),
        ({"tool": "a.*"}, {"tool": "a.b"}, True),
        ({"tool": "a.*"}, {"tool": "b.b"}, False),
        ({"tool": "a"}, {}, False),
        ({"n": 1, "tool": "a"}, {"n": 1, "tool": "a"}, True),
        ({"n": 1, "tool": "a"}, {"n": 2, "tool": "a"}, False),
        (lambda call: call.values.get("n"), {"n": 1}, True),
        (lambda call: call.values.get("n"), {}, False),
    ],
)
def test_when(when: Any, values: dict[str, Any], applies: bool) -> None:
    assert Hook("tool.call", nothing, when=when).applies(HookCall("tool.call", values)) is applies


def _note(name: str, point: str, seen: list[str], **options: Any) -> Hook:
    return Hook.of(point, before=lambda call: seen.append(name), **options)


async def test_hooks_put_together_are_one() -> None:
    seen: list[str] = []
    inner_ones = [
        _note("a", "tool.call", seen),
        _note("b", "agent.run", seen),
        _note("c", "tool.*", seen, when={"tool": "x"}),
    ]
    hooks = Hooks()
    hooks.add(Hook.together(*inner_ones, name="all", when={"agent": "me"}))
    for values in ({"agent": "me", "tool": "x"}, {"agent": "me"}, {"agent": "you"}):
        await through(hooks.chain("tool.call"), HookCall("tool.call", values), inner)
    assert seen == ["a", "c", "a"]
    hooks.remove("all")
    assert hooks.list() == []


def test_what_is_put_together_keeps_its_point_and_holds() -> None:
    both = Hook.together(*[_note("a", "tool.call", [], holds=held) for held in (False, True)])
    assert (both.point, both.holds) == ("tool.call", True)
    with pytest.raises(ConfigError, match="no hooks"):
        Hook.together()
