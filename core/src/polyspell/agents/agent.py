"""What an agent is, and the ways to run it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.agents.approval import decision
from polyspell.agents.run import Run
from polyspell.agents.stream import RunStream
from polyspell.agents.toolcalls import failure
from polyspell.agents.types import Approve, Decision, Result, RunLimits, RunState
from polyspell.aio import runner
from polyspell.errors import ConfigError, ToolError, ValidationError
from polyspell.grants import UNRESTRICTED, Grants
from polyspell.hooks import Hook, Hooks
from polyspell.memory import Memory
from polyspell.messages import Message, Part
from polyspell.providers.base import Request, ToolSpec
from polyspell.schema import check, coerce, expand, from_type, is_object, parse_json
from polyspell.schema.infer import convert
from polyspell.tools import Tool, ToolContext

if TYPE_CHECKING:
    from polyspell.host import Host

Instructions = str | Callable[[Any], str | Awaitable[str]]
Prompt = str | Message | Sequence[str | Part]


class Agent:
    """A model with instructions and tools.

        agent = Agent("openai/gpt-5", instructions="Be brief.", tools=[weather])
        result = await agent.run("What is the weather in Oslo?")

    Args:
        model: `provider/model`; None for the configured one.
        name: how it is called in events, hand-overs and scripts.
        instructions: the system prompt: a text, or a function of the run's `context`, plain or
            async.
        tools: tools, functions (made into tools), or names of installed tools.
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
        tools: Sequence[Tool | Callable[..., Any] | str] = (),
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
        self.limits = _limits(limits)
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
        self._tools: dict[str, Tool] = {}
        self._last: list[Message] = []
        self._specs: tuple[ToolSpec, ...] | None = None
        self._schemas: dict[int, tuple[Any, dict[str, Any]]] = {}
        host.resolve_model(self.model)
        for each in tools:
            self.add_tool(each)

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
        return await _consume(stream)

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
        return RunStream(lambda: self._open(prompt, messages, **options))

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
        if isinstance(state, Result):
            state = state.state
        # A copy: what is resumed twice begins twice from the same state.
        copy = RunState.from_dict(state if isinstance(state, dict) else state.to_dict())
        if not (copy.messages and copy.messages[-1].tool_calls):
            raise ValidationError(
                "The run does not wait for anything.", hint="Call `run` with its messages."
            )
        if not isinstance(approvals, dict):
            approvals = dict.fromkeys(copy.pending, False if approvals is None else approvals)
        decided = {id: decision(given) for id, given in approvals.items()}

        async def opening() -> Run:
            run = Run(self, copy, approvals=decided, **options)
            run.take_over(self._named(copy.agent))
            return run

        return await _consume(RunStream(opening))

    def _named(self, name: str) -> Agent:
        """This agent, or the one in its hand-overs that had the conversation."""
        seen, waiting = set[int](), [self]
        while waiting:
            agent = waiting.pop()
            if agent.name == name:
                return agent
            if id(agent) not in seen:
                seen.add(id(agent))
                waiting.extend(agent.handoffs)
        raise ConfigError(
            f"The run belongs to the agent {name!r}, not to {self.name!r}.",
            hint="Resume it with the agent that began it.",
        )

    async def open(self, prompt: Prompt | None = None, **options: Any) -> RunStream:
        """`stream`, with the conversation read already: nothing was asked yet."""
        stream = self.stream(prompt, **options)
        await stream.open()
        return stream

    async def _open(
        self,
        prompt: Prompt | None,
        messages: Sequence[Message],
        *,
        context: Any = None,
        output: Any = None,
        limits: RunLimits | dict[str, Any] | None = None,
        grants: Grants | None = None,
    ) -> Run:
        history = list(messages)
        start = len(history)
        if self.memory is not None and not history:
            history = await self.memory.messages()
            start = len(history)
        elif prompt is None:
            start -= 1  # the last of them is what this run answers
        if prompt is not None:
            if history and history[-1].tool_calls:  # of a run that was not resumed
                history.append(_unanswered(history[-1]))
            history.append(_message(prompt))
        elif not history or history[-1].role != "user":
            raise ValidationError(
                "There is nothing to answer.", hint="Give a prompt, or messages that end with one."
            )
        return Run(
            self,
            RunState(self.name, history, start),
            context=context,
            output=output,
            limits=_limits(limits) if limits is not None else None,
            grants=grants,
        )

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
            "tools": list(self._tools.values()), "output": self.output, "limits": self.limits,
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

        async def run(prompt: str, context: ToolContext) -> Any:
            grants = self.grants.within(context.grants)
            stream = self.stream(prompt, context=context.context, grants=grants)
            try:
                result = await _consume(stream)
            finally:
                if context.usage is not None:
                    context.usage.add(stream.usage)
            if result.pending:
                raise ToolError(
                    f"{self.name} may not call {result.pending[0].name!r} without approval.",
                    hint="An agent that is a tool needs an `approve` function of its own.",
                )
            return result.output

        about = description or (self.instructions if isinstance(self.instructions, str) else None)
        return Tool(
            run, name=name or _tool_name(self.name), description=about or f"Ask {self.name}."
        )

    # -- its parts ------------------------------------------------------------------------------

    def add_tool(self, tool: Tool | Callable[..., Any] | str) -> Tool:
        """Give it another tool.

        Raises:
            ConfigError: it has one of that name.
        """
        if isinstance(tool, str):
            tool = self.host.tools.get(tool)
        elif not isinstance(tool, Tool):
            tool = Tool(tool)
        if tool.name in self._tools:
            raise ConfigError(
                f"The agent has two tools named {tool.name!r}.", hint="Give one another name."
            )
        self._tools[tool.name] = tool
        self._specs = None
        return tool

    def toolset(self) -> dict[str, Tool]:
        """Its tools by name, those that hand over included."""
        if not self.handoffs:
            return self._tools
        return {**self._tools, **{_handoff_name(a): _handoff_tool(a) for a in self.handoffs}}

    def handoff_named(self, tool: str) -> Agent | None:
        """The agent that a tool's name hands over to, if it is one of those."""
        return next((a for a in self.handoffs if _handoff_name(a) == tool), None)

    async def request(
        self,
        messages: list[Message],
        tools: dict[str, Tool],
        output: Any,
        context: Any,
        *,
        demand: bool = True,
    ) -> Request:
        """What the model is asked. `demand`: whether it must call a tool, where `tool_choice` says
        so."""
        instructions = self.instructions
        if callable(instructions):
            made = instructions(context)
            instructions = await made if inspect.isawaitable(made) else made
        head = [Message.system(instructions)] if instructions else []
        if tools is not self._tools or self._specs is None:
            self._specs = tuple(
                ToolSpec(t.name, t.description, t.parameters) for t in tools.values()
            )
        return Request(
            self.model,
            head + messages,
            self._specs,
            self.tool_choice if demand or self.tool_choice == "none" else "auto",
            None if output is None else self._schema(output),
            self.temperature,
            max_tokens=self.max_tokens,
            options=self.options,
        )

    def _schema(self, output: Any) -> dict[str, Any]:
        known = self._schemas.get(id(output))
        if known is None:
            plain = isinstance(output, dict | list)
            schema = expand(output) if plain else from_type(output)
            known = self._schemas[id(output)] = (output, schema)
        return known[1]

    def parse_output(self, text: str, output: Any) -> Any:
        """The text as a value of an output type.

        Raises:
            ValidationError: it does not fit; says where.
        """
        if output is str:
            return text
        schema = self._schema(output)
        value = parse_json(text, want_object=is_object(schema))
        if not isinstance(output, dict | list):
            return convert(output, value)
        value = coerce(schema, value)
        errors = check(schema, value)
        if errors:
            raise ValidationError(
                "; ".join(f"{e['path']}: {e['message']}" for e in errors),
                context={"errors": errors},
            )
        return value


