from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from polyspell import Agent, Host, hookimpl
from polyspell.errors import ConfigError, NotFoundError
from polyspell.events import Event
from polyspell.hooks import Hook, HookKind
from polyspell.hookspecs import HookKindInfo
from polyspell.messages import Message, Response


class Options(msgspec.Struct, forbid_unknown_fields=True):
    mark: str = "!"


class Marked(HookKind):
    """Adds a mark to what a model says."""

    Options = Options

    def __init__(self, host: Host, options: Options) -> None:
        super().__init__(host, options)
        self.closed = 0
        self.hooks = [Hook.of("provider.request", after=self.mark, holds=True)]

    @classmethod
    def grants(cls, options: Options) -> list[str]:
        return ["mark:loud"] if options.mark == "!!" else []

    def mark(self, call: Any, response: Response) -> Response:
        text = response.message.text + self.options.mark
        return msgspec.structs.replace(response, message=Message.assistant(text))

    async def close(self) -> None:
        self.closed += 1


class Watching(HookKind):
    """Keeps the names of events."""

    def __init__(self, host: Host, options: Any) -> None:
        super().__init__(host, options)
        self.seen: list[str] = []
        self.listeners = {"agent.run.*": self.note}

    def note(self, event: Event) -> None:
        self.seen.append(event.name)

    def stats(self) -> dict[str, Any]:
        return {"seen": self.seen}


class Plugin:
    @hookimpl
    def polyspell_hook_kinds(self) -> list[HookKindInfo]:
        return [
            HookKindInfo(name="marked", load=f"{__name__}:Marked"),
            HookKindInfo(name="watching", load=f"{__name__}:Watching"),
        ]


Make = Callable[..., Host]


@pytest.fixture
def make(make_polyspell_host: Make) -> Make:
    def make(config: Any = None, plugins: Any = ("echo", "lua")) -> Host:
        host = make_polyspell_host([*plugins], config=config)
        host.hook_kinds.register("marked", Marked)
        host.hook_kinds.register("watching", Watching)
        return host

    return make


async def say(host: Host, **options: Any) -> str:
    return (await Agent("echo/echo", host=host, **options).run("hello")).text


async def test_a_kind_is_used_by_name_and_removed(make: Make) -> None:
    async with make() as host:
        kind = host.hooks.use("marked", mark="?")
        assert host.hooks.used("marked") is kind
        assert await say(host) == "hello?"
        host.hooks.remove("marked")
        assert await say(host) == "hello"
        await host.events.drain()
        assert kind.closed == 1
        with pytest.raises(NotFoundError, match="not in use"):
            host.hooks.used("marked")


def test_without_a_loop_what_is_removed_is_closed_at_once(make: Make) -> None:
    host = make()
    kind = host.hooks.use("marked")
    host.hooks.remove("marked")
    assert kind.closed == 1


async def test_two_of_one_kind_need_two_names(make: Make) -> None:
    async with make() as host:
        host.hooks.use("marked")
        with pytest.raises(ConfigError, match="named 'marked' exists"):
            host.hooks.use("marked")
        host.hooks.use("marked", name="other", mark="?", priority=1)
        assert await say(host) == "hello!?"


async def test_when_says_which_calls_it_wraps(make: Make) -> None:
    async with make() as host:
        host.hooks.use("marked", when={"agent": "loud*"})
        assert [await say(host, name=n) for n in ("loud1", "quiet")] == ["hello!", "hello"]


async def test_an_option_that_is_wrong_says_what_there_is(make: Make) -> None:
    async with make() as host:
        with pytest.raises(ConfigError, match="It takes mark"):
            host.hooks.use("marked", marks=1)
        with pytest.raises(NotFoundError, match=r"Did you mean 'marked'"):
            host.hooks.use("markt")


async def test_what_is_in_use_is_closed_with_the_host(make: Make) -> None:
    host = make()
    own, agents = host.hooks.use("marked"), Agent("echo/echo", host=host).hooks.use("marked")
    await host.aclose()
    await host.aclose()
    assert (own.closed, agents.closed) == (1, 1)


