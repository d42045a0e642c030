"""The tools that come with Polyspell are usable from everywhere: from Python, by an agent that has
them by name, by a spell in each language, and from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from polyspell.agents import Agent
from polyspell.errors import ScriptError
from polyspell.grants import Grants
from polyspell.host import Host
from polyspell.scripting.sandbox import Sandbox
from polyspell.testing.wire import answer, served
from polyspell.tools import ToolContext

CALLS: dict[str, tuple[dict[str, Any], list[str], str]] = {
    # tool: arguments, the grants that it needs, and what its answer has
    "files_read": ({"path": "notes.txt"}, ["fs.read:./**"], "tea at four"),
    "files_search": ({"text": "FOUR", "ignore_case": True}, ["fs.read:./**"], "notes.txt"),
    "files_write": ({"path": "new.txt", "content": "x"}, ["fs.write:./*.txt"], "new.txt"),
    "web_request": ({"url": "{url}"}, ["net:127.0.0.1", "net_private:127.0.0.1"], "from afar"),
    "web_fetch_page": ({"url": "{url}"}, ["net", "net_private"], "from afar"),
    "system_info": ({"about": ["memory"]}, ["system:memory"], "available"),
    "system_env": ({"name": "MY_NAME"}, ["env:MY_NAME"], "ada"),
    "process_run": ({"args": ["echo", "a b"]}, ["process:echo", "fs.read:./**"], "a b"),
    "process_shell": ({"command": "echo a b | cat"}, ["shell", "fs.read:./**"], "a b"),
}
SPELLS = {
    "lua": 'local ps = require("polyspell")\nreturn ps.tool.call(ps.input.tool, ps.input.given)',
    "javascript": (
        'import { tool, input } from "polyspell";\n'
        "export default await tool.call(input.tool, input.given);"
    ),
    "python": (
        "from polyspell import tool, input\n"
        'value = await tool.call(input["tool"], input["given"])\n'
        "value"
    ),
    "wren": (
        'import "polyspell" for Polyspell, Tool\n'
        'var result = Tool.call(Polyspell.input["tool"], Polyspell.input["given"])'
    ),
}


@pytest.fixture(params=CALLS)
def call(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, dict[str, Any], list[str], str]]:
    """A tool, arguments, grants and what the answer has, in a folder of its own."""
    (tmp_path / "notes.txt").write_text("tea at four")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MY_NAME", "ada")
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path / "home"))
    arguments, grants, wanted = CALLS[request.param]
    with served(answer("from afar", content_type="text/plain")) as wire:
        given = {k: wire.url if v == "{url}" else v for k, v in arguments.items()}
        yield request.param, given, grants, wanted


async def test_from_python(call: Any) -> None:
    name, given, grants, wanted = call
    async with Host(config={}) as host:
        context = ToolContext(host=host, grants=Grants(grants))
        assert wanted in str(await host.tools.get(name).call(given, context))


async def test_by_an_agent_that_has_it_by_name(call: Any) -> None:
    name, given, grants, wanted = call
    prompt = f"{name} {json.dumps(given)}"
    async with Host(config={}) as host:
        agent = Agent("echo/tools", host=host, tools=[name], grants=Grants(grants))
        assert wanted in (await agent.run(prompt)).text
        refused = await agent.clone(grants=Grants([])).run(prompt)
    assert "Not permitted: " in refused.text


@pytest.mark.parametrize("language", SPELLS)
async def test_by_a_spell(language: str, call: Any) -> None:
    name, given, grants, wanted = call
    async with Host(config={}) as host:
        if language not in host.engines:
            pytest.skip("its engine is not installed")
        spell, input = SPELLS[language], {"tool": name, "given": given}
        sandbox = Sandbox.of("untrusted", grants=[f"tool:{name}", *grants])
        result = await host.scripts.run(spell, language, sandbox=sandbox, input=input)
        assert wanted in str(result.value)
        less = Sandbox.of("untrusted", grants=[f"tool:{name}"])
        with pytest.raises(ScriptError) as caught:
            await host.scripts.run(spell, language, sandbox=less, input=input)
    assert caught.value.code == "permission_denied"
    kinds = {grant.partition(":")[0] for grant in grants}
    assert caught.value.context["grant"].partition(":")[0] in kinds


def test_from_the_command_line(call: Any) -> None:
    name, given, grants, wanted = call
    command = [str(Path(sys.executable).with_name("polyspell")), "tools", "call", name]
    command += ["--json", json.dumps(given), *(f"--grant={grant}" for grant in grants)]
    env = {**os.environ, "POLYSPELL_MODEL": "echo/echo"}
    run = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert wanted in run.stdout
