"""An agent in the hands of a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from polyspell.agents import Agent, RunStream
from polyspell.agents.teams import handoff_name
from polyspell.grants import Grants
from polyspell.messages import Message
from polyspell.scripting.api.hook import ProceedHandle, hook_of, require_few
from polyspell.scripting.api.memory import MemoryHandle
from polyspell.scripting.api.messages import from_message, to_message
from polyspell.scripting.api.result import ResultRecord, result_record
from polyspell.scripting.api.schema import SchemaHandle, schema_of
from polyspell.scripting.api.stream import EventStream
from polyspell.scripting.api.tool import ToolHandle
from polyspell.scripting.declare import ApiHandle
from polyspell.scripting.types import Table
from polyspell.tools.box import ShownTools

if TYPE_CHECKING:
    from polyspell.scripting.api.agent import AgentModule


class AgentHandle(ApiHandle):
    """A model with instructions and tools."""

    api_name = "Agent"
    weight = 5000

    def __init__(self, module: AgentModule, agent: Agent) -> None:
        self._module, self._agent = module, agent

    @property
    def _own(self) -> Agent:
        """The agent, if the script made it: those of the host belong to others, too."""
        self._module._require_own(self._agent)
        return self._agent

    @property
    def name(self) -> str:
        """How it is called."""
        return self._agent.name

    @property
    def model(self) -> str:
        """The model that it asks."""
        return self._agent.model

    @property
    def memory(self) -> MemoryHandle | None:
        """What it remembers between runs; nothing for one without a memory."""
        return MemoryHandle(self._own.memory) if self._own.memory is not None else None

    async def run(
        self,
        prompt: str | None = None,
        *,
        messages: list[Table] | None = None,
        parts: list[Table] | None = None,
        output: Table | SchemaHandle | None = None,
    ) -> ResultRecord:
        """Run to the end.

        Args:
            prompt: what the user says.
            messages: the conversation before it, as `result.messages` gives it.
            parts: pictures, sounds and documents that belong to the prompt.
            output: a schema for the answer.
        """
        async with self._stream(prompt, messages, parts, output) as stream:
            async for _ in stream:
                pass
        return result_record(stream.result)

    def stream(
        self,
        prompt: str | None = None,
        *,
        messages: list[Table] | None = None,
        parts: list[Table] | None = None,
        output: Table | SchemaHandle | None = None,
    ) -> EventStream:
        """Run, and give the events while they happen.

        Args:
            prompt: what the user says.
            messages: the conversation before it.
            parts: pictures, sounds and documents that belong to the prompt.
            output: a schema for the answer.
        """
        return EventStream(self._stream(prompt, messages, parts, output))

    def _stream(
        self, prompt: str | None, messages: Any, parts: Any, output: Table | SchemaHandle | None
    ) -> RunStream:
        said: Any = prompt
        if parts:
            said = to_message({"role": "user", "parts": parts})
            if prompt:
                said.parts.insert(0, Message.user(prompt).parts[0])
        history = [to_message(m) for m in messages or ()]
        context = self._module.spell.context
        return self._agent.stream(said, messages=history, output=schema_of(output), context=context)

    async def resume(self, state: Table, approvals: Any = False) -> ResultRecord:
        """Go on with a run that waits for approval.

        Args:
            state: `result.state`.
            approvals: true or false for all calls, or a table from call id to true, false, a reason
                or other arguments.
        """
        self._module._require_own(self._own.named(str(state.get("agent", self.name))))
        context = self._module.spell.context
        return result_record(await self._agent.resume(state, approvals, context=context))

    def clone(
        self,
        *,
        name: str | None = None,
        model: str | None = None,
        instructions: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        output: Table | SchemaHandle | None = None,
        limits: Table | None = None,
    ) -> AgentHandle:
        """A new agent like this one, with changes. It is the script's own, which decides what it
        calls: one of the host's needs the grant `tool:NAME` for each of its tools, and `agent:NAME`
        for each agent to which it can hand over.

        Args:
            name: another name.
            model: another model.
            instructions: other instructions.
            temperature: another temperature.
            max_tokens: another length of answers.
            output: another output schema.
            limits: other limits.
        """
        if model is not None:
            self._module.spell.require_model(model)
        if self._agent not in self._module._kept:
            _require_all(self._module.spell.grants, self._agent)
        given = {
            "name": name, "model": model, "instructions": instructions, "limits": limits,
            "temperature": temperature, "max_tokens": max_tokens, "output": schema_of(output),
        }  # fmt: skip
        changes = {key: value for key, value in given.items() if value is not None}
        grants = self._agent.grants.within(self._module.spell.grants)
        clone = self._module._keep(self._agent.clone(**changes, grants=grants))
        return AgentHandle(self._module, clone)

    def add_tool(self, tool: str | ToolHandle | Callable[..., Any]) -> None:
        """Give it another tool.

        Args:
            tool: a tool, or the name of one.
        """
        self._own.add_tool(self._module._tool_of(tool))

    def add_hook(
        self,
        point: str,
        hook: Callable[[Table, ProceedHandle], Any] | Table,
        *,
        priority: int = 0,
        when: Callable[[Table], bool] | Table | None = None,
    ) -> str:
        """Wrap a point of this agent's runs; gives the hook's name.

        Args:
            point: "agent.run", "provider.request" or "tool.call".
            hook: `function(call, proceed)`, or a table with before, after, on_error.
            priority: higher is further outside.
            when: a function of the call, or values that it must have.
        """
        spell = self._module.spell
        made = hook_of(spell, point, hook, priority, when)
        return require_few(self._own.hooks).add(made).name

    async def history(self) -> list[Table]:
        """What it remembers; without a memory, the messages of the last run."""
        return [from_message(m) for m in await self._own.history()]

    async def state(self) -> Table:
        """The conversation as plain data."""
        return await self._own.state()

    async def restore(self, state: Table) -> None:
        """Go on from a `state`.

        Args:
            state: what `state` gave.
        """
        await self._own.restore(state)

    def as_tool(self, *, name: str | None = None, description: str | None = None) -> ToolHandle:
        """The agent as a tool that another agent can call with a prompt.

        Args:
            name: how a model calls it.
            description: tells a model what it is for.
        """
        return ToolHandle(self._agent.as_tool(name, description))

    def close(self) -> None:
        """Let it go."""


def _require_all(grants: Grants, agent: Agent) -> None:
    """Go on if a script may use all that an agent can: whoever has its like can choose the model
    that calls its tools, and agree to their calls."""
    tools = agent.toolset()
    names = tools.reachable if isinstance(tools, ShownTools) else set(tools)
    for name in sorted(names - {handoff_name(other) for other in agent.handoffs}):
        grants.require(f"tool:{name}")
    for other in agent.handoffs:
        grants.require(f"agent:{other.name}")