async def test_one_that_cannot_be_closed_keeps_no_other_open(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    host = make()
    broken, other = host.hooks.use("marked"), host.hooks.use("marked", name="other")
    broken.close = lambda: 1 / 0
    host.hooks.remove("marked:provider.request")
    await host.aclose()
    assert other.closed == 1
    assert "Closing the hook 'marked' failed" in caplog.text


async def test_an_agents_own_kind_wraps_that_agent_only(make: Make) -> None:
    async with make() as host:
        agent = Agent("echo/echo", host=host)
        agent.hooks.use("marked")
        assert (await agent.run("hello")).text == "hello!"
        assert await say(host) == "hello"
        with pytest.raises(ConfigError, match="listens to a whole host"):
            agent.hooks.use("watching")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"mark": "?"}, "hello?"),
        ([{"mark": "?"}, {"mark": "."}], "hello.?"),
        (False, "hello"),
        ({}, "hello!"),
    ],
)
async def test_configuration_uses_kinds(
    make_polyspell_host: Make, given: Any, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "polyspell.contributions.load_object", lambda path: globals()[path.split(":")[1]]
    )
    plugin = Plugin()
    config = {"hooks": {"marked": given}}
    with monkeypatch.context() as only:
        only.setattr("polyspell.plugins.importlib.metadata.entry_points", lambda **_: [])
        host = make_polyspell_host([plugin], config=config)
    from polyspell_echo.provider import EchoProvider

    host.providers.register("echo", make=lambda: EchoProvider(host))
    assert await say(host) == text


def test_configured_wrongly_there_is_no_host(make_polyspell_host: Make) -> None:
    with pytest.raises(ConfigError, match=r"hooks\.marked must be a table"):
        make_polyspell_host(config={"hooks": {"marked": 3}})
    with pytest.raises(NotFoundError, match="Install it: pip install polyspell-no-such-guard"):
        make_polyspell_host(config={"hooks": {"no-such-guard": {}}})


async def test_what_is_held_is_told_after_the_hook(make: Make) -> None:
    async with make() as host:
        agent = Agent("echo/echo", host=host)
        async with agent.stream("hello") as stream:
            assert [t async for t in stream.text()] == ["hello"]
        host.hooks.use("marked")
        async with agent.stream("hello") as stream:
            assert [t async for t in stream.text()] == ["hello!"]


async def test_what_broke_off_while_held_is_kept_nowhere(make: Make) -> None:
    async with make() as host:
        host.hooks.use("marked")
        replies = [["half", {"error": "overloaded", "message": "No."}]]
        agent = Agent("echo/script", host=host, options={"replies": replies})
        with pytest.raises(Exception, match="No"):
            await agent.run("?")
        assert [m.role for m in await agent.history()] == ["user"]


async def test_a_hook_learns_that_something_was_told(make: Make) -> None:
    told: list[bool] = []

    async def look(call: Any, proceed: Any) -> Any:
        told.append(call.told)
        try:
            return await proceed(call)
        finally:
            told.append(call.told)

    async with make() as host:
        host.hooks.wrap("provider.request", look)
        await say(host)
        replies = [{"error": "overloaded", "message": "No."}]
        with pytest.raises(Exception, match="No"):
            await Agent("echo/script", host=host, options={"replies": replies}).run("?")
    assert told == [False, True, False, False]


SPELL = """
local ps = require("polyspell")
local name = ps.hook.use("marked", {mark = "?"})
local watching = ps.hook.use("watching")
local agent = ps.agent.create {model = "echo/echo"}
local loud = agent:run("hello").text
ps.hook.remove(name)
return {loud, agent:run("hello").text, #ps.hook.stats(watching).seen}
"""


async def test_a_script_uses_kinds_for_its_own_work(make: Make) -> None:
    from polyspell.scripting.sandbox import Sandbox

    async with make() as host:
        sandbox = Sandbox.of("default", grants=["provider:**", "hook:watching"])
        result = await host.scripts.run(SPELL, "lua", sandbox=sandbox)
        assert result.value == ["hello?", "hello", 4]
        assert await say(host) == "hello"
        assert host.hooks.list() == []


async def test_a_script_hears_only_of_itself(make: Make) -> None:
    from polyspell.scripting.sandbox import Sandbox

    async with make() as host:
        sandbox = Sandbox.of("default", grants=["hook:watching"])
        async with await host.scripts.open("lua", sandbox=sandbox) as spell:
            await spell.run("ps = require('polyspell'); ps.hook.use('watching')")
            await say(host)
            result = await spell.run("return #ps.hook.stats('watching').seen")
            assert result.value == 0


@pytest.mark.parametrize(
    ("use", "grant"),
    [("'watching'", "hook:watching"), ("'marked', {mark = '!!'}", "mark:loud")],
)
async def test_a_script_needs_the_grant_of_what_reaches_outside(
    make: Make, use: str, grant: str
) -> None:
    from polyspell.errors import ScriptError

    async with make() as host:
        with pytest.raises(ScriptError) as caught:
            await host.scripts.run(f"require('polyspell').hook.use({use})", "lua")
        assert caught.value.code == "permission_denied"
        assert caught.value.context["grant"] == grant
