"""Caches and limits around tools."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from polyspell import Host, Tool, ToolContext, ToolOutput, tool
from polyspell.agents.toolcalls import success
from polyspell.errors import LimitExceeded, PermissionDenied, ToolError
from polyspell.grants import Grants
from polyspell.messages import ToolCall
from polyspell_wrapper.make import cached, limited


class Counting:
    """A tool that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def tool(self) -> Tool:
        async def count(x: Any = 0, context: ToolContext | None = None) -> Any:
            """Count."""
            self.calls += 1
            if x == "fail":
                raise ToolError("No.")
            return ToolOutput("No.", error=True) if x == "error" else {"calls": self.calls, "x": x}

        return tool(count)


async def test_the_same_arguments_are_asked_once() -> None:
    counting = Counting()
    kept = cached(counting.tool())
    first = await kept.call({"x": {"a": 1, "b": 2}})
    assert await kept.call('{"x": {"b": 2, "a": 1}}') == first
    assert await kept.call({"x": 2}) != first
    assert (counting.calls, kept.hits, kept.misses) == (2, 1, 2)
    kept.clear()
    await kept.call({"x": 2})
    assert counting.calls == 3


async def test_what_a_caller_does_with_an_answer_does_not_change_it() -> None:
    kept = cached(Counting().tool())
    first = await kept.call({})
    first["x"] = "changed"
    assert (await kept.call({}))["x"] == 0


async def test_failures_are_not_kept() -> None:
    counting = Counting()
    kept = cached(counting.tool())
    for _ in range(2):
        with pytest.raises(ToolError):
            await kept.call({"x": "fail"})
        assert (await kept.call({"x": "error"})).error
    assert counting.calls == 4


async def test_answers_grow_old_and_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    from polyspell_wrapper import caching

    now = [100.0]
    monkeypatch.setattr(caching.time, "monotonic", lambda: now[0])
    counting = Counting()
    kept = cached(counting.tool(), ttl=10, size=2)
    await kept.call({"x": 1})
    now[0] += 9
    await kept.call({"x": 1})
    assert counting.calls == 1
    now[0] += 2
    await kept.call({"x": 1})
    assert counting.calls == 2
    for x in (2, 3, 1):
        await kept.call({"x": x})
    assert counting.calls == 5


async def test_what_one_may_read_is_not_told_to_another() -> None:
    @tool
    def secret(context: ToolContext) -> str:
        """Tell it."""
        context.grants.require("secret:door")
        return "open"

    kept = cached(secret)
    allowed = Grants(["secret"])
    assert await kept.call({}, ToolContext(grants=allowed)) == "open"
    for grants in (Grants(()), allowed.within(Grants(())), Grants(()).within(allowed)):
        with pytest.raises(PermissionDenied):
            await kept.call({}, ToolContext(grants=grants))
    assert await kept.call({}, ToolContext(grants=Grants(["secret"]))) == "open"
    assert (kept.hits, kept.misses) == (1, 4)


async def test_an_answer_may_depend_on_the_user() -> None:
    counting = Counting()
    kept = cached(counting.tool(), vary=lambda context: context.context)
    for user in ("ada", "alan", "ada"):
        await kept.call({}, ToolContext(context=user))
    assert counting.calls == 2


async def test_so_many_calls_and_no_more() -> None:
    few = limited(Counting().tool(), calls=2)
    await few.call({})
    await few.call({})
    with pytest.raises(LimitExceeded, match="2 times") as caught:
        await few.call({})
    assert not caught.value.retryable


async def test_so_many_calls_in_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from polyspell_wrapper import limiting

    now = [100.0]
    monkeypatch.setattr(limiting.time, "monotonic", lambda: now[0])
    few = limited(Counting().tool(), calls=1, per=60)
    await few.call({})
    now[0] += 20
    with pytest.raises(LimitExceeded, match="in 40 s") as caught:
        await few.call({})
    assert caught.value.retryable
    now[0] += 40
    await few.call({})


async def test_others_wait_while_as_many_run_as_may() -> None:
    running, most = 0, 0

    async def slow() -> None:
        """Wait."""
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    door = limited(tool(slow), at_once=2)
    await asyncio.gather(*(door.call({}) for _ in range(6)))
    assert most == 2


async def test_a_model_is_told_so_much_and_a_program_all() -> None:
    long = Tool(lambda a: ["x" * 1000], name="long", parameters={}, description="Long")
    value = await limited(long, output=20).call({})
    told = success(ToolCall("1", "long"), value)
    assert told.content.endswith("[... 1004 characters in all]") and len(told.content) < 60
    assert told.data == ["x" * 1000]


async def test_a_time_limit_of_its_own() -> None:
    async def forever() -> None:
        """Wait."""
        await asyncio.Event().wait()

    with pytest.raises(LimitExceeded, match="longer"):
        await limited(tool(forever), timeout=0.01).call({})


async def test_wrapped_calls_count_once_and_keep_what_the_tool_says() -> None:
    @tool(tags=("a",), category="c", deprecated="other", grants=("x:y",), needs_approval=True)
    def thing() -> int:
        """Do a thing."""
        return 1

    both = cached(limited(thing, calls=5))
    assert (both.tags, both.category, both.deprecated, both.description) == (
        ("a",), "c", "other", "Do a thing.",
    )  # fmt: skip
    assert both.wants_approval({})
    host = Host(plugins=[], config={})
    await both.call({}, ToolContext(host=host))
    assert host.tools.stats.of("thing").calls == 1
    with pytest.raises(PermissionDenied, match="x:y"):
        await both.call({}, ToolContext(grants=Grants(())))
