"""What a script prints is shown while it works, in a worker too."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from polyspell import Host, Sandbox
from polyspell.errors import ScriptError
from polyspell.scripting.limits import Limits

THEN_WORK = {
    "lua": "for i = 1, {0} do print(i) end while true do end",
    "javascript": "for (let i = 1; i <= {0}; i++) console.log(i); while (true) {{}}",
    "wren": "for (i in 1..{0}) System.print(i)\nwhile (true) {{}}",
    "python": "for i in range({0}):\n    print(i + 1)\nwhile True:\n    pass",
}
SANDBOX = Sandbox(isolation="process", limits=Limits(wall=60, cpu=60))


@pytest.mark.parametrize(
    ("language", "lines"),
    [(language, 50) for language in THEN_WORK]
    + [(language, 1000) for language in THEN_WORK if language != "javascript"],
)
async def test_all_of_a_burst_is_shown_before_the_long_work_that_follows(
    language: str, lines: int
) -> None:
    shown, whole = "", asyncio.Event()

    def write(stream: str, text: str) -> None:
        nonlocal shown
        shown += text
        if shown.endswith(f"\n{lines}\n"):
            whole.set()

    async with Host() as host:
        program = THEN_WORK[language].format(lines)
        run = asyncio.ensure_future(
            host.scripts.run(program, language, sandbox=SANDBOX, write=write)
        )
        try:
            await asyncio.wait_for(whole.wait(), 30)  # it would not come at all
        finally:
            run.cancel()
            with contextlib.suppress(asyncio.CancelledError, ScriptError):
                await run
    assert shown.split() == [str(n) for n in range(1, lines + 1)]
