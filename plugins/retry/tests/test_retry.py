from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from polyspell import Agent, Host, tool
from polyspell.errors import BadRequestError, ConfigError, OverloadedError, ProviderError
from polyspell.hooks import Hook, HookCall
from polyspell.testing.matchers import collect_events

Make = Callable[..., Host]
BUSY = {"error": "overloaded", "message": "Busy."}
QUICK = {"base": 0.001, "failures": 0}


@pytest.fixture
def make(make_polyspell_host: Make) -> Make:
    def make(*replies: Any, plugins: Any = ("echo", "retry"), **retry: Any) -> Host:
        config = {
            "providers": {"echo": {"replies": list(replies)}},
            "hooks": {"retry": {**QUICK, **retry}},
        }
        return make_polyspell_host(plugins, config)

    return make


async def ask(host: Host, **options: Any) -> str:
    return (await Agent("echo/script", host=host, **options).run("?")).text


async def test_what_can_be_mended_is_asked_again(make: Make) -> None:
    async with make(BUSY, BUSY, "Here.") as host:
        with collect_events(host.events, "hook.retry.*") as told:
            assert await ask(host) == "Here."
        assert [event.data["attempt"] for event in told] == [1, 2]
        assert told[0].data["name"] == "echo/script"
        assert host.hooks.used("retry").stats() == {"again": 2, "refused": 0, "open": []}


async def test_after_all_attempts_the_last_error_goes_on(make: Make) -> None:
    async with make(BUSY, BUSY, "Too late.", attempts=2) as host:
        with pytest.raises(OverloadedError, match="Busy"):
            await ask(host)


@pytest.mark.parametrize(("on", "asked"), [([], 1), (["bad_request"], 2), (["BadRequestError"], 2)])
async def test_what_cannot_be_mended_is_not_unless_it_is_named(
    make: Make, on: list[str], asked: int
) -> None:
    wrong = {"error": "bad_request", "message": "No."}
    async with make(wrong, "Here.", on=on) as host:
        if asked == 1:
            with pytest.raises(BadRequestError):
                await ask(host)
        else:
            assert await ask(host) == "Here."


async def test_what_has_streamed_is_not_repeated(make: Make) -> None:
    async with make(["Half an", BUSY], "Whole.") as host:
        said = []
        async with Agent("echo/script", host=host).stream("?") as stream:
            with pytest.raises(ProviderError):
                async for text in stream.text():
                    said.append(text)
        assert said == ["Half an"]


async def test_what_was_held_back_is_asked_again(make: Make) -> None:
    async with make(["Half an", BUSY], "Whole.") as host:
        host.hooks.add(Hook.of("provider.request", after=lambda *_: None, holds=True))
        async with Agent("echo/script", host=host).stream("?") as stream:
            assert [text async for text in stream.text()] == ["Whole."]


