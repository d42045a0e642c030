"""What an agent is, and the ways to run it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.agents.opening import Prompt, named, opened, resumable, resumed
from polyspell.agents.run import Run
from polyspell.agents.stream import RunStream
from polyspell.agents.teams import as_tool, handoff_name
from polyspell.agents.toolset import Given, Toolset
from polyspell.agents.types import Approve, Decision, Result, RunLimits, RunState
from polyspell.aio import runner
from polyspell.errors import ValidationError
from polyspell.grants import UNRESTRICTED, Grants
from polyspell.hooks import Hook, Hooks
from polyspell.memory import Memory
from polyspell.messages import Message
from polyspell.providers.base import ToolSpec
from polyspell.tools import Tool, ToolBox

if TYPE_CHECKING:
    from polyspell.host import Host

Instructions = str | Callable[[Any], str | Awaitable[str]]


class Agent:
    """A model with instructions and tools.

        agent = Agent("openai/gpt-5", instructions="Be brief.", tools=[weather])
        result = await agent.run("What is the weather in Oslo?")

    Args:
        model: `provider/model`; None for the configured one.
        name: how it is called in events, hand-overs and scripts.
        instructions: the system prompt: a text, or a function of the run's `context`, plain or
            async.
        tools: tools, functions (made into tools), or names of installed tools; a ToolBox, alone or
            among them, for those that the model has to find.
        output: the type of `Result.output`: a type, a dataclass, a pydantic model, or a JSON Schema
            (or its short form) for plain data. None for text.
        memory: what it remembers between runs; True for a conversation kept in the process. Without
            one every run stands alone.
        limits: where a run stops.
        approve: decides on calls of tools that need approval; without it the run pauses, see
            `Result.pending` and `resume`.
        hooks: hooks around this agent's runs only.
        handoffs: agents to which the model can hand the conversation over.
        temperature, max_tokens, tool_choice: see `Request`. What `tool_choice` demands is demanded
            until a tool was called: a run would not end otherwise.
        options: the provider's own settings.
        output_retries: how often the model may try again when its output does not fit.
        grants: what its tools may do; None for everything.
        host: where providers and tools come from; None for the process's own host.

    Raises:
        ConfigError: no model is named anywhere, or two tools have one name.
        NotFoundError: a tool or provider is not there.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        name: str = "agent",
        instructions: Instructions | None = None,
        tools: Sequence[Given] | ToolBox = (),
        output: Any = None,
        memory: Memory | bool | None = None,
        limits: RunLimits | dict[str, Any] | None = None,
        approve: Approve | None = None,
        hooks: Sequence[Hook] = (),
        handoffs: Sequence[Agent] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        tool_choice: str = "auto",
        options: dict[str, Any] | None = None,
        output_retries: int = 1,
        grants: Grants | None = None,
        host: Host | None = None,
    ) -> None:
        if host is None:
            from polyspell.host import default_host

            host = default_host()
        self.host = host
        self.model = model or host.default_model()
        self.name = name
        self.instructions = instructions
        self.output = output
        self.memory = Memory() if memory is True else (memory or None)
        self.limits = RunLimits.of(limits)
        self.approve = approve
        self.hooks = Hooks(host.hooks)
        for hook in hooks:
            self.hooks.add(hook)
        self.handoffs = list(handoffs)
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.tool_choice = tool_choice
        self.options = options or {}
        self.output_retries = output_retries
        self.grants = grants or UNRESTRICTED
        self._last: list[Message] = []
        host.resolve_model(self.model)
        self._tools = Toolset(host, tools)

    def __repr__(self) -> str:
        return f"Agent({self.model!r}, name={self.name!r})"

    # -- running --------------------------------------------------------------------------------

    async def run(
        self,
        prompt: Prompt | None = None,
        *,
        messages: Sequence[Message] = (),
        context: Any = None,
        output: Any = None,
        limits: RunLimits | dict[str, Any] | None = None,
    ) -> Result:
        """Run to the end.

        Args:
            prompt: what the user says; may be left out where `messages` ends with it.
            messages: the conversation before it, as `Result.messages` gives it.
            context: anything; tools get it in their ToolContext, instructions as their argument.
            output: an output type for this run.
            limits: limits for this run.

        Raises:
            ProviderError: the model failed.
            LimitExceeded: a limit was reached.
            ValidationError: the output does not fit, after all retries.
        """
        stream = self.stream(
            prompt, messages=messages, context=context, output=output, limits=limits
        )
        return await stream.read()

    def stream(
        self, prompt: Prompt | None = None, *, messages: Sequence[Message] = (), **options: Any
    ) -> RunStream:
        """Run, and give the events while they happen. Arguments as `run`, and `grants` instead of
        the agent's own.

        async with agent.stream("...") as stream:
            async for text in stream.text():
                print(text, end="")
        stream.result
        """
        return RunStream(lambda: opened(self, prompt, messages, **options))

    def run_sync(self, prompt: Prompt | None = None, **options: Any) -> Result:
        """`run`, for callers that are not async."""
        return runner.run(self.run(prompt, **options))

    async def resume(
        self,
        state: RunState | Result | dict[str, Any],
        approvals: dict[str, Decision] | Decision | None = None,
        **options: Any,
    ) -> Result:
        """Go on with a run that waits for approval.

        Args:
            state: `Result.state`, or its JSON data.
            approvals: by tool call id: True, False, a reason to refuse, or other arguments; one
                decision stands for all.
            options: as for `run`.
        """
        waiting = resumable(state)

        async def opening() -> Run:
            return resumed(self, waiting, approvals, **options)

        return await RunStream(opening).read()

    def named(self, name: str) -> Agent:
        """This agent, or the one in its hand-overs that has the name.

        Raises:
            ConfigError: none has.
        """
        return named(self, name)

    def ended(self, messages: list[Message]) -> None:
        """A run is over; `history` gives its messages where there is no memory."""
        self._last = messages

    # -- between runs ---------------------------------------------------------------------------

    async def history(self) -> list[Message]:
        """All that it remembers; without a memory, the messages of the last run that ended."""
        if self.memory is None:
            return list(self._last)
        return [item.message for item in await self.memory.items()]

    async def state(self) -> dict[str, Any]:
        """The conversation as JSON data, to be kept between turns."""
        data: dict[str, Any] = msgspec.to_builtins(
            {"version": 1, "agent": self.name, "messages": await self.history()}
        )
        return data

    async def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`: the agent remembers its conversation from now on.

        Raises:
            ValidationError: it is not a state; says where.
        """
        try:
            messages = msgspec.convert(state["messages"], list[Message])
        except (KeyError, TypeError, msgspec.ValidationError) as error:
            raise ValidationError(f"Not the state of an agent: {error}.") from error
        if self.memory is None:
            self.memory = Memory()
        await self.memory.clear()
        await self.memory.add(messages)

    def clone(self, **changes: Any) -> Agent:
        """A new agent like this one, with changes; arguments as for Agent. Unless another is given,
        its memory has the same window, and is empty and kept in the process."""
        options: dict[str, Any] = {
            "model": self.model, "name": self.name, "instructions": self.instructions,
            "tools": self._tools.given,
            "output": self.output, "limits": self.limits,
            "approve": self.approve, "handoffs": self.handoffs, "temperature": self.temperature,
            "max_tokens": self.max_tokens, "tool_choice": self.tool_choice,
            "options": dict(self.options), "output_retries": self.output_retries,
            "grants": self.grants, "host": self.host, "memory": self.memory and self.memory.fresh(),
        }  # fmt: skip
        clone = Agent(**{**options, **changes})
        if "hooks" not in changes:
            clone.hooks = self.hooks.copy()
        return clone

    def as_tool(self, name: str | None = None, description: str | None = None) -> Tool:
        """The agent as a tool that another agent can call with a prompt."""
        return as_tool(self, name, description)

    # -- its parts ------------------------------------------------------------------------------

    def use_box(self, box: ToolBox) -> None:
        """Let its model find tools in a box.

        Raises:
            ConfigError: it has one already.
        """
        self._tools.use_box(box)

    def add_tool(self, tool: Tool | Callable[..., Any] | str) -> Tool:
        """Give it another tool.

        Raises:
            ConfigError: it has one of that name.
        """
        return self._tools.add(tool)

    def toolset(self) -> dict[str, Tool]:
        """Its tools by name, those that hand over included; with a tool box new for each run."""
        return self._tools.open(self.handoffs)

    def handoff_named(self, tool: str) -> Agent | None:
        """The agent that a tool's name hands over to, if it is one of those."""
        return next((a for a in self.handoffs if handoff_name(a) == tool), None)

    def tool_specs(self, tools: dict[str, Tool]) -> tuple[ToolSpec, ...]:
        """What its model is told of a `toolset`."""
        return self._tools.specs(tools)