async def _consume(stream: RunStream) -> Result:
    async with stream:
        async for _ in stream:
            pass
    return stream.result


def _limits(limits: RunLimits | dict[str, Any] | None) -> RunLimits:
    if limits is None:
        return RunLimits()
    if isinstance(limits, RunLimits):
        return limits
    try:
        return msgspec.convert(limits, RunLimits, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"limits: {error}.") from error


def _message(prompt: Prompt) -> Message:
    if isinstance(prompt, str):
        return Message.user(prompt)
    return prompt if isinstance(prompt, Message) else Message.user(*prompt)


def _unanswered(asking: Message) -> Message:
    return Message(
        "tool", [failure(c, "It was not called: the user went on.") for c in asking.tool_calls]
    )


def _tool_name(name: str) -> str:
    """A name that every provider takes for a tool."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]


def _handoff_name(agent: Agent) -> str:
    return _tool_name(f"transfer_to_{agent.name}")


def _handoff_tool(agent: Agent) -> Tool:
    async def transfer() -> str:
        return f"{agent.name} has taken over the conversation. Answer the user now."

    about = agent.instructions if isinstance(agent.instructions, str) else ""
    return Tool(
        transfer,
        name=_handoff_name(agent),
        description=f"Hand the conversation over to {agent.name}. {about}".strip(),
    )
