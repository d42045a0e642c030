"""The documentation runs: every block of Python and every spell in it, page by page."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from polyspell.host import Host
from polyspell.scripting.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/tutorial/*.md"), *ROOT.glob("docs/guides/*.md")])
BLOCK = re.compile(r"^( *)```(python|lua|javascript|wren)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
ENGINES = {"lua": "lua", "javascript": "javascript", "wren": "wren"}


def blocks(page: Path) -> list[tuple[str, str, int, bool]]:
    """Language, code, line, and whether it is indented: those in tabs are spells."""
    text = page.read_text("utf-8")
    found = []
    for match in BLOCK.finditer(text):
        indent, language, body = match.groups()
        code = "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))
        line = text.count("\n", 0, match.start()) + 1
        found.append((language, code, line, bool(indent)))
    return found


async def run_python(code: str, name: str, line: int, namespace: dict[str, Any]) -> None:
    """Run a block with `await` at its top, its lines numbered as in the page."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compiled = compile("\n" * line + code, name, "exec", flags=flags, dont_inherit=True)
    result = eval(compiled, namespace)
    if inspect.isawaitable(result):
        await result


async def run_spell(host: Host, language: str, code: str) -> None:
    sandbox = Sandbox.of("default", limits="wall=30s")
    code = code.replace("local/default", "echo/tools")
    await host.scripts.run(code, language, sandbox=sandbox)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_from_top_to_bottom(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))
    monkeypatch.setenv("POLYSPELL_MODEL", "echo/tools")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": page.stem}

    async def work() -> None:
        async with Host(config={}) as host:
            for language, code, line, in_tab in blocks(page):
                if language == "python" and not in_tab:
                    await run_python(code, str(page), line, namespace)
                elif language == "python":
                    await run_spell(host, "python", code)
                elif ENGINES[language] in host.engines:
                    await run_spell(host, ENGINES[language], code)

    asyncio.run(work())


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text("utf-8")
    missing = [p.name for p in PAGES if f"{p.parent.name}/{p.name}" not in index]
    assert missing == []


def test_the_hooks_on_the_page_are_those_of_the_specification() -> None:
    from polyspell import hookspecs

    page = (ROOT / "docs/guides/plugins.md").read_text("utf-8")
    specified = {name for name in vars(hookspecs) if name.startswith("polyspell_")}
    assert specified == set(re.findall(r"`(polyspell_\w+)", page)) - {"polyspell_NAME"}
