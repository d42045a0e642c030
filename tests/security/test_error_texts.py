"""What a script is told of an error says what went wrong, and nothing of the host: no path, no
secret, no traceback, no address; and no more than a few lines, whatever it quotes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.config import Keys
from polyspell.errors import MAX_TEXT, ScriptError, describe
from polyspell.scripting.sandbox import Sandbox
from polyspell.tools import Tool

START = 'local ps = require("polyspell")\nlocal long = ("x"):rep(1000000)\n'


async def failure(host: Host, text: str, *grants: str) -> ScriptError:
    sandbox = Sandbox.of("untrusted", grants=grants, isolation="inline", limits="cpu=20s")
    with pytest.raises(ScriptError) as caught:
        await host.scripts.run(START + text, "lua", sandbox=sandbox)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "ps.tool.get(long)",
        "ps.tool.call(long)",
        "ps.tool.remove(long)",
        "ps.tool.define{name = long, run = function() end}",
        'ps.tool.define{[long] = 1, name = "x"}',
        "ps.agent.create{model = long}",
        'ps.agent.create{model = "x/" .. long}',
        "ps.agent.get(long)",
        "ps.memory.create{type = long}",
        "ps.memory.create():get(long)",
        "ps.memory.open(long)",
        "ps.schema.get(long)",
        "ps.schema.define({x = long})",
        "ps.output.parser(long)",
        'ps.output.parse(long, {format = "json"})',
        "ps.hook.use(long)",
        "ps.hook.register(long, function() end)",
        "ps.hook.remove(long)",
        "ps.prompt.save(long, 'x')",
        "ps.event.once(long)",
        "ps.env(long)",
        "ps.json.decode(long)",
        "ps.test.requests(long)",
        "ps.provider.complete(long, 'x')",
        "ps.provider.register{name = long, type = long}",
    ],
)
async def test_an_error_is_short_whatever_it_quotes(text: str) -> None:
    async with Host() as host:
        error = await failure(host, text, "tool", "agent", "memory", "provider", "schema", "prompt")
        told = [error.message, error.hint, *map(str, error.context.values())]
        assert max(map(len, told)) < MAX_TEXT + 1000, error.message[:100]


def test_what_is_told_of_an_error_is_short() -> None:
    told = describe(ScriptError("m" * 10**6, hint="h" * 10**6, context={"grant": "g" * 10**6}))
    assert "(1000000 characters)" in told["message"]
    assert max(len(told[key]) for key in ("message", "hint")) < MAX_TEXT + 100
    assert len(told["context"]["grant"]) < MAX_TEXT + 100
    assert len(describe(ValueError("v" * 10**6))["message"]) < MAX_TEXT + 100


async def test_the_files_of_the_host_are_its_own(tmp_path: Path) -> None:
    async def broken() -> str:
        return (tmp_path / "not there").read_text()

    host = Host(config={"prompts": {"folders": [str(tmp_path / "file")]}})
    (tmp_path / "file").write_text("no folder")
    async with host:
        host.tools.register("broken", Tool(broken), source="test")
        for text in ('ps.tool.call("broken")', 'ps.prompt.save("x", "y")'):
            error = await failure(host, text, "tool", "prompt")
            assert str(tmp_path) not in str(error.to_dict()), error.to_dict()
            assert "Error: " in error.message  # it says what kind it is


async def test_a_key_of_the_host_is_in_no_error(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-this-is-the-key-of-the-host")
    options = {"providers": {"openai": {"base_url": "http://127.0.0.1:9/v1"}}}
    async with Host(config=options, keys=Keys(tmp_path / "keys.toml")) as host:
        text = 'ps.provider.complete("openai/gpt-5", "x", {options = {timeout = 1}})'
        error = await failure(host, text, "provider:openai/*")
        assert "of-the-host" not in str(error.to_dict())


@pytest.mark.parametrize(
    "text",
    [
        "ps.tool.call(ps.schema.define({}))",
        "ps.agent.create{model = ps.memory.create()}",
        "ps.test.expect(ps.memory.create()).to_equal(ps.schema.define({}))",
        "ps.test.expect(1).to_equal(ps.memory.create())",
        "ps.test.expect(print).to_equal(1)",
        "ps.json.encode(ps.memory.create())",
        "ps.state.set('x', ps.memory.create())",
        'ps.tool.call("math", {expression = print})',
        'ps.schema.validate({type = "string"}, ps.memory.create()).errors[1].message.x()',
    ],
)
async def test_what_an_error_shows_of_an_object_is_its_kind(text: str) -> None:
    async with Host() as host:
        error = await failure(host, text, "tool")
        told = str(error.to_dict())
        assert not re.search(r"0x[0-9a-f]{4,}|object at|Traceback|/site-packages/|\.py\b", told)
