"""Agents for agents: one as the tool of another, and handing a conversation over."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from polyspell.errors import ConfigError, ToolError
from polyspell.tools import Tool, ToolContext

if TYPE_CHECKING:
    from polyspell.agents.agent import Agent


MAX_DEPTH = 16
"""Agents that ask each other as tools, one within the other."""
_depth: ContextVar[int] = ContextVar("polyspell_agent_depth", default=0)


def as_tool(agent: Agent, name: str | None, description: str | None) -> Tool:
    """See `Agent.as_tool`."""

    async def ask(prompt: str, context: ToolContext) -> Any:
        await asyncio.sleep(0)  # agents that ask each other without end keep nobody from their turn
        depth = _depth.get() + 1
        if depth > MAX_DEPTH:
            raise ToolError(
                f"{agent.name} is asked by an agent that is asked by others, {MAX_DEPTH} deep.",
                hint="Do two of them ask each other?",
            )
        token = _depth.set(depth)
        grants = agent.grants.within(context.grants)
        stream = agent.stream(prompt, context=context.context, grants=grants)
        try:
            result = await stream.read()
        finally:
            _depth.reset(token)
            if context.usage is not None:
                context.usage.add(stream.usage)
        if result.pending:
            raise ToolError(
                f"{agent.name} may not call {result.pending[0].name!r} without approval.",
                hint="An agent that is a tool needs an `approve` function of its own.",
            )
        if result.finish_reason == "length" and isinstance(result.output, str):
            return f"{result.output} [The answer was cut off here.]"
        return result.output

    about = description or _about(agent) or f"Ask {agent.name}."
    return Tool(ask, name=name or _tool_name(agent.name), description=about)


def with_handoffs(tools: dict[str, Tool], agents: Sequence[Agent]) -> dict[str, Tool]:
    """The tools, and those that hand over to each of the agents.

    Raises:
        ConfigError: one would have the name of another.
    """
    tools = dict(tools)
    for agent in agents:
        name = handoff_name(agent)
        if name in tools:
            raise ConfigError(
                f"Two agents to hand over to, or a tool, are named {name!r}.",
                hint="Give each agent a name of its own.",
            )
        tools[name] = _handoff(agent, name)
    return tools


def handoff_name(agent: Agent) -> str:
    """The tool by which a model hands over to an agent."""
    return _tool_name(f"transfer_to_{agent.name}")


def _handoff(agent: Agent, name: str) -> Tool:
    async def transfer() -> str:
        return f"{agent.name} has taken over the conversation. Answer the user now."

    about = f"Hand the conversation over to {agent.name}. {_about(agent)}"
    return Tool(transfer, name=name, description=about.strip())


def _about(agent: Agent) -> str:
    return agent.instructions if isinstance(agent.instructions, str) else ""


def _tool_name(name: str) -> str:
    """A name that every provider takes for a tool."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]
