"""Pure functions of a stranger's module: worked out once, in every language and isolation."""

from __future__ import annotations

import asyncio
from typing import Any

import polyspell
import pytest
from polyspell.host import Host
from polyspell.scripting.declare import ApiHandle, ApiModule, pure
from polyspell.scripting.sandbox import Sandbox

LANGUAGES = ["lua", "quickjs", "python", "wren"]


class Word(ApiHandle):
    """A word that never changes."""

    api_name = "Word"

    def __init__(self, text: str, worked: list[str]) -> None:
        self._text, self._worked = text, worked

    @pure
    def letters(self) -> dict[str, int]:
        """How often it has each letter."""
        self._worked.append(f"letters of {self._text}")
        return {letter: self._text.count(letter) for letter in self._text}


class Words(ApiModule):
    """Words."""

    name = "words"
    worked: list[str]

    @pure
    def split(self, text: str, *, at: str = " ") -> list[str]:
        """The parts of a text.

        Args:
            text: the text.
            at: what is between them.
        """
        self.worked.append(f"split {text}")
        return text.split(at)

    @pure
    async def look_up(self, text: str) -> dict[str, str]:
        """What a dictionary says.

        Args:
            text: a word.
        """
        self.worked.append(f"look up {text}")
        await asyncio.sleep(0)
        return {"word": text}

    def word(self, text: str) -> Word:
        """A word.

        Args:
            text: its letters.
        """
        return Word(text, self.worked)


SANDBOXES = {
    "inline": Sandbox.of(isolation="inline"),
    "process": Sandbox.of(isolation="process"),
    "trusted": Sandbox.of("trusted"),
}
PROGRAMS = {
    "lua": """
local ps = require("polyspell")
local words = ps.words
local first = words.split("a b")
first[1] = "spoilt"
local word = words.word("noon")
word:letters().n = 7
local function look() return words.look_up("x") end
local both = ps.all{ look, look }
return { words.split("a b"), words.split("a b", {at = "b"}), word:letters(), both, look() }
""",
    "javascript": """
import { words, all } from "polyspell";
words.split("a b")[0] = "spoilt";
const word = words.word("noon");
word.letters().n = 7;
const both = await all([words.lookUp("x"), words.lookUp("x")]);
const last = await words.lookUp("x");
export default [words.split("a b"), words.split("a b", { at: "b" }), word.letters(), both, last];
""",
    "python": """
from polyspell import words, all
first = words.split("a b")
first[0] = "spoilt"
word = words.word("noon")
letters = word.letters()
letters["n"] = 7
both = await all([words.look_up("x"), words.look_up("x")])
[words.split("a b"), words.split("a b", at="b"), word.letters(), both, await words.look_up("x")]
""",
    "wren": """
import "polyspell" for Polyspell, Words
var first = Words.split("a b")
first[0] = "spoilt"
var word = Words.word("noon")
word.letters()["n"] = 7
var both = Polyspell.all([Fn.new { Words.lookUp("x") }, Fn.new { Words.lookUp("x") }])
var result = [
  Words.split("a b"), Words.split("a b", {"at": "b"}), word.letters(), both, Words.lookUp("x")
]
""",
}  # fmt: skip


@pytest.mark.parametrize("profile", SANDBOXES)
def test_a_strangers_pure_functions_work_once_and_each_caller_has_his_own_value(
    language: str, profile: str
) -> None:
    worked: list[str] = []

    class Counted(Words):
        """Words, counted by this test."""

    Counted.worked = worked

    class Stranger:
        @polyspell.hookimpl
        def polyspell_script_apis(self) -> list[type[ApiModule]]:
            return [Counted]

    async def work() -> Any:
        plugins = [*LANGUAGES, Stranger()]
        sandbox = SANDBOXES[profile]
        async with Host(plugins=plugins, config={}) as host:
            return await host.scripts.run(PROGRAMS[language], language, sandbox=sandbox)

    result = asyncio.run(work())
    word = {"word": "x"}
    assert result.value == [["a", "b"], ["a ", ""], {"n": 2, "o": 2}, [word, word], word]
    assert worked == ["split a b", "letters of noon", "look up x", "split a b"]
    assert result.usage.calls == 9
