"""What a newcomer writes wrongly, and what the host says to it, in every language."""

from __future__ import annotations

import asyncio

import pytest
from polyspell import Host
from polyspell.errors import ScriptError

MISTAKES = [
    ("lua", 'require("polyspell").agent.creat{}', "Did you mean 'create'?"),
    ("lua", 'require("polyspell").agnt.create{}', "Did you mean 'agent'?"),
    ("lua", 'require("polyspell").agent.create{model="echo/echo"}:runn("x")', "'run'?"),
    ("lua", "ps.agent.create{}", 'require("polyspell")'),
    ("lua", 'os.execute("ls")', "by tools"),
    ("lua", 'os.getenv("HOME")', "polyspell.env"),
    ("javascript", 'import { agnt } from "polyspell"', "Did you mean 'agent'?"),
    ("javascript", 'import { agent } from "polyspell"; agent.creat()', "agent.create?"),
    ("javascript", "agent.create({})", 'import { agent } from "polyspell"'),
    ("javascript", 'await fetch("x")', "by tools"),
    ("python", "from polyspell import agnt", "Did you mean 'agent'?"),
    ("python", "from polyspell import agent\nagent.creat()", "Did you mean 'create'?"),
    ("python", 'agent.create(model="echo/echo")', "from polyspell import agent"),
    (
        "python",
        'from polyspell import agent\na = agent.create(model="echo/echo")\na.run("x")',
        "Write `await`",
    ),
    ("python", 'import os\nos.system("ls")', "by tools"),
    (
        "python",
        'from polyspell import agent\na = agent.create(model="echo/echo")\n'
        'for e in (await a).stream("x"):\n    pass',
        "`async for item in`",
    ),
    ("python", 'from polyspell import event\nlist(event.stream("x"))', "`async for item in`"),
    (
        "javascript",
        'import { event } from "polyspell"; for (const e of event.stream("x")) {}',
        "`for await (const item of ...)`",
    ),
    ("wren", 'import "polyspell" for Agnt', "Did you mean 'Agent'?"),
    ("wren", 'import "polyspell" for Agent\nAgent.creat({})', "Did you mean 'create'?"),
]


@pytest.mark.parametrize(("language", "program", "hint"), MISTAKES)
def test_a_name_that_is_wrong_is_answered_with_the_right_one(
    language: str, program: str, hint: str
) -> None:
    async def main() -> ScriptError:
        async with Host() as host:
            with pytest.raises(ScriptError) as caught:
                await host.scripts.run(program, language)
            return caught.value

    assert hint in asyncio.run(main()).hint


@pytest.mark.parametrize(
    ("language", "program"),
    [
        ("lua", "local own = {} own.frobnicate()"),
        ("javascript", "const own = {}; own.frobnicate()"),
        ("python", "own = {}\nown.frobnicate()"),
        ("python", "for each in 3:\n    pass"),
        ("javascript", "for (const each of 3) {}"),
        ("wren", "var own = []\nown.frobnicate()"),
    ],
)
def test_what_has_nothing_to_do_with_the_host_gets_no_hint(language: str, program: str) -> None:
    async def main() -> ScriptError:
        async with Host() as host:
            with pytest.raises(ScriptError) as caught:
                await host.scripts.run(program, language)
            return caught.value

    assert asyncio.run(main()).hint == ""
