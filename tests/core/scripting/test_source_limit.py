"""What is too large to be compiled is refused before an engine sees it, in every language."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import ScriptError
from polyspell.hooks import Hook, HookCall
from polyspell.scripting.engine import Source
from polyspell.scripting.limits import Limits
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell

Opening = Callable[..., AbstractAsyncContextManager[Spell]]
LANGUAGES = ["lua", "javascript", "python", "wren"]
ONE = {"lua": "return 1", "javascript": "export default 1", "python": "1", "wren": "var result = 1"}
COMMENT = {"lua": "--", "javascript": "//", "python": "#", "wren": "//"}
IMPORTS = {
    "lua": ("large.lua", 'pcall(require, "large") return 1', "return 1"),
    "javascript": ("large.js", 'try { await import("./large.js") } catch {}', "export default 1"),
    "wren": ("large.wren", 'import "large" for X', "var X = 1"),
}


def filled(text: str, language: str, size: int) -> str:
    """The text, made as many bytes by a comment in its end."""
    return text + "\n" + COMMENT[language] + "x" * (size - len(text) - 1 - len(COMMENT[language]))


def exceeds(error: ScriptError, allowed: int, size: int) -> bool:
    assert str(size) in error.message, error.message
    assert "--limit source" in error.hint
    return (error.code, error.context["limit"], error.context["allowed"]) == (
        "limit_exceeded", "source", allowed,
    )  # fmt: skip


@pytest.mark.parametrize("isolation", ["inline", "process"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_program_may_be_as_large_as_its_limit_and_no_byte_larger(
    opened: Opening, language: str, isolation: str
) -> None:
    if (language, isolation) == ("python", "inline"):
        isolation = "process"  # Monty knows no other
    limit = 4000
    async with opened(language, isolation=isolation, limits=f"source={limit}") as spell:
        result = await spell.run(filled(ONE[language], language, limit))
        assert result.value == 1
        for interactive in (False, True):
            text = filled(ONE[language], language, limit + 1)
            with pytest.raises(ScriptError) as caught:
                await spell.run(Source(text, "big", interactive=interactive))
            assert "The program big " in caught.value.message
            assert exceeds(caught.value, limit, limit + 1)
        assert (await spell.run(ONE[language])).value == 1  # the spell is as it was


async def test_bytes_are_counted_and_not_characters(opened: Opening) -> None:
    async with opened(limits="source=100") as spell:
        assert (await spell.run(filled("return 1", "lua", 100))).value == 1
        with pytest.raises(ScriptError, match="142 bytes"):
            await spell.run("return '" + "é" * 66 + "' ")


async def test_what_a_hook_makes_of_a_program_is_measured_too(opened: Opening) -> None:
    async def longer(call: HookCall, proceed: Any) -> Any:
        call.values["source"] += " " * 100
        return await proceed(call)

    async with opened(limits="source=50") as spell:
        spell.host.hooks.add(Hook("script.run", longer))
        with pytest.raises(ScriptError, match="108 bytes of source; the limit of source is 50"):
            await spell.run("return 1")


@pytest.mark.parametrize("language", IMPORTS)
async def test_a_module_that_is_too_large_ends_the_script_that_imports_it(
    opened: Opening, tmp_path: Path, language: str
) -> None:
    name, program, module = IMPORTS[language]
    for size, fits in ((4000, True), (4001, False)):
        (tmp_path / name).write_text(filled(module, language, size))
        async with opened(language, folder=tmp_path, limits="source=4000") as spell:
            if fits:
                await spell.run(program)
                continue
            with pytest.raises(ScriptError) as caught:  # though it tries to catch that
                await spell.run(program)
            assert f"The module {name} " in caught.value.message
            assert exceeds(caught.value, 4000, 4001)


def test_trusted_scripts_have_no_limit_and_hostile_ones_a_small_one() -> None:
    assert Sandbox.of("trusted").limits.source is None
    assert Sandbox.of("untrusted").limits.source == 256 * 2**10
    assert Sandbox.of(limits="source=2MiB").limits.source == 2 * 2**20
    Limits(source=None).require_source("It", 10**12)