async def test_the_pause_that_a_provider_asks_for_counts(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = OverloadedError("Busy.", context={"retry_after": 0.02})
    slower = OverloadedError("Busy.", context={"retry_after": 9.0})
    async with make(slow, "Here.", slower, "Never.", longest=5) as host:
        with collect_events(host.events, "hook.retry.again") as told:
            assert await ask(host) == "Here."
            with pytest.raises(OverloadedError):
                await ask(host)
        assert [event.data["pause"] for event in told] == [0.02]


async def test_named_tools_are_called_again_and_others_are_not(make: Make) -> None:
    called: list[str] = []

    @tool
    async def weather() -> str:
        """Weather."""
        called.append("weather")
        if len(called) < 3:
            raise ConnectionError("gone")
        return "sun"

    @tool
    async def pay() -> str:
        """Pay."""
        called.append("pay")
        raise ConnectionError("gone")

    async with make([{"tool": "weather"}], [{"tool": "pay"}], "Done.", tools=["wea*"]) as host:
        result = await Agent("echo/script", tools=[weather, pay], host=host).run("?")
        assert called == ["weather", "weather", "weather", "pay"]
        assert [c["result"] for c in result.tool_calls] == ["sun", None]


async def test_each_attempt_begins_with_the_same_call(make: Make) -> None:
    seen: list[int] = []

    def longer(call: HookCall) -> None:
        request = call.values["request"]
        seen.append(len(request.messages))
        call.values["request"] = type(request)(request.model, [*request.messages] * 2)

    async with make(BUSY, "Here.") as host:
        host.hooks.on("provider.request", before=longer)
        await ask(host)
        assert seen == [1, 1]


async def test_a_circuit_opens_refuses_and_closes(make: Make) -> None:
    async with make(*[BUSY] * 3, "Here.", "Again.", attempts=1, failures=3, reset=0.05) as host:
        with collect_events(host.events, "hook.circuit.*") as told:
            for _ in range(3):
                with pytest.raises(OverloadedError, match="Busy"):
                    await ask(host)
            with pytest.raises(OverloadedError, match="keeps failing") as caught:
                await ask(host)
            assert 0 < caught.value.context["retry_after"] <= 0.05
            assert host.hooks.used("retry").stats()["open"] == ["echo/script"]
            await asyncio.sleep(0.06)
            assert [await ask(host), await ask(host)] == ["Here.", "Again."]
        assert [event.name for event in told] == ["hook.circuit.opened", "hook.circuit.closed"]


async def test_a_failed_try_opens_the_circuit_again(make: Make) -> None:
    async with make(*[BUSY] * 3, attempts=1, failures=2, reset=0.02) as host:
        for _ in range(2):
            with pytest.raises(OverloadedError, match="Busy"):
                await ask(host)
        await asyncio.sleep(0.03)
        with pytest.raises(OverloadedError, match="Busy"):
            await ask(host)
        with pytest.raises(OverloadedError, match="keeps failing"):
            await ask(host)


async def test_only_one_call_tries_an_open_circuit(make: Make) -> None:
    async with make(BUSY, "Here.", attempts=1, failures=1, reset=0.02) as host:
        with pytest.raises(OverloadedError):
            await ask(host)
        await asyncio.sleep(0.03)
        host.hooks.on("provider.request", before=lambda _: asyncio.sleep(0.02), priority=-1)
        both = await asyncio.gather(ask(host), ask(host), return_exceptions=True)
        assert [type(each) for each in both] == [str, OverloadedError]


async def test_a_call_that_was_cancelled_says_nothing_of_the_circuit(make: Make) -> None:
    async with make(BUSY, "Here.", attempts=1, failures=1, reset=0.01) as host:
        with pytest.raises(OverloadedError):
            await ask(host)
        await asyncio.sleep(0.02)
        hook = host.hooks.on("provider.request", before=lambda _: asyncio.sleep(9), priority=-1)
        task = asyncio.ensure_future(ask(host))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        host.hooks.remove(hook.name)
        assert await ask(host) == "Here."


async def test_another_model_has_another_circuit(make: Make) -> None:
    async with make(BUSY, attempts=1, failures=1, reset=60) as host:
        with pytest.raises(OverloadedError):
            await ask(host)
        agent = Agent("echo/echo", options={"replies": ["Here."]}, host=host)
        assert (await agent.run("?")).text == "Here."


def test_unknown_options_are_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match="It takes attempts, base"):
        make(tries=3)


SPELL = """
local ps = require("polyspell")
ps.hook.use("retry", {base = 0.001, attempts = 2})
local agent = ps.agent.create {model = "echo/script"}
return {agent:run("?").text, ps.hook.stats("retry").again}
"""


async def test_a_script_uses_it_without_a_grant(make_polyspell_host: Make) -> None:
    from polyspell.scripting.sandbox import Sandbox

    config = {"providers": {"echo": {"replies": [BUSY, "Here."]}}}
    async with make_polyspell_host(["echo", "retry", "lua"], config) as host:
        sandbox = Sandbox.of("default", grants=["provider:**"])
        result = await host.scripts.run(SPELL, "lua", sandbox=sandbox)
        assert result.value == ["Here.", 1]
