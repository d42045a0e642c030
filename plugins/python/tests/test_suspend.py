"""A spell put away while it waits, and resumed by another host."""

from __future__ import annotations

import asyncio

import pytest
from polyspell.errors import ScriptError, ValidationError
from polyspell.host import Host
from polyspell.scripting.sandbox import Sandbox
from polyspell.scripting.spell import Spell

KEY = b"a secret of more than 16 bytes"
SANDBOX = Sandbox.of("default", grants=["event"])
PROGRAM = """
from polyspell import event
total = 40
heard = await event.once("shop.decided")
total + heard.data["more"]
"""


async def waits(spell: Spell) -> None:
    """Until the script waits for the host."""
    for _ in range(2000):
        if spell.gate.waiting:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never waits")


async def suspended() -> bytes:
    async with Host(plugins=["python"], config={}) as host:
        spell = await host.scripts.open("python", sandbox=SANDBOX)
        running = asyncio.ensure_future(spell.run(PROGRAM))
        await waits(spell)
        sealed = await spell.suspend(KEY)
        with pytest.raises(ScriptError, match="put away"):
            await running
        return sealed


async def test_a_script_that_waits_goes_on_in_another_host() -> None:
    sealed = await suspended()
    async with (
        Host(plugins=["python"], config={}) as host,
        await host.scripts.resume(sealed, KEY, "python", sandbox=SANDBOX) as spell,
    ):
        await waits(spell)
        host.events.emit("shop.decided", {"more": 2})
        assert (await spell.resumed()).value == 42


async def test_bytes_that_were_changed_are_refused() -> None:
    sealed = bytearray(await suspended())
    sealed[-1] ^= 1
    async with Host(plugins=["python"], config={}) as host:
        with pytest.raises(ValidationError, match="seal"):
            await host.scripts.resume(bytes(sealed), KEY, "python", sandbox=SANDBOX)


async def test_an_engine_that_cannot_says_so() -> None:
    async with Host(plugins=["lua"], config={}) as host:
        async with await host.scripts.open("lua") as spell:
            with pytest.raises(ScriptError, match="cannot suspend"):
                await spell.suspend(KEY)
        with pytest.raises(ScriptError, match="cannot resume"):
            await host.scripts.resume(b"", KEY, "lua")


async def test_handles_of_another_host_stand_for_nothing_later_either() -> None:
    """Else the first that is made after it would be taken for the one that the script holds."""
    program = """
from polyspell import event, memory
old = memory.create()
heard = await event.once("shop.decided")
new = memory.create()
await new.add("of the other host")
try:
    said = await old.stats()
except Exception as error:
    said = str(error)
[said, (await new.stats())["messages"]]
"""
    async with Host(plugins=["python"], config={}) as host:
        spell = await host.scripts.open("python", sandbox=SANDBOX)
        running = asyncio.ensure_future(spell.run(program))
        await waits(spell)
        sealed = await spell.suspend(KEY)
        await asyncio.gather(running, return_exceptions=True)
    async with (
        Host(plugins=["python"], config={}) as host,
        await host.scripts.resume(sealed, KEY, "python", sandbox=SANDBOX) as spell,
    ):
        await waits(spell)
        host.events.emit("shop.decided", {})
        said, count = (await spell.resumed()).value
        assert ("no such Memory" in said, count) == (True, 1)
