"""The module `agent`."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import msgspec

from polyspell.agents import Agent, Result, RunStream
from polyspell.errors import PermissionDenied, ValidationError
from polyspell.events import Event
from polyspell.hooks import Hook
from polyspell.messages import Message
from polyspell.scripting.api.hook import ProceedHandle, hook_of, own_options, require_few
from polyspell.scripting.api.memory import MemoryHandle
from polyspell.scripting.api.schema import SchemaHandle, schema_of
from polyspell.scripting.api.tool import ToolHandle, find, of_function
from polyspell.scripting.declare import ApiHandle, ApiModule, ApiRecord
from polyspell.scripting.functions import ScriptFunction
from polyspell.scripting.types import Table
from polyspell.tools import Tool, ToolBox

if TYPE_CHECKING:
    from polyspell.scripting.spell import Spell


class UsageRecord(ApiRecord):
    """What model calls used.

    Attributes:
        input_tokens: tokens of what models read.
        output_tokens: tokens of what models said.
        total_tokens: both together.
        cost: US dollars, where the price is known.
    """

    api_name = "Usage"
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost: float | None


class ResultRecord(ApiRecord):
    """What a run gave.

    Attributes:
        text: what the model said last.
        output: the text as the agent's output schema; the text itself without one.
        messages: the whole conversation, to be given to another run.
        usage: tokens and cost.
        finish_reason: why it ended: "stop", "length", "approval", ...
        tool_calls: `{id, name, arguments, result, error}` of each call, in order.
        run_id: under which its events are told.
        pending: tool calls that wait for approval: `{id, name, arguments}`.
        state: what `agent.resume` takes, when calls wait for approval.
    """

    api_name = "Result"
    text: str
    output: Any
    messages: list[Table]
    usage: UsageRecord
    finish_reason: str
    tool_calls: list[Table]
    run_id: str
    pending: list[Table]
    state: Table


class EventRecord(ApiRecord):
    """Something happened.

    Attributes:
        name: what, with dots: "tool.call.completed".
        data: more about it.
        time: seconds since 1970.
        run_id: the run that it belongs to.
    """

    api_name = "Event"
    name: str
    data: Table
    time: float
    run_id: str | None


class EventStream(ApiHandle):
    """The events of a run, while they happen. Iterate over it; then ask for its `result`."""

    api_name = "EventStream"
    iterates = "next"

    def __init__(self, stream: RunStream) -> None:
        self._stream = stream

    async def next(self) -> list[EventRecord]:
        """The next event in a list; an empty list at the end."""
        try:
            return [event_record(await anext(self._stream))]
        except StopAsyncIteration:
            return []

    def result(self) -> ResultRecord:
        """What the run gave, after the last event."""
        return result_record(self._stream.result)

    async def close(self) -> None:
        """End the run now."""
        await self._stream.aclose()


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
        return self._agent.stream(said, messages=history, output=schema_of(output))

    async def resume(self, state: Table, approvals: Any = False) -> ResultRecord:
        """Go on with a run that waits for approval.

        Args:
            state: `result.state`.
            approvals: true or false for all calls, or a table from call id to true, false, a reason
                or other arguments.
        """
        self._module._require_own(self._own.named(str(state.get("agent", self.name))))
        return result_record(await self._agent.resume(state, approvals))

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
        """A new agent like this one, with changes.

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


def event_record(event: Event) -> EventRecord:
    """An event for a script."""
    return EventRecord(event.name, event.data, event.time, event.run_id)


def result_record(result: Result) -> ResultRecord:
    """A result for a script."""
    usage = result.usage
    return ResultRecord(
        text=result.text,
        output=msgspec.to_builtins(result.output, enc_hook=str),
        messages=[from_message(m) for m in result.messages],
        usage=UsageRecord(usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.cost),
        finish_reason=result.finish_reason,
        tool_calls=result.tool_calls,
        run_id=result.run_id,
        pending=[{"id": c.id, "name": c.name, "arguments": c.arguments} for c in result.pending],
        state=result.state.to_dict() if result.pending else {},
    )


def from_message(message: Message) -> dict[str, Any]:
    """A message as plain data, its text beside its parts."""
    data: dict[str, Any] = msgspec.to_builtins(message, builtin_types=(bytes,))
    return {**data, "text": message.text}


def to_message(data: dict[str, Any]) -> Message:
    """A message from `{role, text}` or `{role, parts}`."""
    data = dict(data)
    text = data.pop("text", None)
    if "parts" not in data:
        data["parts"] = [{"type": "text", "text": text or ""}]
    data["parts"] = [
        {"type": "text", "text": p} if isinstance(p, str) else p for p in data["parts"]
    ]
    try:
        return msgspec.convert(data, Message)
    except msgspec.ValidationError as error:
        raise ValidationError(f"Not a message: {error}.", hint="Write {role, text}.") from error
