"""One run of an agent: the loop, once, as an async generator of events.

    model ── text ──▶ done
      │
      └─ tool calls ──▶ tools, in parallel ──▶ model again

`Agent.run` and the rest only consume it. However a run ends, `messages` is a valid conversation:
every tool call has its result.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from polyspell.agents import toolcalls
from polyspell.agents.types import Decision, Result, RunState
from polyspell.aio import reap
from polyspell.errors import Cancelled, ValidationError, describe
from polyspell.events import Event, enter_span, leave_span
from polyspell.events.bus import make_event
from polyspell.messages import FinishReason, Message, Part, Response, ToolCall, ToolResult, Usage
from polyspell.providers.call import ModelCall
from polyspell.schema import parse_json

if TYPE_CHECKING:
    from polyspell.agents.agent import Agent
    from polyspell.grants import Grants
    from polyspell.host import Host

T = TypeVar("T")


class Run:
    """The state of one run. Made by an agent; see `Agent.run` for the arguments."""

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
        self.agent = agent
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
        self.approvals = approvals or {}
        self.result: Result | None = None
        self._deadline: float | None = None
        self._finish_reason: FinishReason = "stop"
        self._retries = agent.output_retries
        self._use(agent)

    def _use(self, agent: Agent) -> None:
        """Let this agent be the one that answers."""
        self.agent = agent
        self.hooks = agent.hooks
        self.tools = agent.toolset()

    # -- the loop -------------------------------------------------------------------------------

    async def events(self) -> AsyncGenerator[Event, None]:
        """Do the run. `result` is there when it is through."""
        span, token = enter_span()
        self.run_id = self.run_id or span.span_id
        if self.limits.seconds is not None:
            self._deadline = time.monotonic() + self.limits.seconds
        try:
            yield self._tell("agent.run.started", {"agent": self.agent.name})
            async for event in self._turns():
                yield event
            assert self.result is not None
            data = {
                "agent": self.agent.name, "text": self.result.text,
                "finish_reason": self.result.finish_reason,
                "usage": msgspec.to_builtins(self.usage),
            }  # fmt: skip
            yield self._tell("agent.run.completed", data)
        except GeneratorExit:
            self._tell("agent.run.cancelled", {"agent": self.agent.name})
            raise
        except asyncio.CancelledError:
            self._tell("agent.run.cancelled", {"agent": self.agent.name})
            raise
        except Exception as error:
            self._tell("agent.run.failed", {"agent": self.agent.name, "error": describe(error)})
            raise
        finally:
            self._close_calls("It was not called: the run ended before.")
            leave_span(token)

    def _tell(self, name: str, data: dict[str, Any]) -> Event:
        event = make_event(name, data)
        self.host.events.publish(event)
        return event

    async def _turns(self) -> AsyncGenerator[Event, None]:
        calls = self._open_calls()
        while True:
            if calls:
                async for event in self._tools(calls):
                    yield event
                if self.result is not None:
                    return
            self.limits.check(self.turns + 1, self.calls_made, self.usage)
            async for event in self._model():
                yield event
            calls = self.messages[-1].tool_calls
            if not calls and self._finish():
                return

    # -- the model ------------------------------------------------------------------------------

    async def _model(self) -> AsyncGenerator[Event, None]:
        self.turns += 1
        agent = self.agent
        request = await agent.request(self.messages, self.tools, self.output, self.context)
        call = ModelCall(self.host, agent.model, request, self.hooks)
        deltas = call.deltas()
        try:
            while True:
                try:
                    delta = await self._in_time(anext(deltas))
                except StopAsyncIteration:
                    break
                if delta.text:
                    yield self._tell("agent.text", {"text": delta.text})
                elif delta.thinking:
                    yield self._tell("agent.thinking", {"text": delta.thinking})
        except BaseException:
            self._keep(call.so_far())
            raise
        finally:
            await deltas.aclose()
        response = call.response
        self.usage.add(response.usage)
        self._finish_reason = response.finish_reason
        self.messages.append(response.message)
        yield self._tell("agent.message", {"message": msgspec.to_builtins(response.message)})

    def _keep(self, partial: Response | None) -> None:
        """What came before a failure stays in the conversation, without half a tool call."""
        if partial is None:
            return
        self.usage.add(partial.usage)
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

    def _open_calls(self) -> list[ToolCall]:
        """Tool calls of the last message that have no result yet."""
        return self.messages[-1].tool_calls if self.messages else []

    async def _tools(self, calls: list[ToolCall]) -> AsyncGenerator[Event, None]:
        undecided = await self._in_time(self._decide(calls))
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
            steps = self._one(calls[0], results) if alone else self._many(calls, results)
            async for event in steps:
                yield event
        finally:
            self._answer(calls, results)
        self._hand_over(calls)

    async def _one(
        self, call: ToolCall, results: dict[str, ToolResult]
    ) -> AsyncGenerator[Event, None]:
        yield self._tell_event(toolcalls.started(call))
        begin = toolcalls.clock()
        results[call.id] = result = await self._in_time(self._execute(call))
        yield self._tell_event(toolcalls.ended(result, toolcalls.clock() - begin))

    async def _many(
        self, calls: list[ToolCall], results: dict[str, ToolResult]
    ) -> AsyncGenerator[Event, None]:
        begin = toolcalls.clock()
        tasks: dict[asyncio.Task[ToolResult], ToolCall] = {}
        try:
            for call in calls:
                yield self._tell_event(toolcalls.started(call))
                tasks[asyncio.ensure_future(self._execute(call))] = call
            waiting = set(tasks)
            while waiting:
                done, waiting = await self._in_time(
                    asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                )
                for task in done:
                    results[tasks[task].id] = result = task.result()
                    yield self._tell_event(toolcalls.ended(result, toolcalls.clock() - begin))
        finally:
            await reap(*tasks)

    def _tell_event(self, event: Event) -> Event:
        self.host.events.publish(event)
        return event

    async def _execute(self, call: ToolCall) -> ToolResult:
        decision = self.approvals.get(call.id, True)
        if decision is False or isinstance(decision, str):
            reason = decision if isinstance(decision, str) else "no reason was given"
            return toolcalls.failure(call, f"The user did not allow this call: {reason}.")
        changed = decision if isinstance(decision, dict) else None
        return await toolcalls.execute(self, call, changed)

    async def _decide(self, calls: list[ToolCall]) -> list[ToolCall]:
        """Ask who may approve; gives the calls that nobody has decided on."""
        undecided = []
        for call in calls:
            tool = self.tools.get(call.name)
            if tool is None or call.id in self.approvals or not self._asks(tool, call):
                continue
            if self.agent.approve is None:
                undecided.append(call)
            else:
                answer = self.agent.approve(call)
                self.approvals[call.id] = await answer if inspect.isawaitable(answer) else answer
        return undecided

    def _asks(self, tool: Any, call: ToolCall) -> bool:
        if tool.needs_approval is False or tool.needs_approval is True:
            return bool(tool.needs_approval)
        try:
            return bool(tool.wants_approval(parse_json(call.arguments, want_object=True)))
        except ValidationError:
            return False  # the call will fail on its arguments, and needs nobody's approval for it

    def _answer(self, calls: list[ToolCall], results: dict[str, ToolResult]) -> None:
        """Add the results to the conversation, one for each call, in the order of the calls."""
        parts: list[Any] = [
            results.get(c.id) or toolcalls.failure(c, "The call was cancelled.") for c in calls
        ]
        self.messages.append(Message("tool", parts))

    def _close_calls(self, reason: str) -> None:
        if self.result is not None and self.result.finish_reason == "approval":
            return
        if calls := self._open_calls():
            results: list[Any] = [toolcalls.failure(c, reason) for c in calls]
            self.messages.append(Message("tool", results))

    def _hand_over(self, calls: list[ToolCall]) -> None:
        for call in calls:
            other = self.agent.handoff_named(call.name)
            if other is not None:
                self._tell("agent.handoff", {"from": self.agent.name, "to": other.name})
                self._use(other)
                return

    # -- the end --------------------------------------------------------------------------------

    def _finish(self) -> bool:
        """Make the result of the last message; false if the model has to try again."""
        result = self._result(self._finish_reason, [])
        if self.output is not None:
            try:
                result.output = self.agent.parse_output(result.text, self.output)
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
            self.calls_made, pending, self.run_id,
        )  # fmt: skip


class RunStream:
    """A run to iterate over: `async for event in stream`; then `stream.result`.

    Leaving the iteration early, or `async with`, cancels the run.
    """

    def __init__(self, run: Run, events: AsyncGenerator[Event, None]) -> None:
        self._run = run
        self._events = events

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        return await anext(self._events)

    async def text(self) -> AsyncGenerator[str, None]:
        """Only the text, piece by piece."""
        async for event in self:
            if event.name == "agent.text":
                yield event.data["text"]

    @property
    def result(self) -> Result:
        """What the run gave.

        Raises:
            Cancelled: it is not through.
        """
        if self._run.result is None:
            raise Cancelled("The run is not finished.", hint="Iterate to the end first.")
        return self._run.result

    @property
    def usage(self) -> Usage:
        """What the run has used so far."""
        return self._run.usage

    @property
    def messages(self) -> list[Message]:
        """The conversation as far as it has come; valid for another run at any time after the
        stream is closed."""
        return self._run.messages

    async def aclose(self) -> None:
        """End the run now; nothing of it is left behind."""
        await self._events.aclose()

    async def __aenter__(self) -> RunStream:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()
