"""Values of pure functions, kept: by themselves, and behind the gate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import polyspell
import pytest
from polyspell import Host
from polyspell.hooks import Hook, HookCall, Proceed
from polyspell.scripting.declare import ApiHandle, ApiModule, ApiRecord, declare_module, pure
from polyspell.scripting.engine import Call, Reply
from polyspell.scripting.memo import MOST, Memo
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell
from polyspell.scripting.values import FunctionRef, HandleRef, Record


class Point(ApiRecord):
    """Where."""

    api_name = "Point"

    at: list[int]


class Box(ApiHandle):
    """A text that never changes."""

    api_name = "Box"

    def __init__(self, text: str) -> None:
        self._text = text
        self._opened = 0

    @pure
    def open(self) -> list[str]:
        """What is in it."""
        self._opened += 1
        return [self._text, str(self._opened)]


class Sums(ApiModule):
    """Counts how often each of its functions really works."""

    name = "sums"

    def __init__(self, spell: Any) -> None:
        super().__init__(spell)
        self.worked: list[Any] = []
        self.may_go_on = asyncio.Event()

    @pure
    def of(self, value: Any = None, *, more: Any = None) -> Table:
        """A table with the value."""
        self.worked.append(value)
        return {"value": value, "more": more, "inside": [1]}

    @pure
    def point(self) -> Point:
        """A record."""
        self.worked.append("point")
        return Point([1, 2])

    @pure
    def box(self, text: str) -> Box:
        """A handle."""
        self.worked.append(text)
        return Box(text)

    @pure
    def asks(self, grant: str) -> str:
        """Asks for a grant, which nothing pure should do."""
        self.worked.append(grant)
        self.spell.grants.require(grant)
        return "granted"

    @pure
    def fails(self) -> None:
        """Never works."""
        self.worked.append("fails")
        raise ValueError("no")

    def counts(self) -> int:
        """Not pure."""
        self.worked.append("counts")
        return len(self.worked)

    @pure
    async def later(self, value: Any) -> list[Any]:
        """Takes its time."""
        self.worked.append(value)
        await self.may_go_on.wait()
        if value == "bad":
            raise ValueError("bad")
        return [Box("new")] if value == "box" else [value]


Table = dict[str, Any]


class Plugin:
    @polyspell.hookimpl
    def polyspell_script_apis(self) -> list[type[ApiModule]]:
        return [Sums]


@asynccontextmanager
async def opened(**sandbox: Any) -> AsyncIterator[tuple[Spell, Sums]]:
    async with Host(plugins=["lua", Plugin()], config={}) as host:
        box = Sandbox.of(isolation="inline", **sandbox)
        async with await host.scripts.open("lua", sandbox=box) as spell:
            module = spell.gate._module("sums")
            assert isinstance(module, Sums)
            yield spell, module


def reply(spell: Spell, target: str | HandleRef, name: str, *arguments: Any) -> Reply:
    got = spell.gate.ask(Call(1, 1, target, name, list(arguments)))
    assert isinstance(got, Reply)
    return got


def ask(spell: Spell, target: str | HandleRef, name: str, *arguments: Any) -> Any:
    got = reply(spell, target, name, *arguments)
    assert got.error is None, got.error
    return got.value


def later(spell: Spell, value: Any) -> asyncio.Task[Reply]:
    got = spell.gate.ask(Call(1, 1, "sums", "later", [value]))
    assert not isinstance(got, Reply)
    return spell.spawn(got)  # type: ignore[arg-type]


# -- the memo alone --------------------------------------------------------------------------------


def same(value: Any) -> Any:
    return value


def memo(**sizes: int) -> Memo:
    return Memo(same, asyncio.ensure_future, **sizes)


def keeps(memo: Memo, value: Any, *arguments: Any, owner: int | None = 0) -> bool:
    """Whether a second call gets the value of the first."""
    made: list[None] = []

    def make() -> Any:
        made.append(None)
        return value

    first = memo.call(owner, "f", list(arguments), make)
    second = memo.call(owner, "f", list(arguments), make)
    assert repr(first) == repr(second) == repr(value)
    return len(made) == 1


DIFFERENT = [
    [], [None], [1], [1.0], [True], ["1"], [b"1"], [0], [0.0], [-0.0], [False], [""], [b""], [[]],
    [{}], [[1]], [1, None], [{"a": 1, "b": 2}], [{"b": 2, "a": 1}], [{"a": 1}, {"b": 2}],
    [float("nan")], ["a\0"], ["a"], [Record("P", {"x": 1})], [Record("Q", {"x": 1})], [{"x": 1}],
    [["P", {"x": 1}]],
]  # fmt: skip


def test_arguments_that_differ_at_all_are_different_calls() -> None:
    kept = memo()
    for index, arguments in enumerate(DIFFERENT):
        assert kept.call(0, "f", arguments, lambda index=index: index) == index
    for index, arguments in enumerate(DIFFERENT):
        assert kept.call(0, "f", arguments, lambda: "made again") == index
    assert kept.call(0, "g", [], lambda: "another function") == "another function"
    assert kept.call(1, "f", [], lambda: "another handle") == "another handle"


@pytest.mark.parametrize(
    "value", [None, True, 7, 0.5, "ü", b"\0", [1, [2, {"a": b"x"}]], {}, Record("P", {"at": [1]})]
)
def test_plain_values_are_kept(value: Any) -> None:
    assert keeps(memo(), value)


@pytest.mark.parametrize(
    "value",
    [
        HandleRef(1, "Box"), [{"x": FunctionRef(1)}], Record("P", {"x": HandleRef(1, "Box")}),
        2**70, {1}, [bytearray(b"x")], {"a": (1,)}, "\ud800", "x" * MOST,
    ],
)  # fmt: skip
def test_a_value_that_would_come_back_as_another_is_not_kept(value: Any) -> None:
    kept = memo()
    assert not keeps(kept, value)
    assert (len(kept), kept.size) == (0, 0)


@pytest.mark.parametrize(
    "argument", [FunctionRef(1), [HandleRef(1, "Box")], 2**70, "\ud800", "x" * MOST]
)
def test_a_call_with_functions_handles_or_much_in_it_is_not_kept(argument: Any) -> None:
    assert not keeps(memo(), 1, argument)


def test_a_handle_that_is_held_no_more_keeps_nothing() -> None:
    assert not keeps(memo(), 1, owner=None)


def test_what_is_done_to_a_value_is_not_done_to_the_kept_one() -> None:
    kept = memo()
    for _ in range(3):
        got = kept.call(0, "f", [], lambda: {"list": [1]})
        assert got == {"list": [1]}
        got["list"].append(2)
        got["more"] = 3


def test_what_was_not_asked_for_longest_goes_first() -> None:
    kept = memo(entries=2)
    for argument in (1, 2, 1, 3):
        kept.call(0, "f", [argument], lambda: "first")
    found = [kept.call(0, "f", [argument], lambda: "again") for argument in (1, 3, 2)]
    assert found == ["first", "first", "again"]
    assert len(kept) == 2


def test_the_bytes_of_keys_and_values_have_an_end() -> None:
    kept = memo(size=10_000)
    for argument in range(100):
        kept.call(argument % 3, "f", [argument, "k" * 500], lambda: "v" * 500)
        assert kept.size <= 10_000
    assert 5 <= len(kept) <= 10
    for owner in range(1, 3):
        kept.drop(owner)
    assert 0 < len(kept) <= 4
    while len(kept):
        kept._forget_oldest()
    assert (kept.size, kept._owned) == (0, {})


# -- behind the gate -------------------------------------------------------------------------------


def test_purity_is_part_of_the_declaration() -> None:
    marked = {f.name for f in declare_module(Sums).functions if f.pure}
    assert marked == {"of", "point", "box", "asks", "fails", "later"}


async def test_a_pure_function_works_once_for_the_same_arguments() -> None:
    async with opened() as (spell, sums):
        for _ in range(3):
            assert ask(spell, "sums", "of", 1)["value"] == 1
            assert type(ask(spell, "sums", "of", 1.0)["value"]) is float
            assert ask(spell, "sums", "of", 1, {"more": 2})["more"] == 2
            assert ask(spell, "sums", "point") == Record("Point", {"at": [1, 2]})
            ask(spell, "sums", "counts")
        assert sums.worked.count("counts") == 3
        assert len(sums.worked) == 3 + 4


async def test_every_call_counts_however_it_is_answered() -> None:
    async with opened(limits="calls=5") as (spell, sums):
        spell.gate.profile = {}
        for _ in range(5):
            ask(spell, "sums", "of", "x" * 1000)
        assert spell.gate.calls == 5
        assert spell.gate.traffic > 5_000
        assert len(spell.gate.profile["sums.of"]) == 5
        assert (len(sums.worked), spell.gate.busy > 0) == (1, True)
        over = reply(spell, "sums", "of", "x" * 1000).error
        assert over is not None
        assert over["context"]["limit"] == "calls"


async def test_hooks_see_each_call_and_what_they_change_is_another_call() -> None:
    seen: list[Any] = []

    async def hook(call: HookCall, proceed: Proceed) -> Any:
        seen.append(list(call.values["arguments"]))
        call.values["arguments"] = ["changed"]
        value = await proceed(call)
        value["inside"].append("spoilt")
        return value

    async with opened() as (spell, sums):
        spell.hooks.add(Hook("script.call", hook))
        for _ in range(3):
            got = spell.gate.ask(Call(1, 1, "sums", "of", ["given"]))
            assert not isinstance(got, Reply)
            value = (await got).value
            assert (value["value"], value["inside"]) == ("changed", [1, "spoilt"])
        assert seen == [["given"]] * 3
        assert sums.worked == ["changed"]


async def test_errors_and_handles_are_made_anew() -> None:
    async with opened() as (spell, sums):
        assert [reply(spell, "sums", "fails").value for _ in range(2)] == [None, None]
        one, two = (ask(spell, "sums", "box", "a") for _ in range(2))
        assert one.id != two.id
        assert sums.worked == ["fails", "fails", "a", "a"]


async def test_a_handle_keeps_its_own_values_until_it_is_dropped() -> None:
    async with opened() as (spell, _):
        one, two = (ask(spell, "sums", "box", text) for text in "ab")
        for _ in range(2):
            assert ask(spell, one, "open") == ["a", "1"]
            assert ask(spell, two, "open") == ["b", "1"]
        assert len(spell.gate.memo) == 2
        spell.gate.handles.drop([one.id])
        assert len(spell.gate.memo) == 1
        assert reply(spell, one, "open").error is not None
        assert ask(spell, two, "open") == ["b", "1"]


async def test_nothing_goes_around_a_grant() -> None:
    asked: list[str] = []
    async with opened(grants=["dice:roll"]) as (spell, sums):
        spell.host.events.on("script.grant.*", lambda event: asked.append(event.name))
        for _ in range(2):
            assert ask(spell, "sums", "asks", "dice:roll") == "granted"
            denied = reply(spell, "sums", "asks", "dice:throw").error
            assert denied is not None
            assert denied["code"] == "permission_denied"
        assert len(sums.worked) == 4
        await asyncio.sleep(0.01)
        assert sorted(asked) == ["script.grant.denied"] * 2 + ["script.grant.used"] * 2


async def test_equal_calls_at_once_work_once() -> None:
    async with opened() as (spell, sums):
        calls = [later(spell, "x") for _ in range(3)]
        await asyncio.sleep(0)
        sums.may_go_on.set()
        values = [(await call).value for call in calls]
        assert values == [["x"]] * 3
        assert values[0] is not values[1] is not values[2]
        assert (await later(spell, "x")).value == ["x"]
        assert sums.worked == ["x"]


async def test_the_second_of_two_equal_calls_does_not_fail_with_the_first() -> None:
    async with opened() as (spell, sums):
        first, second = later(spell, "x"), later(spell, "x")
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        assert first.cancelled()
        sums.may_go_on.set()
        assert (await second).value == ["x"]
        assert sums.worked == ["x"]


async def test_what_cannot_be_kept_is_not_shared_by_calls_at_once() -> None:
    async with opened() as (spell, sums):
        sums.may_go_on.set()
        boxes = [(await call).value[0] for call in (later(spell, "box"), later(spell, "box"))]
        assert boxes[0].id != boxes[1].id
        bad = [(await call).error for call in (later(spell, "bad"), later(spell, "bad"))]
        assert all(error is not None and "bad" in error["message"] for error in bad)
        assert (await later(spell, "bad")).error is not None
        assert sums.worked == ["box", "box", "bad", "bad"]


async def test_a_spell_ends_while_pure_calls_wait() -> None:
    async with opened() as (spell, sums):
        calls = [later(spell, "x") for _ in range(2)]
        await asyncio.sleep(0.01)
        await spell.close()
        await asyncio.wait(calls)
        assert all(call.cancelled() for call in calls)
        assert sums.worked == ["x"]


# -- what the core marks ---------------------------------------------------------------------------


async def test_a_schema_by_its_name_is_looked_up_each_time() -> None:
    async with opened() as (spell, _):
        for kind, valid in (("string", True), ("integer", False)):
            ask(spell, "schema", "define", "it", {"a": kind})
            for _ in range(2):
                assert ask(spell, "schema", "validate", "it", {"a": "x"})["valid"] is valid
        assert len(spell.gate.memo) == 0
        for _ in range(2):
            assert ask(spell, "schema", "coerce", {"a": "integer"}, {"a": "1"}) == {"a": 1}
        assert len(spell.gate.memo) == 1


async def test_a_kept_prompt_is_rendered_each_time(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    async with opened(grants=["prompt"]) as (spell, _):
        library = spell.host.prompts
        library.save("outer", "Dear {% include 'inner' ignore missing %}")
        template = ask(spell, "prompt", "template", "outer")
        assert ask(spell, template, "render") == "Dear "
        library.save("inner", "Ada")
        assert ask(spell, template, "render") == "Dear Ada"
        own = ask(spell, "prompt", "template", "Dear {{ name }}")
        assert [ask(spell, own, "render", {"name": n}) for n in "aa"] == ["Dear a"] * 2
        assert len(spell.gate.memo) == 1
