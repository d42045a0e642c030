"""The module `agent`."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from polyspell.agents import Agent
from polyspell.errors import PermissionDenied, ValidationError
from polyspell.hooks import Hook
from polyspell.scripting.api.agent_handle import AgentHandle
from polyspell.scripting.api.hook import hook_of, own_options, require_few
from polyspell.scripting.api.memory import MemoryHandle
from polyspell.scripting.api.result import ResultRecord
from polyspell.scripting.api.schema import SchemaHandle, schema_of
from polyspell.scripting.api.tool import ToolHandle, find, of_function
from polyspell.scripting.declare import ApiModule
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.types import Table
from polyspell.tools import Tool, ToolBox

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell


class AgentModule(ApiModule):
    """Agents: models with instructions and tools."""

    name = "agent"

    def __init__(self, spell: Spell) -> None:
        super().__init__(spell)
        self._kept: WeakSet[Agent] = WeakSet()

    def _keep(self, agent: Agent) -> Agent:
        """An agent that the script made."""
        self._kept.add(agent)
        return agent

    def _require_own(self, agent: Agent) -> None:
        """Go on if the script made the agent.

        Raises:
            PermissionDenied: it is the host's, which others use, too.
        """
        if agent not in self._kept:
            raise PermissionDenied(
                f"The agent {agent.name!r} is the host's: a script can ask it, no more.",
                hint="`clone` makes one of your own.",
                context={"grant": f"agent:{agent.name}"},
            )

    async def create(
        self,
        *,
        name: str | None = None,
        model: str | None = None,
        instructions: str | Callable[..., str] | None = None,
        tools: list[str | ToolHandle | Callable[..., Any]] | None = None,
        find_tools: list[str] | None = None,
        output: Table | SchemaHandle | None = None,
        memory: bool | MemoryHandle | None = None,
        limits: Table | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        tool_choice: str = "auto",
        hooks: list[Table] | None = None,
        handoffs: list[AgentHandle] | None = None,
        approve: Callable[[Table], Any] | None = None,
        options: Table | None = None,
    ) -> AgentHandle:
        """Make an agent; its model needs the grant `provider:MODEL`.

        Args:
            name: how it is called; others can find it by it.
            model: `provider/model`; the configured one if it is left out.
            instructions: what it is and how it should answer.
            tools: tools, or names of tools.
            find_tools: names or patterns ("data_*") of tools that the model can find by words with
                `tool_search`, rather than being shown all; those that the script may use.
            output: a schema for its answers.
            memory: true for a conversation that is kept, or a memory.
            limits: `{turns, tool_calls, tokens, cost, seconds}`: where a run stops.
            temperature: how free the model's choice of words is.
            max_tokens: the longest answer.
            tool_choice: "auto", "none", "required" or the name of a tool.
            hooks: tables `{point, before?, after?, on_error?, run?, priority?, when?}`.
            handoffs: agents to which it can hand over.
            approve: decides on a call `{id, name, arguments}` of a tool that needs approval: true,
                false, a reason or other arguments.
            options: the provider's own settings.
        """
        host = self.spell.host
        model = model or host.default_model()
        self.spell.require_model(model)
        agent = Agent(
            model,
            name=name or "agent",
            instructions=instructions,
            tools=[*map(self._tool_of, tools or ()), *self._box(find_tools)],
            output=schema_of(output),
            memory=memory._memory if isinstance(memory, MemoryHandle) else memory,
            limits=limits,
            temperature=temperature,
            max_tokens=max_tokens,
            tool_choice=tool_choice,
            handoffs=[a._agent for a in handoffs or ()],
            approve=approve and _approver(approve),
            options=own_options(options),
            grants=self.spell.grants,
            host=host,
        )
        self._keep(agent).hooks = self.spell.agent_hooks()
        for each in hooks or ():
            require_few(agent.hooks).add(_declared(self.spell, each))
        if name:
            self.spell.agents[name] = agent
        return AgentHandle(self, agent)

    def get(self, name: str) -> AgentHandle:
        """An agent by its name: the script's own, or the host's under the grant `agent:NAME`. One
        of the host's can be asked, cloned and made a tool; it is neither changed nor looked into.

        Args:
            name: of the agent.
        """
        if name in self.spell.agents:
            return AgentHandle(self, self.spell.agents[name])
        self.spell.grants.require(f"agent:{name}")
        return AgentHandle(self, self.spell.host.agents.get(name))

    def list_(self) -> list[str]:
        """The names of the agents that this script can get."""
        allowed = [n for n in self.spell.host.agents if self.spell.grants.allows(f"agent:{n}")]
        return list(dict.fromkeys([*self.spell.agents, *allowed]))

    async def run(self, model: str, prompt: str) -> ResultRecord:
        """Ask a model once.

        Args:
            model: `provider/model`.
            prompt: what to ask.
        """
        handle = await self.create(model=model)
        return await handle.run(prompt)

    def _box(self, patterns: list[str] | None) -> list[ToolBox]:
        """A box with the script's own tools and those of the host that it may use."""
        if patterns is None:
            return []
        spell = self.spell
        allowed = [n for n in spell.host.tools if spell.grants.allows(f"tool:{n}")]
        names = [n for n in (*spell.tools, *allowed) if any(fnmatchcase(n, p) for p in patterns)]
        found = [spell.tools.get(name) or name for name in dict.fromkeys(names)]
        return [ToolBox(*found)] if found else []

    def _tool_of(self, tool: Any) -> Tool:
        """A tool by name, handle or function."""
        if isinstance(tool, ScriptFunction):
            return of_function(tool)
        return find(self, tool)


def _approver(function: Callable[..., Any]) -> Callable[[Any], Any]:
    async def approve(call: Any) -> Any:
        return await function({"id": call.id, "name": call.name, "arguments": call.arguments})

    return approve


def _declared(spell: Spell, table: dict[str, Any]) -> Hook:
    table = dict(table)
    point = table.pop("point", None)
    if not isinstance(point, str):
        raise ValidationError("A hook needs a point.", hint="hook.points() lists them.")
    priority, when = table.pop("priority", 0), table.pop("when", None)
    return hook_of(spell, point, table.pop("run", None) or table, priority, when)
