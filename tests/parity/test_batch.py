"""A batch: calls of the host that go to it together, each through the gate."""

from __future__ import annotations

import asyncio
from typing import Any

import polyspell
import pytest
from polyspell.errors import PolyspellError, ScriptError
from polyspell.hooks import Hook, HookCall, Proceed
from polyspell.host import Host
from polyspell.scripting.declare import ApiHandle, ApiModule
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import ScriptResult


class Page(ApiHandle):
    """A page of a book."""

    api_name = "Page"

    def __init__(self, number: int) -> None:
        self._number = number

    @property
    def number(self) -> int:
        """Which one."""
        return self._number

    def line(self, number: int) -> str:
        """A line.

        Args:
            number: which.
        """
        return f"{self._number}.{number}"


class Book(ApiModule):
    """A book."""

    name = "book"
    asked: list[Any]

    def page(self, number: int) -> Page:
        """A page.

        Args:
            number: which.
        """
        return Page(number)

    def word(self, number: int) -> str:
        """A word; there are a thousand.

        Args:
            number: which.
        """
        self.asked.append(number)
        if number > 1000:
            raise PolyspellError("There is no such word.", code="no_word")
        return f"word {number}"

    async def found(self, text: str) -> str:
        """Look a text up.

        Args:
            text: what.
        """
        self.asked.append(text)
        await asyncio.sleep(0)
        return f"found {text}"


MANY = {
    "lua": """
local ps = require("polyspell")
local book = ps.book
return ps.batch(function()
  local page, all = book.page(7), {}
  for i = 1, 100 do all[i] = book.word(i) end
  all[101] = page.number
  all[102] = page:line(3)
  all[103] = book.found(book.word(5))
  return all
end)
""",
    "javascript": """
import { book, batch } from "polyspell";
export default await batch(() => {
  const page = book.page(7), all = [];
  for (let i = 1; i <= 100; i++) all.push(book.word(i));
  all.push(page.number, page.line(3), book.found(book.word(5)));
  return all;
});
""",
    "python": """
from polyspell import book, batch
async def work():
    page = book.page(7)
    words = [book.word(i) for i in range(1, 101)]
    return words + [page.number, page.line(3), await book.found(book.word(5))]
await batch(work)
""",
    "wren": """
import "polyspell" for Polyspell, Book
var result = Polyspell.batch {
  var page = Book.page(7)
  var all = []
  for (i in 1..100) all.add(Book.word(i))
  return all + [page.number, page.line(3), Book.found(Book.word(5))]
}
""",
}

NAMED = {
    "lua": """
local ps = require("polyspell")
return ps.batch(function() return { one = ps.book.word(1), page = ps.book.page(2).number } end)
""",
    "javascript": """
import { book, batch } from "polyspell";
export default await batch(() => ({ one: book.word(1), page: book.page(2).number }));
""",
    "python": """
from polyspell import book, batch
await batch(lambda: {"one": book.word(1), "page": book.page(2).number})
""",
    "wren": """
import "polyspell" for Polyspell, Book
var result = Polyspell.batch { { "one": Book.word(1), "page": Book.page(2).number } }
""",
}

FAILS = {
    "lua": """
local ps = require("polyspell")
local words = {}
local ok, err = pcall(ps.batch, function()
  for i = 999, 1002 do words[#words + 1] = ps.book.word(i) end
end)
return { #words, err.code, ps.book.word(1) }
""",
    "javascript": """
import { book, batch } from "polyspell";
const words = [];
let code = null;
try {
  await batch(() => { for (let i = 999; i <= 1002; i++) words.push(book.word(i)); });
} catch (error) { code = error.code; }
export default [words.length, code, book.word(1)];
""",
}

FLOOD = {
    "lua": """
local ps = require("polyspell")
pcall(ps.batch, function() for i = 1, 1000 do pcall(ps.book.word, i) end end)
return "went on"
""",
    "javascript": """
import { book, batch } from "polyspell";
await batch(() => { for (let i = 1; i <= 1000; i++) book.word(i); }).catch(() => 0);
export default "went on";
""",
}


def run(
    program: str,
    language: str,
    isolation: str,
    limits: str | None = None,
    hook: Hook | None = None,
) -> tuple[ScriptResult, list[Any]]:
    """A program's result, and what its book was asked."""

    class Counted(Book):
        """A book of this test."""

        asked: list[Any] = []  # noqa: RUF012 - one class for each run

    class Stranger:
        @polyspell.hookimpl
        def polyspell_script_apis(self) -> list[type[ApiModule]]:
            return [Counted]

    async def work() -> ScriptResult:
        sandbox = Sandbox.of(isolation=isolation, limits=limits)  # type: ignore[arg-type]
        plugins = ["lua", "quickjs", "python", "wren", Stranger()]
        async with (
            Host(plugins=plugins, config={}) as host,
            await host.scripts.open(language, sandbox=sandbox) as spell,
        ):
            if hook is not None:
                spell.hooks.add(hook)
            return await spell.run(program)

    return asyncio.run(work()), Counted.asked


def test_a_batch_gives_what_its_calls_give(language: str, isolation: str) -> None:
    result, asked = run(MANY[language], language, isolation)
    words = [f"word {i}" for i in range(1, 101)]
    assert result.value == [*words, 7, "7.3", "found word 5"]
    assert asked == [*range(1, 101), 5, "word 5"]
    assert result.usage.calls == 105


def test_a_batch_may_give_a_table(language: str) -> None:
    result, _ = run(NAMED[language], language, "process")
    assert result.value == {"one": "word 1", "page": 2}


@pytest.mark.parametrize("language", FAILS)
def test_the_first_error_of_a_batch_is_raised_when_all_calls_are_made(
    language: str, isolation: str
) -> None:
    result, asked = run(FAILS[language], language, isolation)
    assert result.value == [4, "no_word", "word 1"]
    assert asked == [999, 1000, 1001, 1002, 1]


@pytest.mark.parametrize("language", FLOOD)
def test_each_call_of_a_batch_counts(language: str, isolation: str) -> None:
    with pytest.raises(ScriptError) as caught:
        run(FLOOD[language], language, isolation, limits="calls=50")
    assert caught.value.code == "limit_exceeded"
    assert caught.value.context["limit"] == "calls"


@pytest.mark.parametrize("language", FAILS)
def test_a_hook_sees_each_call_of_a_batch(language: str) -> None:
    seen: list[str] = []

    async def hook(call: HookCall, proceed: Proceed) -> Any:
        seen.append(call.values["function"])
        await asyncio.sleep(0)
        return await proceed(call)

    result, _ = run(MANY[language], language, "process", hook=Hook("script.call", hook))
    assert result.value[99:] == ["word 100", 7, "7.3", "found word 5"]
    assert sorted(set(seen)) == ["found", "line", "number", "page", "word"]
    assert len(seen) == result.usage.calls == 105
