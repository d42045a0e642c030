from __future__ import annotations

import asyncio
import functools
import threading
from typing import Any

import pytest
from polyspell import Tool, ToolContext, tool
from polyspell.errors import ConfigError, LimitExceeded, PermissionDenied, ValidationError
from polyspell.grants import Grants
from polyspell.testing import ToolContract


@tool
async def twice(n: int, times: int = 2) -> int:
    """Multiplies.

    Args:
        n: a number
    """
    return n * times


@tool(name="join-words", tags=("text",), parameters={"words": ["string"], "by": "string?"})
def join(given: dict[str, Any]) -> str:
    """Joins words."""
    return str(given.get("by", " ")).join(given["words"])


class TestTwice(ToolContract):
    tool = twice
    examples = (({"n": 3}, 6), ({"n": 3, "times": 3}, lambda value: value == 9))
    refused = ({}, {"n": "x"}, {"n": None})


class TestJoin(ToolContract):
    tool = join
    examples = (({"words": ["a", "b"]}, "a b"), ({"words": ["a", "b"], "by": "-"}, "a-b"))
    refused = ({}, {"words": [1, {}]}, {"words": ["a"], "by": ["x"]})


async def test_a_decorated_function_can_still_be_called_itself() -> None:
    assert await twice(3) == 6
    assert join({"words": ["a"]}) == "a"
    assert (twice.name, twice.description) == ("twice", "Multiplies.")
    assert (join.name, join.tags) == ("join-words", ("text",))
    assert repr(join) == "Tool('join-words')"


def test_arguments_are_taken_as_text_as_data_and_nearly_right() -> None:
    assert twice.validate('{"n": "3"}') == {"n": 3, "times": 2}
    assert join.validate("{'words': 'a'}") == {"words": ["a"]}
    with pytest.raises(ValidationError, match="Not JSON"):
        twice.validate("n = 3")
    with pytest.raises(ValidationError, match=r"The arguments does not fit|do not fit"):
        join.validate({"words": 3, "more": 1})


async def test_a_function_of_any_kind_is_called_as_it_wants() -> None:
    where: list[str] = []

    def plain(a: int) -> int:
        where.append(threading.current_thread().name)
        return a

    async def waiting(a: int) -> int:
        await asyncio.sleep(0)
        return a

    def returns_awaitable(a: int) -> Any:
        return waiting(a)

    class Callable:
        async def __call__(self, a: int) -> int:
            return a

    functions: list[Any] = [
        plain, waiting, returns_awaitable, Callable(), functools.partial(waiting, a=3),
        functools.partial(plain, a=3),
    ]  # fmt: skip
    for function in functions:
        assert await Tool(function).call({"a": 3}) == 3
    assert threading.current_thread().name not in where
    await Tool(plain, inline=True).call({"a": 3})
    assert where[-1] == threading.current_thread().name


@pytest.mark.parametrize("name", ["", "<lambda>", "two words", "a.b", "x" * 65, "ø"])
def test_a_name_that_no_provider_takes_is_refused(name: str) -> None:
    if name:
        with pytest.raises(ConfigError, match="no name for a tool"):
            Tool(twice.run, name=name)
    with pytest.raises(ConfigError, match="no name for a tool"):
        Tool(lambda: None)


async def test_a_tool_asks_for_its_grants_before_it_does_anything() -> None:
    begun: list[int] = []

    async def work(context: ToolContext) -> None:
        begun.append(1)

    guarded = Tool(work, grants=("fs.read:./data", "net"))
    for words in ([], ["net"], ["fs.read:./data"]):
        with pytest.raises(PermissionDenied):
            await guarded.call({}, ToolContext(grants=Grants(words)))
    assert begun == []
    await guarded.call({}, ToolContext(grants=Grants(["net", "fs"])))
    await guarded.call({})
    assert begun == [1, 1]


async def test_a_timeout_ends_the_function_and_names_the_tool() -> None:
    ended: list[int] = []

    async def hang() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(1)

    with pytest.raises(LimitExceeded, match=r"'hang' took longer than 0\.01 s") as caught:
        await Tool(hang, timeout=0.01).call({})
    assert caught.value.context == {"limit": "timeout", "allowed": 0.01}
    assert ended == [1]


async def test_a_tool_can_be_called_by_a_thousand_at_once() -> None:
    results = await asyncio.gather(*[twice.call({"n": n}) for n in range(1000)])
    assert results == [2 * n for n in range(1000)]


async def test_each_call_gets_lists_and_tables_of_its_own() -> None:
    async def collect(item: str, into: list[str] = []) -> list[str]:  # noqa: B006
        into.append(item)
        return into

    collector = Tool(collect)
    assert [await collector.call({"item": "a"}) for _ in range(2)] == [["a"], ["a"]]
