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
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from polyspell.agents.answers import require_whole
from polyspell.agents.asking import ask
from polyspell.agents.calling import answer, call_tools
from polyspell.agents.output import parse_output
from polyspell.agents.types import Decision, Result, RunFinish, RunState
from polyspell.errors import LimitExceeded, ValidationError, describe
from polyspell.events import Event, new_span
from polyspell.messages import FinishReason, Message, ToolCall

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
        self.span = new_span(state.run_id)
        self.run_id = self.span.run_id
        self.decisions = {**state.decisions, **(approvals or {})}
        self.cut = state.cut  # ids of the last answer's calls that are not whole
        self.paused = False  # the last answer is still to be gone on with
        self.finish_reason: FinishReason = "stop"
        self.result: Result | None = None
        # The first message that the agent's memory does not have.
        self.unsaid = len(self.messages) - 1 if self.open_calls() else self.start
        self._begun: tuple[Agent, Grants, int, int, int] | None = None
        self._deadline: float | None = None
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
        self.paused = False
        self._retries = agent.output_retries
        self.use(agent)

    # -- the loop -------------------------------------------------------------------------------

    async def events(self) -> AsyncGenerator[Event, None]:
        """Do the run. `result` is there when it is through."""
        if self.limits.seconds is not None and self._deadline is None:
            self._deadline = time.monotonic() + self.limits.seconds
        try:
            yield self.tell("agent.run.started", {"agent": self.agent.name})
            async with aclosing(self._turns()) as turns:
                async for event in turns:
                    yield event
            assert self.result is not None
            yield self._completed(self.result.text, self.result.finish_reason)
        except (GeneratorExit, asyncio.CancelledError):
            self.tell("agent.run.cancelled", {"agent": self.agent.name})
            raise
        except Exception as error:
            self.tell("agent.run.failed", {"agent": self.agent.name, "error": describe(error)})
            raise
        finally:
            waits = self.result is not None and self.result.finish_reason == "approval"
            if not waits and (calls := self.open_calls()):
                answer(self, calls, {}, "It was not called: the run ended before.")

    async def _turns(self) -> AsyncGenerator[Event, None]:
        calls = self.open_calls()
        while True:
            if calls:
                async with aclosing(call_tools(self, calls)) as tools:
                    async for event in tools:
                        yield event
                if self.result is not None:
                    return
            self.limits.check(self.turns + 1, self.calls_made, self.usage)
            if self.turns:  # a model that need not be waited for keeps nobody from theirs
                await asyncio.sleep(0)
            async with aclosing(ask(self)) as model:
                async for event in model:
                    yield event
            calls = self.messages[-1].tool_calls
            if not calls and not self.paused and self._finish():
                return

    def answered(self, text: str) -> list[Event]:
        """The events of a run that a hook answered without asking; the text is said."""
        message = Message.assistant(text)
        self.messages.append(message)
        return [
            self.tell("agent.run.started", {"agent": self.agent.name}),
            self.tell("agent.text", {"text": text}),
            self.tell("agent.message", {"message": msgspec.to_builtins(message)}),
            self._completed(text, "stop"),
        ]

    def _completed(self, text: str, reason: str) -> Event:
        data = {
            "agent": self.agent.name, "text": text, "finish_reason": reason,
            "usage": msgspec.to_builtins(self.usage),
        }  # fmt: skip
        return self.tell("agent.run.completed", data)

    # -- what its steps need --------------------------------------------------------------------

    def tell(self, name: str, data: dict[str, Any]) -> Event:
        """Publish an event of this run; gives it."""
        span = self.span
        event = Event(name, data, time.time(), span.run_id, span.span_id, span.parent_id)
        self.host.events.publish(event)
        return event

    async def in_time(self, work: Awaitable[T]) -> T:
        """Await, but no longer than the run may last.

        Raises:
            LimitExceeded: it would have lasted longer.
        """
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

    def open_calls(self) -> list[ToolCall]:
        """Tool calls of the last message that have no result yet."""
        return self.messages[-1].tool_calls if self.messages else []

    def call_ids(self) -> set[str]:
        """The ids of all calls of the conversation; new ones are to be added."""
        if self._ids is None:
            self._ids = {call.id for m in self.messages for call in m.tool_calls}
        return self._ids

    # -- the end --------------------------------------------------------------------------------

    def _finish(self) -> bool:
        """Make the result of the last message; false if the model has to try again."""
        text = self.messages[-1].text
        output: Any = text
        if self.output is not None and self.output is not str:
            try:
                if self.finish_reason == "length":
                    require_whole(text, self.agent.max_tokens)
                output = parse_output(text, self.output)
            except (ValidationError, LimitExceeded) as error:
                if self._retries <= 0:
                    raise
                self._retries -= 1
                cut = isinstance(error, LimitExceeded)
                why = f"{error.message} It has to be shorter." if cut else str(error)
                self.messages.append(
                    Message.user(f"That does not fit: {why} Answer again, with the JSON only.")
                )
                return False
        self.end(self.finish_reason, text, output)
        return True

    def end(self, reason: RunFinish, text: str, output: Any, pending: Sequence[str] = ()) -> None:
        """Give the run its result.

        Args:
            reason: why it ends.
            text: what the model said last.
            output: the value of it.
            pending: ids of the calls that wait for approval.
        """
        state = RunState(
            self.agent.name, self.messages, self.start, self.usage, self.turns, self.calls_made,
            list(pending), self.decisions if pending else {}, self.run_id,
            self.cut if pending else [],
        )  # fmt: skip
        self.result = Result(
            text, output, self.messages, self.start, self.usage, reason, self.run_id,
            self.agent.name, state,
        )  # fmt: skip
