"""One run of an agent: the loop, once, as an async generator of events.

    model ── text ──▶ done
      │
      └─ tool calls ──▶ tools, in parallel ──▶ model again

`Agent.run` and the rest only consume it. However a run ends, `messages` is a valid conversation:
every tool call has its result. A generator within a generator is closed by `aclosing`: else its end
would come some time after the end of the run.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from polyspell.agents import toolcalls
from polyspell.agents.approval import decide
from polyspell.agents.output import parse_output
from polyspell.agents.types import Decision, Result, RunState
from polyspell.aio import reap
from polyspell.errors import ValidationError, describe
from polyspell.events import Event, new_id, new_span
from polyspell.messages import FinishReason, Message, Part, ToolCall, ToolResult
from polyspell.providers.call import ModelCall

if TYPE_CHECKING:
    from polyspell.agents.agent import Agent
    from polyspell.grants import Grants
    from polyspell.host import Host

T = TypeVar("T")


class Run:
    """The state of one run. Made by an agent, its `owner`; see `Agent.run` for the arguments. The
    `agent` is who answers: another one after a hand-over."""

    log = logging.getLogger("polyspell.agents")

    def __init__(
        self,
        agent: Agent,
        state: RunState,
        *,
        context: Any = None,
        approvals: dict[str, Decision] | None = None,
        output: Any = None,
        limits: Any = None,
        grants: Grants | None = None,
    ) -> None:
        self.owner = agent
        self.host: Host = agent.host
        self.context = context
        self.limits = limits or agent.limits
        self.grants = grants or agent.grants
        self.output = output if output is not None else agent.output
        self.messages = state.messages
        self.start = state.start
        self.usage = state.usage
        self.turns = state.turns
        self.calls_made = state.tool_calls
        self.run_id = state.run_id or ""
        self.span = new_span(state.run_id)
        self.run_id = self.span.run_id
        self.decisions = {**state.decisions, **(approvals or {})}
        self.result: Result | None = None
        # The first message that the agent's memory does not have.
        self.unsaid = len(self.messages) - 1 if self.open_calls() else self.start
        self._begun: tuple[Agent, Grants, int, int, int] | None = None
        self._deadline: float | None = None
        self._finish_reason: FinishReason = "stop"
        self._retries = agent.output_retries
        self._ids: set[str] | None = None
        self.use(agent)

    def use(self, agent: Agent) -> None:
        """Let this agent be the one that answers."""
        self.agent = agent
        self.hooks = agent.hooks
        self.tools = agent.toolset()

    def take_over(self, other: Agent) -> None:
        """Let another agent answer, within the grants of those before."""
        if other is not self.agent:
            self.grants = other.grants.within(self.grants)
            self.use(other)

    def begin(self, messages: list[Message], context: Any) -> None:
        """Start, or start again, with what a hook made of the conversation and the context. Where
        the hook left out or added messages, it did so before those of this run."""
        if self._begun is None:
            counts = len(self.messages), self.start, self.unsaid
            self._begun = self.agent, self.grants, *counts
        agent, self.grants, count, start, unsaid = self._begun
        more = len(messages) - count
        self.start, self.unsaid = max(0, start + more), max(0, unsaid + more)
        self.messages[:] = messages
        self.context = context
        self.result = None
        self._retries = agent.output_retries
        self.use(agent)

    # -- the loop -------------------------------------------------------------------------------

    async def events(self) -> AsyncGenerator[Event, None]:
        """Do the run. `result` is there when it is through."""
        if self.limits.seconds is not None and self._deadline is None:
            self._deadline = time.monotonic() + self.limits.seconds
        try:
            yield self._tell("agent.run.started", {"agent": self.agent.name})
            async with aclosing(self._turns()) as turns:
                async for event in turns:
                    yield event
            assert self.result is not None
            yield self._completed(self.result.text, self.result.finish_reason)
        except (GeneratorExit, asyncio.CancelledError):
            self._tell("agent.run.cancelled", {"agent": self.agent.name})
            raise
        except Exception as error:
            self._tell("agent.run.failed", {"agent": self.agent.name, "error": describe(error)})
            raise
        finally:
            self._close_calls("It was not called: the run ended before.")

    def answered(self, text: str) -> list[Event]:
        """The events of a run that a hook answered without asking; the text is said."""
        message = Message.assistant(text)
        self.messages.append(message)
        return [
            self._tell("agent.run.started", {"agent": self.agent.name}),
            self._tell("agent.text", {"text": text}),
            self._tell("agent.message", {"message": msgspec.to_builtins(message)}),
            self._completed(text, "stop"),
        ]

    def _completed(self, text: str, reason: str) -> Event:
        data = {
            "agent": self.agent.name, "text": text, "finish_reason": reason,
            "usage": msgspec.to_builtins(self.usage),
        }  # fmt: skip
        return self._tell("agent.run.completed", data)

    def _tell(self, name: str, data: dict[str, Any]) -> Event:
        span = self.span
        event = Event(name, data, time.time(), span.run_id, span.span_id, span.parent_id)
        self.host.events.publish(event)
        return event

    async def _turns(self) -> AsyncGenerator[Event, None]:
        calls = self.open_calls()
        while True:
            if calls:
                async with aclosing(self._tools(calls)) as tools:
                    async for event in tools:
                        yield event
                if self.result is not None:
                    return
            self.limits.check(self.turns + 1, self.calls_made, self.usage)
            async with aclosing(self._model()) as model:
                async for event in model:
                    yield event
            calls = self.messages[-1].tool_calls
            if not calls and self._finish():
                return

    # -- the model ------------------------------------------------------------------------------

    async def _model(self) -> AsyncGenerator[Event, None]:
        self.turns += 1
        agent = self.agent
        request = await self._in_time(
            agent.request(
                self.messages, self.tools, self.output, self.context, demand=not self.calls_made
            )
        )
        call = ModelCall(
            self.host, agent.model, request, self.hooks, agent=agent.name, context=self.context
        )
        deltas = call.deltas()
        try:
            while True:
                try:
                    delta = await self._in_time(anext(deltas))
                except StopAsyncIteration:
                    break
                if delta.thinking:
                    yield self._tell("agent.thinking", {"text": delta.thinking})
                if delta.text:
                    yield self._tell("agent.text", {"text": delta.text})
        except BaseException:
            self._keep(call)
            raise
        finally:
            await deltas.aclose()
        self.usage.add(call.usage)
        self._finish_reason = call.response.finish_reason
        message = self._with_own_ids(call.response.message)
        self.messages.append(message)
        yield self._tell("agent.message", {"message": msgspec.to_builtins(message)})

    def _with_own_ids(self, message: Message) -> Message:
        """The message, each of whose calls has an id that no other of the conversation has: some
        models count anew in each answer, and decisions and results go by the id."""
        if not message.tool_calls:
            return message
        if self._ids is None:
            self._ids = {call.id for m in self.messages for call in m.tool_calls}
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolCall):
                if not part.id or part.id in self._ids:
                    part = msgspec.structs.replace(part, id=f"call_{new_id()}")
                self._ids.add(part.id)
            parts.append(part)
        return msgspec.structs.replace(message, parts=parts)

    def _keep(self, call: ModelCall) -> None:
        """What came before a failure stays in the conversation, without half a tool call."""
        partial = call.so_far()
        if partial is None:
            return
        self.usage.add(call.usage)
        parts: list[Part] = [p for p in partial.message.parts if not isinstance(p, ToolCall)]
        if parts:
            self.messages.append(Message("assistant", parts, metadata={"incomplete": True}))

    async def _in_time(self, work: Awaitable[T]) -> T:
        """Await, but no longer than the run may last."""
        if self._deadline is None:
            return await work
        scope = asyncio.timeout(self._deadline - time.monotonic())
        try:
            async with scope:
                return await work
        except TimeoutError:
            if scope.expired():
                raise self.limits.error("seconds") from None
            raise

    # -- the tools ------------------------------------------------------------------------------

    def open_calls(self) -> list[ToolCall]:
        """Tool calls of the last message that have no result yet."""
        return self.messages[-1].tool_calls if self.messages else []

    async def _tools(self, calls: list[ToolCall]) -> AsyncGenerator[Event, None]:
        undecided = await self._in_time(decide(self, calls))
        if undecided:
            yield self._tell(
                "agent.approval.required", {"calls": [msgspec.to_builtins(c) for c in undecided]}
            )
            self.result = self._result("approval", [c.id for c in undecided])
            return
        self.limits.check(self.turns, self.calls_made + len(calls), self.usage)
        self.calls_made += len(calls)
        results: dict[str, ToolResult] = {}
        try:
            alone = len(calls) == 1
            work = self._one(calls[0], results) if alone else self._many(calls, results)
            async with aclosing(work) as steps:
                async for event in steps:
                    yield event
        finally:
            self._answer(calls, results)
        for call in calls:
            other = self.agent.handoff_named(call.name)
            if other is not None and not results[call.id].error:
                yield self._hand_over(other)
                return

    async def _one(
        self, call: ToolCall, results: dict[str, ToolResult]
    ) -> AsyncGenerator[Event, None]:
        yield self._tell(*toolcalls.started(call))
        begin = toolcalls.clock()
        results[call.id] = result = await self._in_time(self._execute(call))
        yield self._tell(*toolcalls.ended(result, toolcalls.clock() - begin))

    async def _many(
        self, calls: list[ToolCall], results: dict[str, ToolResult]
    ) -> AsyncGenerator[Event, None]:
        begin = toolcalls.clock()
        tasks: dict[asyncio.Task[ToolResult], ToolCall] = {}
        try:
            for call in calls:
                yield self._tell(*toolcalls.started(call))
                tasks[asyncio.ensure_future(self._execute(call))] = call
            waiting = set(tasks)
            while waiting:
                done, waiting = await self._in_time(
                    asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                )
                for task in [t for t in tasks if t in done]:
                    results[tasks[task].id] = result = task.result()
                    yield self._tell(*toolcalls.ended(result, toolcalls.clock() - begin))
        finally:
            await reap(*tasks)

    async def _execute(self, call: ToolCall) -> ToolResult:
        decision = self.decisions.get(call.id, True)
        if decision is False or isinstance(decision, str):
            reason = decision or "no reason was given"
            return toolcalls.failure(call, f"The user did not allow this call: {reason}.")
        changed = decision if isinstance(decision, dict) else None
        return await toolcalls.execute(self, call, changed)

    def _answer(self, calls: list[ToolCall], results: dict[str, ToolResult]) -> None:
        """Add the results to the conversation, one for each call, in the order of the calls."""
        parts: list[Any] = [
            results.get(c.id) or toolcalls.failure(c, "The call was cancelled.") for c in calls
        ]
        self.messages.append(Message("tool", parts))

    def _close_calls(self, reason: str) -> None:
        if self.result is not None and self.result.finish_reason == "approval":
            return
        if calls := self.open_calls():
            results: list[Any] = [toolcalls.failure(c, reason) for c in calls]
            self.messages.append(Message("tool", results))

    def _hand_over(self, other: Agent) -> Event:
        data = {"from": self.agent.name, "to": other.name}
        self.take_over(other)
        return self._tell("agent.handoff", data)

    # -- the end --------------------------------------------------------------------------------

    def _finish(self) -> bool:
        """Make the result of the last message; false if the model has to try again."""
        result = self._result(self._finish_reason, [])
        if self.output is not None:
            try:
                result.output = parse_output(result.text, self.output)
            except ValidationError as error:
                if self._retries <= 0:
                    raise
                self._retries -= 1
                self.messages.append(
                    Message.user(f"That does not fit: {error} Answer again, with the JSON only.")
                )
                return False
        self.result = result
        return True

    def _result(self, reason: Any, pending: list[str]) -> Result:
        text = self.messages[-1].text
        return Result(
            text, text, self.messages, self.start, self.usage, reason,
            self.run_id, self.agent.name, self.state(pending),
        )  # fmt: skip

    def state(self, pending: list[str]) -> RunState:
        """The run as it stands, to be resumed."""
        return RunState(
            self.agent.name, self.messages, self.start, self.usage, self.turns,
            self.calls_made, pending, self.decisions if pending else {}, self.run_id,
        )  # fmt: skip
