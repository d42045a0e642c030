"""The gate: every call is counted, looked up, bound and answered; nothing gets past it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from polyspell.errors import NotFoundError, ValidationError
from polyspell.hooks import Hook, HookCall, Proceed
from polyspell.scripting.crossing import size_of
from polyspell.scripting.engine import Call, Reply
from polyspell.scripting.held import Held
from polyspell.scripting.spell import Spell
from polyspell.scripting.values import FunctionRef, HandleRef, Record

Opening = Callable[..., AbstractAsyncContextManager[Spell]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def asked(spell: Spell, name: str, *arguments: Any, target: Any = "probe", size: int = 0) -> Reply:
    reply = spell.gate.ask(Call(1, 1, target, name, list(arguments), size))
    assert isinstance(reply, Reply)
    return reply


def code(reply: Reply) -> str:
    assert reply.error is not None
    return str(reply.error["code"])


@pytest.mark.parametrize(
    ("target", "name", "problem"),
    [
        ("probe", "nothing", "no probe.nothing"),
        ("probe", "__init__", "no probe.__init__"),
        ("probe", "spell", "no probe.spell"),
        ("probe", "closings", "no probe.closings"),
        ("probe", "", "no probe."),
        ("nothing", "x", "no module 'nothing'"),
        ("Thing", "name", "no module 'Thing'"),
        ("", "nothing", "There is no nothing"),
        (HandleRef(99, "Thing"), "name", "no such Thing"),
        (HandleRef(-1, "Thing"), "name", "no such Thing"),
        (HandleRef(1, "Numbers"), "next", "no such Numbers"),  # it is a Thing
        (HandleRef(1, "Thing"), "_name", "no Thing._name"),
        (HandleRef(1, "Thing"), "api_name", "no Thing.api_name"),
    ],
)
async def test_only_what_was_declared_is_there(
    opened: Opening, target: Any, name: str, problem: str
) -> None:
    async with opened() as spell:
        assert asked(spell, "thing", "a").value == HandleRef(1, "Thing")
        reply = asked(spell, name, target=target)
        assert code(reply) == "not_found"
        assert problem in (reply.error or {})["message"]
        assert spell.gate.calls == 2  # counted all the same


async def test_a_handle_is_the_same_until_it_is_dropped_and_is_then_another(
    opened: Opening, closings: list[str]
) -> None:
    async with opened() as spell:
        first = asked(spell, "thing", "a").value
        assert asked(spell, "echo", first).value == first
        assert asked(spell, "echo", {"deep": [first]}).value == {"deep": [first]}
        assert asked(spell, "name", target=first).value == "a"
        assert asked(spell, "name_of", first).value == "a"
        handles = spell.gate.handles
        thing = handles.get(first)
        assert handles.drop([first.id, first.id, 77]) == 1
        assert closings == ["a"]
        assert code(asked(spell, "name_of", first)) == "not_found"
        assert spell.gate.to_script(thing) == HandleRef(2, "Thing")
        with pytest.raises(NotFoundError, match="no such Thing"):
            handles.get(first)


async def test_what_the_host_gives_becomes_what_a_script_may_see(opened: Opening) -> None:
    async with opened() as spell, await spell.host.scripts.open("lua") as other:
        thing = asked(spell, "thing", "a").value
        pair = asked(spell, "pair", 1, {"left": 2, "right": thing}).value
        assert pair == Record("Pair", {"left": 1, "right": {"left": 2, "right": thing}})
        assert asked(spell, "echo", pair).value["left"] == 1  # a record goes back as its fields
        assert spell.gate.to_script((1, (2, {"a": (3,)}))) == [1, [2, {"a": [3]}]]
        function = spell.function(FunctionRef(5, "f"))
        assert spell.gate.to_script({"f": [function]}) == {"f": [FunctionRef(5, "f")]}
        with pytest.raises(ValidationError, match="from one script to another"):
            other.gate.to_script(function)


async def test_a_limit_is_told_at_the_call_that_is_over_it_and_ends_the_script(
    opened: Opening, until: Until
) -> None:
    async with opened(limits="calls=2") as spell:
        assert asked(spell, "echo", 1).value == asked(spell, "echo", 1).value == 1
        assert code(asked(spell, "echo", 1)) == "limit_exceeded"
        spell.gate.begin()
        assert asked(spell, "echo", 1).value == 1
        await until(lambda: spell.lost)  # an engine that goes on after that is ended


async def test_what_a_script_hands_over_is_weighed_before_it_is_looked_at(opened: Opening) -> None:
    async with opened(limits="traffic=10kB") as spell:
        assert asked(spell, "echo", "x" * 9_000).error is None
        for reply in (asked(spell, "echo", "x" * 1_000), asked(spell, "nothing", "x" * 1_000)):
            assert (reply.error or {})["context"] == {"limit": "traffic", "allowed": 10_000}
    async with opened(limits="traffic=10kB") as spell:  # what an engine says is believed
        assert code(asked(spell, "echo", "x", size=10_001)) == "limit_exceeded"
    async with opened(limits="traffic=10kB") as spell:  # so is what the host must keep for it
        replies = [asked(spell, "thing", "a") for _ in range(11)]
        assert [r for r in replies if r.error] and code(replies[-1]) == "limit_exceeded"


async def test_calls_that_wait_are_limited_and_counted_down(
    opened: Opening, gate: asyncio.Event
) -> None:
    async with opened(limits="pending=2") as spell:

        async def wait() -> Reply:
            reply = spell.gate.ask(Call(1, 1, "probe", "wait", []))
            assert isinstance(reply, Awaitable)
            return await reply

        waits = [asyncio.ensure_future(wait()) for _ in range(3)]
        await asyncio.sleep(0)
        assert spell.gate.waiting == 2
        gate.set()
        replies = await asyncio.gather(*waits)
        assert [r.value for r in replies[:2]] == ["open", "open"]
        assert (replies[2].error or {})["context"]["limit"] == "pending"
        assert spell.gate.waiting == 0


async def test_calls_are_timed_on_request_those_that_fail_too(
    opened: Opening, gate: asyncio.Event
) -> None:
    gate.set()
    async with opened() as spell:
        spell.gate.profile = {}
        text = """
            local ps = require("polyspell")
            ps.probe.echo(1) pcall(ps.probe.echo) ps.probe.wait()
            local t = ps.probe.thing("a") return t.name"""
        profile = (await spell.run(text)).profile
        assert {name: len(times) for name, times in profile.items()} == {
            "probe.echo": 2, "probe.wait": 1, "probe.thing": 1, "Thing.name": 1,
        }  # fmt: skip
        assert all(time >= 0 for times in profile.values() for time in times)


async def test_a_hook_that_waits_cannot_wrap_a_quick_call_inline(opened: Opening) -> None:
    async def slow(call: HookCall, proceed: Proceed) -> Any:
        await asyncio.sleep(0)
        return await proceed(call)

    text = 'local ps = require("polyspell") return ps.probe.echo(1)'
    async with opened() as spell:
        spell.host.hooks.add(Hook("script.call", slow))
        with pytest.raises(Exception, match="quick function cannot"):
            await spell.run(text)
    async with opened(isolation="process") as spell:
        spell.host.hooks.add(Hook("script.call", slow))
        assert (await spell.run(text)).value == 1


def test_references_are_looked_up_once_and_when_they_come() -> None:
    looked: list[Any] = []

    def look_up(ref: Any) -> Any:
        if ref.id == 404:
            raise NotFoundError("gone")
        looked.append(ref)
        return object()

    handle, function = HandleRef(1, "Thing"), FunctionRef(2)
    held = Held([[handle], {"f": function}, Record("R", {"h": HandleRef(3, "T")}), 5], look_up)
    assert len(looked) == 3
    assert held(handle) is held(handle) is held(HandleRef(1, "Thing"))
    assert held(function) is held(FunctionRef(2)) is not held(handle)
    assert len(looked) == 3
    held(HandleRef(9, "Thing"))  # one that a hook put there
    assert looked[-1].id == 9
    gone = HandleRef(404, "Thing")
    with pytest.raises(NotFoundError):
        Held([gone], look_up)(gone)


values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=30)
    | some.binary(max_size=30),
    lambda inner: some.lists(inner, max_size=5)
    | some.dictionaries(some.text(max_size=5), inner, max_size=5)
    | some.builds(Record, some.just("R"), some.dictionaries(some.text(max_size=3), inner,
                                                            max_size=3)),
    max_leaves=20,
)  # fmt: skip


def letters(value: Any) -> int:
    """The characters and bytes in a value, which it is at least as large as."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Record):
        return letters(value.fields)
    if isinstance(value, dict):
        return sum(len(k) + letters(v) for k, v in value.items())
    return sum(map(letters, value)) if isinstance(value, list) else 0


@given(values, some.integers(0, 2000))
def test_a_value_weighs_what_is_in_it_and_is_not_looked_at_for_longer_than_it_matters(
    value: Any, most: int
) -> None:
    whole = size_of(value)
    assert whole >= letters(value)
    assert size_of([value]) > whole - 16
    part = size_of(value, most)
    assert part <= whole
    assert part == whole or part > most


def test_a_value_that_is_too_heavy_is_not_unfolded() -> None:
    heavy: list[Any] = ["x" * 100]
    for _ in range(100):
        heavy = [heavy, heavy]  # 2**100 texts
    assert 1000 < size_of(heavy, 1000) < 100_000
    assert size_of([]) == 0
