"""The tools of an agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from polyspell.agents.teams import with_handoffs
from polyspell.errors import ConfigError
from polyspell.providers.base import ToolSpec
from polyspell.tools import Tool, ToolBox

if TYPE_CHECKING:
    from polyspell.agents.agent import Agent
    from polyspell.host import Host

Given = Tool | ToolBox | Callable[..., Any] | str


class Toolset:
    """Tools by name, and a box in which the model can find more.

    Args:
        host: where tools come from that are given by name.
        tools: the first ones; see `Agent`.

    Raises:
        ConfigError: two have one name, or there are two boxes.
        NotFoundError: there is no tool of a name.
    """

    def __init__(self, host: Host, tools: Sequence[Given] | ToolBox) -> None:
        self._host = host
        self._tools: dict[str, Tool] = {}
        self._box: ToolBox | None = None
        self._specs: tuple[ToolSpec, ...] | None = None
        for each in [tools] if isinstance(tools, ToolBox) else tools:
            if isinstance(each, ToolBox):
                self.use_box(each)
            else:
                self.add(each)

    @property
    def given(self) -> list[Tool | ToolBox]:
        """All that it was made of."""
        return [*self._tools.values(), *filter(None, [self._box])]

    def add(self, tool: Tool | Callable[..., Any] | str) -> Tool:
        """See `Agent.add_tool`."""
        if isinstance(tool, str):
            tool = self._host.tools.get(tool)
        elif not isinstance(tool, Tool):
            tool = Tool(tool)
        if tool.name in self._tools:
            raise ConfigError(
                f"The agent has two tools named {tool.name!r}.", hint="Give one another name."
            )
        self._tools[tool.name] = tool
        self._specs = None
        return tool

    def use_box(self, box: ToolBox) -> None:
        """See `Agent.use_box`."""
        if self._box is not None:
            raise ConfigError("The agent has a tool box already.", hint="Put all tools into one.")
        self._box = box

    def open(self, handoffs: Sequence[Agent]) -> dict[str, Tool]:
        """See `Agent.toolset`."""
        tools = with_handoffs(self._tools, handoffs) if handoffs else self._tools
        return tools if self._box is None else self._box.open(self._host, tools)

    def specs(self, tools: dict[str, Tool]) -> tuple[ToolSpec, ...]:
        """What a model is told of tools that were opened; made once where nothing changes them."""
        if tools is self._tools and self._specs is not None:
            return self._specs
        specs = tuple(ToolSpec(t.name, t.description, t.parameters) for t in tools.values())
        if tools is self._tools:
            self._specs = specs
        return specs
