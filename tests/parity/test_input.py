"""What is handed to a script as its input, and integers of any length from those that have them."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell import Host, Sandbox
from polyspell.scripting.engine import Isolation

GIVEN = {
    "lua": "return require('polyspell').input",
    "javascript": "import { input } from 'polyspell'; export default input",
    "python": "from polyspell import input\ninput",
    "wren": "import 'polyspell' for Polyspell\nvar result = Polyspell.input".replace("'", '"'),
}
LONG = {
    "javascript": "import { input } from 'polyspell'; export default [input, 10n ** 5000n]",
    "python": "from polyspell import input\n[input, 10 ** 5000]",
}
VALUE = {"bytes": b"\xff\x00", "list": [b"", "text", 2.5, None, True], "whole": 2**53 - 1}
isolations = pytest.mark.parametrize("isolation", ["inline", "process"])


async def run(language: str, program: str, isolation: Isolation, given: Any) -> Any:
    sandbox = Sandbox.of("untrusted", isolation=isolation, limits="memory=64MiB")
    if language == "python" and isolation == "inline":
        sandbox = Sandbox.of("trusted")
    async with Host(config={}) as host:
        return (await host.scripts.run(program, language, sandbox=sandbox, input=given)).value


@isolations
@pytest.mark.parametrize("language", GIVEN)
async def test_the_input_comes_back_as_it_was_given(language: str, isolation: Isolation) -> None:
    assert await run(language, GIVEN[language], isolation, VALUE) == VALUE


@isolations
@pytest.mark.parametrize("language", LONG)
async def test_an_integer_of_any_length_crosses(language: str, isolation: Isolation) -> None:
    given = -(7**9000)
    assert await run(language, LONG[language], isolation, given) == [given, 10**5000]
