"""A spell that is closed at any moment (while it opens, while the host works for it, while its own
functions run, twice, from a thread, and by who is cancelled while closing) leaves its host as if it
had never been."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from polyspell import Host
from polyspell.errors import ScriptError
from polyspell.hooks import HookCall, Proceed
from polyspell.scripting.engine import Isolation
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell
from polyspell.tools.stats import MAX_NAMES, ToolStats

ISOLATIONS: list[Isolation] = ["process", "inline"]
BUSY = """
    local ps = require("polyspell")
    local tool = ps.tool.define{name = "slow", run = function() ps.sleep(1000) end}
    local model = ps.test.mock_model({{tool = "slow", arguments = {}}, "done"})
    local agent = ps.agent.create{name = "busy", model = model, tools = {tool}, memory = true}
    local stream = agent:stream("go")
    stream:next()
    local pieces = ps.provider.stream("echo/echo", "a long text", {options = {chunk = 1}})
    pieces:next()
    ps.event.on("**", function() ps.sleep(1000) end)
    ps.event.stream("**")
    ps.hook.register("tool.call", function(call, proceed) return proceed(call) end)
    ps.hook.use("retry")
    ps.provider.fallback({model}, {name = "mine"})
    local waiting = {
      function() agent:run("x") end, function() ps.tool.call("slow") end,
      function() ps.event.once("never") end, function() stream:next() end,
    }
    for i = 1, 90 do waiting[#waiting + 1] = function() ps.sleep(1000) end end
    ps.event.emit("is.busy")
    ps.all(waiting)"""
ONE = {"lua": "return 1", "javascript": "export default 1", "python": "1", "wren": "var result = 1"}


def sandbox(isolation: Isolation = "process", limits: str = "wall=20s,cpu=20s") -> Sandbox:
    return Sandbox.of("untrusted", grants=["provider:echo/*"], isolation=isolation, limits=limits)


def kept(host: Host) -> dict[str, Any]:
    """What a host has that a spell could have left there, and what the process has."""
    gc.collect()
    route: Any = host.providers.get("route")
    mock: Any = host.providers.get("mock") if "mock" in host.providers else None
    return {
        "tasks": len(asyncio.all_tasks()),
        "threads": [t.name for t in threading.enumerate() if t.name.startswith("polyspell")],
        "descriptors": len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0,
        "listeners": len(host.events._subscriptions),
        "hooks": [hook.name for hook in host.hooks.list()],
        "hooks over them": len(host.hooks._inner),
        "routes": (list(route._routes), list(route._gates), list(route._turns)),
        "models": list(mock.known) if mock is not None else [],
        "agents": host.agents.names(),
        "tools": host.tools.names(),
        "spells": len(host.scripts._open),
    }


async def settled(host: Host, before: dict[str, Any]) -> dict[str, Any]:
    """What is there when it is as before, or after two seconds."""
    for _ in range(200):
        if (now := kept(host)) == before:
            break
        await asyncio.sleep(0.01)
    return now


async def busy(host: Host, isolation: Isolation) -> tuple[Spell, asyncio.Task[Any]]:
    """A spell that waits for everything that there is to wait for."""
    spell = await host.scripts.open("lua", sandbox=sandbox(isolation))
    run = asyncio.ensure_future(spell.run(BUSY))
    await host.events.once("is.busy")
    return spell, run


async def ready(host: Host, isolation: Isolation) -> dict[str, Any]:
    """What a host has that has run spells of the kind before."""
    for _ in range(2):
        spell, run = await busy(host, isolation)
        await spell.close()
        await asyncio.gather(run, return_exceptions=True)
    return kept(host)


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_who_closes_a_busy_spell_finds_everything_closed_afterwards(
    isolation: Isolation,
) -> None:
    async with Host() as host:
        before = await ready(host, isolation)
        spell, run = await busy(host, isolation)
        await spell.close()
        assert spell.work._tasks == set() and spell.gate.handles._closing == set()
        with pytest.raises(ScriptError, match="has ended"):
            await run
        assert await settled(host, before) == before


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("steps", [0, 1, 2, 5])
async def test_a_close_that_is_cancelled_goes_on(steps: int, isolation: Isolation) -> None:
    async with Host() as host:
        before = await ready(host, isolation)
        spell, run = await busy(host, isolation)
        closing = asyncio.ensure_future(spell.close())
        for _ in range(steps):
            await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        await spell.close()  # waits for what the first one began
        with pytest.raises(ScriptError, match="has ended"):
            await run
        assert await settled(host, before) == before


async def test_all_who_close_at_once_wait_until_it_is_closed() -> None:
    async with Host() as host:
        spell, run = await busy(host, "process")
        closed: list[str] = []
        spell.closers.append(lambda: closed.append("once"))
        await asyncio.gather(*[spell.close() for _ in range(5)])
        assert closed == ["once"] and not host.scripts._open
        await asyncio.gather(run, return_exceptions=True)


@pytest.mark.parametrize("language", ONE)
async def test_a_spell_that_is_closed_while_it_opens_is_not_handed_out(language: str) -> None:
    async with Host() as host:
        await host.scripts.run(ONE[language], language, sandbox=sandbox())
        before = kept(host)
        for steps in range(12):
            opening = asyncio.ensure_future(host.scripts.open(language, sandbox=sandbox()))
            for _ in range(steps + 1):
                await asyncio.sleep(0)
            if opening.done():
                await (await opening).close()
                continue
            (spell,) = host.scripts._open
            await spell.close()
            with pytest.raises(ScriptError, match="has ended"):
                await opening
        if language == "python":  # Monty's pool warms others in the place of those that it ends
            before["descriptors"] = kept(host)["descriptors"]
        assert await settled(host, before) == before


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_a_spell_can_be_closed_by_a_thread_while_it_is_busy(isolation: Isolation) -> None:
    async with Host() as host:
        before = await ready(host, isolation)
        spell, run = await busy(host, isolation)
        await asyncio.to_thread(lambda: asyncio.run(spell.close()))
        with pytest.raises(ScriptError, match="has ended"):
            await run
        after = await settled(host, before | {"descriptors": kept(host)["descriptors"]})
        assert after | {"descriptors": before["descriptors"]} == before


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_a_host_that_closes_a_spell_in_the_middle_of_its_call_is_not_stuck(
    isolation: Isolation,
) -> None:
    async with Host() as host:
        spell = await host.scripts.open("lua", sandbox=sandbox(isolation))

        async def hook(call: HookCall, proceed: Proceed) -> Any:
            await spell.close()
            return await proceed(call)

        host.hooks.wrap("provider.request", hook)
        with pytest.raises(ScriptError, match="has ended"):
            await spell.run('return require("polyspell").provider.complete("echo/echo", "x").text')
        assert not host.scripts._open


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the loop that was thrown away
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_event_loop_that_ends_with_busy_spells_ends_them(isolation: Isolation) -> None:
    """Nobody closes anything: `asyncio.run` cancels what there is, and the host is closed after."""
    host = Host()

    async def leave() -> list[Spell]:
        return [(await busy(host, isolation))[0] for _ in range(3)]

    spells = asyncio.run(leave())
    asyncio.run(host.aclose())
    gc.collect()  # what the loop left has its say now
    assert all(spell.lost for spell in spells) and not host.scripts._open
    assert host.events._subscriptions == ()


async def test_a_host_that_is_closed_opens_nothing() -> None:
    host = Host()
    await host.aclose()
    with pytest.raises(ScriptError, match="host is closed"):
        await host.scripts.run("return 1", "lua", sandbox=sandbox())
    assert len(host.scripts._pools) == 0


async def test_calls_that_come_after_the_end_reach_nothing() -> None:
    """A thread or a worker may have sent them before it knew."""
    from polyspell.scripting.engine import Call, Reply

    async with Host() as host:
        spell = await host.scripts.open("lua", sandbox=sandbox("inline"))
        await spell.close()
        for target, name, arguments in [("", "sleep", [1]), ("event", "stream", ["**"])]:
            reply = spell.ask(Call(1, 1, target, name, list(arguments)))
            assert isinstance(reply, Reply) and reply.error is not None
            assert "has ended" in reply.error["message"]
        assert host.events._subscriptions == ()


@pytest.mark.parametrize(
    "text",
    [
        "await proceed.run(call)",
        "proceed.run(call); return 'early'",
        "setTimeout(() => proceed.run(call).catch(() => {}), 1); return 'early'",
        "kept = proceed; return 'early'",
    ],
)
async def test_a_hook_that_goes_on_late_leaves_nothing_behind(text: str) -> None:
    source = f"""
        import {{ agent, hook, test, sleep }} from "polyspell";
        let kept = null;
        hook.register("provider.request", async (call, proceed) => {{ {text} }});
        const a = await agent.create({{ model: test.mockModel(["late", "later"]) }});
        await a.run("x");
        await sleep(0.02);
        if (kept) {{ try {{ await kept.run(); }} catch (error) {{}} }}
        export default "through";"""
    async with Host() as host:
        await host.scripts.run(ONE["javascript"], "javascript", sandbox=sandbox())
        before = kept(host)
        assert (await host.scripts.run(source, "javascript", sandbox=sandbox())).value == "through"
        assert await settled(host, before) == before | {"models": []}


async def test_a_thousand_spells_leave_nothing_in_their_host() -> None:
    text = """
        local ps = require("polyspell")
        local model = ps.test.mock_model({"x"})
        ps.provider.fallback({model}, {name = "f" .. ps.input})
        local tool = ps.tool.define{name = "t" .. ps.input, run = function() return 1 end}
        ps.tool.call(tool)
        ps.event.on("x.*", function() end)
        ps.memory.create{name = "m" .. ps.input}
        ps.agent.create{name = "a" .. ps.input, model = model, tools = {tool}}:run("x")
        ps.agent.create{model = model}:stream("x")
        return 1"""
    async with Host() as host:
        await host.scripts.run(text, "lua", sandbox=sandbox("inline"), input=0)
        before = kept(host)
        for number in range(1, 1001):
            await host.scripts.run(text, "lua", sandbox=sandbox("inline"), input=number)
        assert await settled(host, before) == before


def test_a_host_counts_the_use_of_so_many_tools_and_no_more() -> None:
    stats = ToolStats()
    for number in range(MAX_NAMES + 10):
        stats.record(f"tool{number}", 0.1, failed=False)
    assert len(stats.all()) == MAX_NAMES
    assert (stats.of("tool0").calls, stats.of("tool10").calls) == (0, 1)
