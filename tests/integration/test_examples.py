"""Every example runs: with echo in place of the model, the first one with the real model too."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from polyspell.host import Host
from polyspell.scripting.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(
    p
    for p in ROOT.glob("docs/examples/*/*")
    if p.suffix in (".lua", ".js", ".mjs", ".ts", ".py", ".wren")
    and "test" not in p.stem  # those are run by `polyspell test`: see test_cli_test.py
)
SAYS = {"weather": "21", "extract": "Ada Lovelace", "modules": "HELLO!", "remember": "4 messages"}


async def run(path: Path, model: str) -> str:
    """What an example prints."""
    async with Host(config={"model": model}) as host:
        if host.scripts.engine_of(path) not in host.engines:
            pytest.skip("its engine is not installed")
        printed: list[str] = []
        sandbox = Sandbox.of("default", limits="wall=120s")
        await host.scripts.run_file(
            path, sandbox=sandbox, write=lambda stream, text: printed.append(text)
        )
        return "".join(printed)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_an_example_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "local/default" in path.read_text("utf-8").split("\n", 1)[1]:
        pytest.skip("it names the real model: tested below")
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.setenv("POLYSPELL_MODEL", "echo/echo")
    printed = asyncio.run(run(path, "echo/echo"))
    assert printed.strip()
    assert SAYS.get(path.stem, "") in printed


@pytest.mark.model
@pytest.mark.parametrize("language", ["lua", "javascript", "python", "wren"])
def test_the_first_example_answers_from_what_the_tool_returned(language: str) -> None:
    found = list((ROOT / "docs/examples" / language).glob("weather.*"))
    if not found:
        pytest.skip("not written yet")
    pytest.importorskip("polyspell_local.testing").model_file()  # on a new machine it comes now
    printed = asyncio.run(run(found[0], "local/default"))
    assert "21" in printed
    assert "Oslo" in printed


def test_the_first_example_stands_in_the_readme_word_for_word() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    example = (ROOT / "docs/examples/lua/weather.lua").read_text("utf-8")
    assert example.strip() in readme


@pytest.mark.parametrize("name", ["weather.lua", "weather.js", "weather.py", "weather.wren"])
def test_the_first_examples_stand_in_the_guide_word_for_word(name: str) -> None:
    found = list((ROOT / "docs/examples").glob(f"*/{name}"))
    if not found:
        pytest.skip("not written yet")
    guide = (ROOT / "docs/guides/scripting.md").read_text("utf-8")
    text = found[0].read_text("utf-8").strip()
    indented = "\n".join(f"    {line}" if line else line for line in text.splitlines())
    assert indented in guide
