"""One behaviour, every language: `spell` runs the same program in each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polyspell
import pytest
from polyspell.host import Host
from polyspell.scripting.declare import ApiModule
from polyspell.scripting.results import ScriptResult
from polyspell.scripting.sandbox import Sandbox

LANGUAGES = ("lua", "javascript", "python", "wren")


class Dice(ApiModule):
    """Dice, as a stranger's plugin would bring them."""

    name = "dice"

    def roll(self, sides: int = 6, *, how_many: int = 1) -> list[int]:
        """Roll dice that always show their highest side.

        Args:
            sides: of each.
            how_many: dice.
        """
        return [sides] * how_many

    async def roll_later(self, sides: int) -> int:
        """Roll one, after a while.

        Args:
            sides: it has.
        """
        await asyncio.sleep(0)
        return sides


class Stranger:
    """A plugin that knows nothing of any language."""

    @polyspell.hookimpl
    def polyspell_script_apis(self) -> list[type[ApiModule]]:
        return [Dice]


def engines() -> list[str]:
    host = Host(config={})
    return [name for name in LANGUAGES if name in host.engines]


@pytest.fixture(params=engines())
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["inline", "process"])
def isolation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def spell(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., ScriptResult]:
    """Runs a program given as {language: text} in the language of this test."""
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path / "home"))

    def run(programs: dict[str, str], isolation: str = "process", **options: Any) -> ScriptResult:
        sandbox = options.pop("sandbox", Sandbox.of(isolation=isolation))  # type: ignore[arg-type]

        async def work() -> ScriptResult:
            async with Host(plugins=["echo", *LANGUAGES, "quickjs", Stranger()], config={}) as host:
                return await host.scripts.run(
                    programs[language], language, sandbox=sandbox, **options
                )

        return asyncio.run(work())

    return run
