"""An agent as a tool, new for each call or the same for all."""

from __future__ import annotations

from typing import Any

from polyspell import Agent
from polyspell.agents import RunLimits
from polyspell.tools import Tool, ToolContext

from polyspell_wrapper.wrapped import Wrapped


def agent(
    agent: Agent,
    *,
    name: str | None = None,
    description: str | None = None,
    limits: RunLimits | dict[str, Any] | None = None,
    fresh: bool = True,
    **options: Any,
) -> Tool:
    """A tool that asks an agent.

    Args:
        agent: the agent.
        name: how it is called; by default as the agent.
        description: tells a model what it is for; by default the agent's instructions.
        limits: where one call stops; the agent's own if left out.
        fresh: whether each call begins anew; else the agent remembers earlier ones, where it has a
            memory.
        options: as for Tool.
    """
    asked = agent.clone(limits=limits) if limits is not None else agent
    return _AgentTool(asked, asked.as_tool(name, description), fresh, options)


class _AgentTool(Wrapped):
    """See `agent`."""

    def __init__(self, asked: Agent, inner: Tool, fresh: bool, options: dict[str, Any]) -> None:
        super().__init__(inner, **options)
        self._asked, self._fresh = asked, fresh

    async def invoke(self, checked: dict[str, Any], context: ToolContext) -> Any:
        """Ask the agent, or one like it."""
        if not self._fresh or self._asked.memory is None:
            return await self.inner.invoke(checked, context)
        return await self._asked.clone().as_tool(self.name).invoke(checked, context)
