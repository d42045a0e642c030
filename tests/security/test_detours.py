"""What the host does for a script by itself (plain options, routes, prompts, hooks, streams of a
model that need not be waited for) is no way around grants and limits, and leaks nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.agents import Agent
from polyspell.agents.types import RunLimits
from polyspell.config import Keys
from polyspell.errors import ConfigError, ScriptError
from polyspell.events import Event
from polyspell.scripting.sandbox import Sandbox
from polyspell.tools import Tool, ToolBox

START = 'local ps = require("polyspell")\n'


class Stage:
    """A host, and the grants that scripts were refused."""

    def __init__(self, home: Path | None = None) -> None:
        keys = None if home is None else Keys(home / "keys.toml")
        config = None if home is None else {"prompts": {"folders": [str(home)]}}
        self.host = Host(config=config, keys=keys)

    async def __aenter__(self) -> Stage:
        await self.host.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.host.aclose()

    async def run(self, text: str, *grants: str, **options: Any) -> Any:
        limits = options.pop("limits", None)
        sandbox = Sandbox.of("untrusted", grants=grants, isolation="inline", limits=limits)
        return (await self.host.scripts.run(START + text, "lua", sandbox=sandbox, **options)).value

    async def refused(self, text: str, *grants: str, **options: Any) -> ScriptError:
        with pytest.raises(ScriptError) as caught:
            await self.run(text, *grants, **options)
        return caught.value


# -- what a script hands over -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        'ps.sleep(0/0)',
        'ps.tool.define{name = "t", run = function() end, timeout = 0/0}',
        'ps.tool.call("math", {expression = "1", precision = 0/0})',
        'ps.agent.create{model = "echo/echo", limits = {seconds = 0/0}}',
        'ps.agent.create{model = "echo/echo", limits = {seconds = "nan"}}',
        'ps.agent.create{model = "echo/echo", temperature = 0/0}',
        'ps.provider.complete("echo/echo", "x", {options = {delay = 0/0}})',
        'ps.hook.use("retry", {delay = 0/0})',
        'ps.memory.create{ttl = 0/0}',
    ],
)  # fmt: skip
async def test_what_is_no_number_is_given_to_nobody(text: str) -> None:
    """A timer at NaN lets an event loop forget all others for a while: those of other scripts."""
    async with Stage() as stage:
        error = await stage.refused(text, "provider:echo/*", "tool")
        assert "NaN" in error.message or "nan" in error.message, error.to_dict()


def test_limits_of_a_run_are_numbers() -> None:
    with pytest.raises(ConfigError, match="NaN"):
        RunLimits.of({"seconds": float("nan")})


@pytest.mark.parametrize(
    "text",
    [
        'ps.provider.complete("echo/script", "x", {options = {replies = function() end}})',
        'ps.provider.stream("echo/echo", "x", {options = {deep = {ps.schema.define({})}}})',
        'ps.agent.create{model = "echo/echo", options = {f = print}}',
        'ps.memory.create{max_messages = 1, options = {summarise = function() end}}',
        'ps.memory.create{options = {store = "x"}}',
        'ps.memory.create{type = "x", options = {name = "x"}}',
        'ps.provider.register{name = "n", type = "echo", options = {replies = function() end}}',
    ],
)  # fmt: skip
async def test_settings_are_plain_and_those_that_there_are(text: str) -> None:
    async with Stage() as stage:
        error = await stage.refused(text, "provider", "memory")
        assert error.code == "invalid", error.to_dict()
        assert "cannot" in error.message


@pytest.mark.parametrize("held", ['ps.schema.define({x = "string"})', "t", "ps.memory.create()"])
async def test_what_the_host_prints_of_its_objects_tells_no_address(held: str) -> None:
    text = f"""
        local t
        t = ps.tool.define{{name = "t", run = function() return {held} end}}
        return ps.tool.call(t)"""
    async with Stage() as stage:
        shown = await stage.run(text)
        assert shown in ("<Schema>", "<Tool>", "<Memory>")


# -- agents of the host -------------------------------------------------------------------------


async def _boss(stage: Stage, done: list[str], box: bool) -> None:
    async def danger(what: str) -> str:
        done.append(what)
        return what

    tool = Tool(danger, needs_approval=True)
    other = Agent("echo/echo", name="other", host=stage.host)
    tools: Any = ToolBox(tool) if box else [tool]
    boss = Agent("echo/echo", name="boss", tools=tools, handoffs=[other], host=stage.host)
    stage.host.agents.register("boss", boss)


@pytest.mark.parametrize("box", [False, True])
async def test_who_clones_an_agent_of_the_host_may_use_its_tools_anyway(box: bool) -> None:
    """By a model of its own, or one that does as it is told, a script says what a clone calls."""
    text = """
        local model = ps.test.mock_model({{tool = "danger", arguments = {what = "done"}}, "x"})
        local mine = ps.agent.get("boss"):clone{model = model}
        return mine:resume(mine:run("go").state, true).text"""
    done: list[str] = []
    async with Stage() as stage:
        await _boss(stage, done, box)
        for grants, missing in [(["agent:boss"], "tool:danger"), (["tool:danger"], "agent:boss"),
                                (["agent:boss", "tool"], "agent:other")]:  # fmt: skip
            error = await stage.refused(text, *grants)
            assert error.context["grant"] == missing
        assert done == []
        assert await stage.run(text, "agent", "tool:danger") == "x"
        assert done == ["done"]


# -- prompts ------------------------------------------------------------------------------------


async def test_a_script_reads_no_prompt_by_one_that_includes_it(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("the secret")
    text = """
        ps.prompt.save("mine", "{% include 'secret' %}")
        return ps.prompt.template("mine"):render()"""
    async with Stage(tmp_path) as stage:
        error = await stage.refused(text, "prompt.save:mine", "prompt:mine")
        assert error.context["grant"] == "prompt:secret"
        assert await stage.run(text, "prompt.save:mine", "prompt:*") == "the secret"


@pytest.mark.parametrize(
    "name", ["a/../secret", "../secret", "/etc/passwd", "secret@../x", "a@b@c"]
)
async def test_a_prompt_is_a_name_and_no_path(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("the secret")
    async with Stage(tmp_path) as stage:
        text = f'return ps.prompt.template("{name}"):render()'
        if name == "secret@../x":  # a version that is no number stands for the newest
            assert (await stage.refused(text, "prompt:x")).code == "permission_denied"
        else:
            assert await stage.run(text, "prompt") == name  # a text that says no more than this


# -- providers ----------------------------------------------------------------------------------


async def test_a_key_that_is_kept_for_a_name_is_not_sent_where_a_script_says(
    tmp_path: Path,
) -> None:
    text = """
        ps.provider.register{name = "office", type = "openai", base_url = "http://127.0.0.1:9/v1"}
        return ps.provider.complete("office/x", "y").text"""
    async with Stage(tmp_path) as stage:
        stage.host.keys.set("office", "sk-of-the-office")
        grants = ["provider.register:office", "provider:office/*", "net:127.0.0.1", "net_private"]
        error = await stage.refused(text, *grants)
        assert error.context["grant"] == "env:OFFICE_API_KEY"


@pytest.mark.parametrize(
    ("url", "grant"),
    [
        ("http://127.0.0.1:1/v1", "net_private:127.0.0.1"),
        ("http://LOCALHOST/v1", "net_private:localhost"),
        ("http://api.localhost/v1", "net_private:api.localhost"),
        ("http://2130706433/v1", "net_private:2130706433"),
        ("http://0x7f.1/v1", "net_private:0x7f.1"),
        ("http://[::1]/v1", "net_private:::1"),
        ("http://[::ffff:10.0.0.1]/v1", "net_private:::ffff:10.0.0.1"),
        ("http://169.254.169.254/latest", "net_private:169.254.169.254"),
        ("http://good.test@evil.test/v1", "net:evil.test"),
        ("http://good.test:80@evil.test/v1", "net:evil.test"),
        ("http://good.test\\@evil.test/v1", "net:evil.test"),
        ("http://evil.test#@good.test/v1", "net:evil.test"),
        ("http://evil.test?@good.test/v1", "net:evil.test"),
        ("http://good.test.evil.test/v1", "net:good.test.evil.test"),
        ("http://good.test./v1", "net:good.test."),
        ("evil.test/v1", "net:evil.test/v1"),
    ],
)
async def test_a_provider_is_where_the_grant_says(url: str, grant: str) -> None:
    hosts = [
        "net:good.test",
        "net:*.localhost",
        "net:localhost",
        "net:1*",
        "net:2*",
        "net:0*",
        "net:*:*",
    ]
    text = f"""ps.provider.register{{name = "n", type = "openai", base_url = [[{url}]]}}"""
    async with Stage() as stage:
        error = await stage.refused(text, "provider.register", *hosts)
        assert error.context["grant"] == grant


@pytest.mark.parametrize("option", ["models_dir", "base_url", "headers", "key_env", "type"])
async def test_a_provider_gets_no_files_or_headers_of_a_script(option: str) -> None:
    text = f"""
        local options = {{{option} = "/etc"}}
        ps.provider.register{{name = "n", type = "local", options = options}}"""
    async with Stage() as stage:
        error = await stage.refused(text, "provider.register")
        assert f"cannot have '{option}'" in error.message


async def test_a_name_that_is_taken_keeps_its_key() -> None:
    text = 'ps.provider.register{name = "openai", type = "openai", key_env = "HOME"}'
    async with Stage() as stage:
        before = dict(stage.host.keys.variables)
        error = await stage.refused(text, "provider.register", "env:HOME")
        assert "claimed" in error.message
        made = text.replace('name = "openai"', 'name = "mine"')
        await stage.run(made, "provider.register", "env:HOME")
        assert stage.host.keys.variables == before


async def test_routes_of_a_script_are_followed_to_an_end_and_soon() -> None:
    """Twelve levels of ten would be a million million models to look at, and cycles without end."""
    text = """
        local last = "echo/echo"
        for i = 1, 12 do
          local all = {}
          for j = 1, 10 do all[j] = last end
          last = ps.provider.fallback(all, {name = "level" .. i})
        end
        local a = ps.provider.fallback({last}, {name = "a"})
        local b = ps.provider.fallback({a, "echo/tools"}, {name = "b"})
        ps.provider.fallback({b}, {name = "a"})
        return {#ps.provider.capabilities(last), ps.provider.complete(a, "x").text}"""
    async with Stage() as stage:
        assert await stage.run(text, "provider:echo/*") == [2, "x"]


async def test_two_runs_of_a_spell_name_their_routes_alike() -> None:
    text = """
        local model = ps.provider.fallback({"echo/echo"}, {name = "best"})
        ps.sleep(0.02)
        return ps.provider.complete(model, ps.input).text"""
    async with Stage() as stage:
        runs = [stage.run(text, "provider:echo/*", input=str(i)) for i in range(5)]
        assert await asyncio.gather(*runs) == list("01234")
        other = 'return ps.provider.complete("route/best", "x").text'
        assert (await stage.refused(other, "provider:echo/*")).code == "permission_denied"


# -- work that needs no waiting -----------------------------------------------------------------


async def test_an_answer_comes_in_so_many_pieces_and_no_more() -> None:
    text = """
        local stream = ps.provider.stream("echo/echo", ("x"):rep(300000), {options = {chunk = 1}})
        local count = 0
        for piece in stream do count = count + 1 end
        return {count, #stream:result().text}"""
    async with Stage() as stage:
        count, length = await stage.run(text, "provider:echo/*", limits="calls=100000,cpu=60s")
        assert length == 300_000
        assert count <= 10_001


ENDLESS = """
    local replies = {}
    for i = 1, 20000 do replies[i] = {tool = "again", arguments = {prompt = "x"}} end
    local model = ps.test.mock_model(replies)
    local agent = ps.agent.create{model = model, limits = {turns = 1000000}}
    agent:add_tool(agent:as_tool{name = "again"})
    return agent:run("x").text"""


@pytest.mark.parametrize("limit", ["wall", "cpu"])
async def test_agents_that_ask_each_other_keep_nobody_from_their_turn(limit: str) -> None:
    """Nothing of it ever waits: without a turn for the others nobody could end it."""
    async with Stage() as stage:
        error = await stage.refused(ENDLESS, limits=f"wall=60s,cpu=60s,{limit}=0.3s")
        assert (error.code, error.context.get("limit")) == ("limit_exceeded", limit)


async def test_what_the_host_does_for_a_call_that_waits_is_the_scripts_own_work() -> None:
    text = """
        local memory = ps.memory.create()
        for i = 1, 100 do memory:add(("some words "):rep(1000)) end
        while true do memory:search("words") end"""
    async with Stage() as stage:
        error = await stage.refused(text, limits="cpu=0.5s,wall=60s,calls=1000000")
        assert (error.code, error.context["limit"]) == ("limit_exceeded", "cpu")


async def test_events_tell_what_was_asked_and_refused() -> None:
    async with Stage() as stage:
        told: list[Event] = []
        stage.host.events.on("script.grant.denied", told.append)
        await stage.refused('ps.provider.complete("echo/echo", "x")')
        assert [event.data["grant"] for event in told] == ["provider:echo/echo"]
