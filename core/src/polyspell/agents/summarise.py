"""Summaries by an agent, for memories that sum up what no longer fits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from polyspell.agents.agent import Agent
from polyspell.messages import Message

PROMPT = (
    "Summarise this conversation for somebody who has to go on with it: facts, names, numbers, "
    "decisions and open questions, in at most 150 words.\n\n"
)


def summarise_with(agent: Agent) -> Callable[[list[Message]], Awaitable[str]]:
    """What `Memory(summarise=...)` takes: an agent without a memory of its own sums up.

    memory = Memory(max_messages=40, summarise=summarise_with(Agent("openai/gpt-5-mini")))
    """

    async def summarise(messages: list[Message]) -> str:
        said = "\n".join(f"{m.role}: {m.text}" for m in messages if m.text)
        return (await agent.run(PROMPT + said)).text

    return summarise
