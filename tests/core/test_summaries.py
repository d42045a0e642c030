"""A memory that sums up what no longer fits."""

from __future__ import annotations

from polyspell.agents import Agent, summarise_with
from polyspell.host import Host
from polyspell.memory import Memory
from polyspell.messages import Message


async def said(messages: list[Message]) -> str:
    return " + ".join(m.text.removeprefix("Summary of what was said before: ") for m in messages)


async def test_what_no_longer_fits_is_summed_up_once_and_stays_summed_up() -> None:
    memory = Memory(max_messages=3, summarise=said)
    for number in range(5):
        await memory.add(f"m{number}")
    seen = [m.text for m in await memory.messages()]
    assert seen == ["Summary of what was said before: m0 + m1", "m3", "m4"] or seen[0].startswith(
        "Summary of what was said before: m0 + m1"
    )
    first = [m.text for m in await memory.messages()]
    assert [m.text for m in await memory.messages()] == first
    for number in range(5, 8):
        await memory.add(f"m{number}")
    later = [m.text for m in await memory.messages()]
    assert len(later) <= 3
    assert later[-1] == "m7"
    assert later[0].count("Summary") == 1
    for number in range(6):
        assert f"m{number}" in later[0] or f"m{number}" in later


async def test_an_agent_can_sum_up() -> None:
    async with Host(plugins=["echo"], config={}) as host:
        agent = Agent("echo/script", options={"replies": ["Ada likes tea."]}, host=host)
        memory = Memory(max_messages=2, summarise=summarise_with(agent))
        for text in ("I am Ada.", "I like tea.", "What now?", "And now?"):
            await memory.add(text)
        assert "Ada likes tea." in (await memory.messages())[0].text


async def test_without_it_old_messages_are_only_out_of_sight() -> None:
    memory = Memory(max_messages=2)
    for number in range(4):
        await memory.add(f"m{number}")
    assert [m.text for m in await memory.messages()] == ["m2", "m3"]
    assert len(await memory.items()) == 4
