"""What goes into a run and what comes out of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from polyspell.errors import ConfigError, LimitExceeded, ValidationError
from polyspell.messages import FinishReason, Message, ToolCall, ToolResult, Usage


class RunLimits(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a run stops with LimitExceeded; None is no limit.

    Attributes:
        turns: model calls.
        tool_calls: tool calls.
        tokens: input and output tokens of all model calls together.
        cost: US dollars, where the price is known.
        seconds: from start to end.
    """

    turns: int | None = 20
    tool_calls: int | None = None
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None

    @staticmethod
    def of(limits: RunLimits | dict[str, Any] | None) -> RunLimits:
        """Limits as they are, from a dict, or the usual ones.

        Raises:
            ConfigError: a name is not known, or a value is no number.
        """
        if isinstance(limits, RunLimits):
            return limits
        try:
            made = msgspec.convert(limits or {}, RunLimits, strict=False)
        except msgspec.ValidationError as error:
            raise ConfigError(f"limits: {error}.") from error
        if any(given != given for given in msgspec.structs.astuple(made)):
            raise ConfigError("limits: NaN is no number.", hint="Leave out what has no limit.")
        return made

    def check(self, turns: int, tool_calls: int, usage: Usage) -> None:
        """Raise LimitExceeded if one of the counts is over."""
        self._over("turns", turns, self.turns)
        self._over("tool_calls", tool_calls, self.tool_calls)
        self._over("tokens", usage.total_tokens, self.tokens)
        self._over("cost", usage.cost or 0.0, self.cost)

    def _over(self, name: str, value: float, allowed: float | None) -> None:
        if allowed is not None and value > allowed:
            raise self.error(name)

    def error(self, name: str) -> LimitExceeded:
        """The error for a limit that was reached."""
        allowed = getattr(self, name)
        return LimitExceeded(
            f"The run reached its limit of {allowed:g} {name.replace('_', ' ')}.",
            hint=f"Raise it: limits={{'{name}': ...}}; or see in the messages why it went on.",
            context={"limit": name, "allowed": allowed},
        )


RunFinish = FinishReason | Literal["approval"]
Decision = bool | str | dict[str, Any]
"""True: go on; False or a reason: refuse; a dict: go on with these arguments instead."""
Approve = Callable[[ToolCall], Decision | Awaitable[Decision]]


class RunState(msgspec.Struct, omit_defaults=True):
    """A run that can go on later, in another process too: `msgspec.json` both ways, or
    `to_dict` and `from_dict`. `pending` are the ids of tool calls that wait for approval, and
    `decisions` what was decided on others that are asked for at the same time; `cut` are those that
    were cut off and will not be made."""

    agent: str
    messages: list[Message]
    start: int = 0
    usage: Usage = msgspec.field(default_factory=Usage)
    turns: int = 0
    tool_calls: int = 0
    pending: list[str] = []
    decisions: dict[str, Decision] = {}
    run_id: str | None = None
    cut: list[str] = []

    def to_dict(self) -> dict[str, Any]:
        """The state as JSON data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data

    @staticmethod
    def from_dict(data: dict[str, Any]) -> RunState:
        """The inverse of `to_dict`.

        Raises:
            ValidationError: it is not a state; says where.
        """
        try:
            return msgspec.convert(data, RunState)
        except msgspec.ValidationError as error:
            raise ValidationError(f"Not the state of a run: {error}.") from error


class Result(msgspec.Struct):
    """What a run gave.

    Attributes:
        text: the model's last text.
        output: the text as the agent's output type; the text itself where there is none.
        messages: the whole conversation, without instructions: give it to the next run.
        start: index in `messages` of the first message of this run.
        usage: tokens and cost of all model calls of the run, those of agents it called included.
        finish_reason: why it ended; "approval" when tool calls wait for a decision (`pending`).
        run_id: under which its events are told.
        agent: the name of the agent that answered (another one after a hand-over).
        state: what `Agent.resume` takes; can be stored as JSON.
    """

    text: str
    output: Any
    messages: list[Message]
    start: int
    usage: Usage
    finish_reason: RunFinish
    run_id: str
    agent: str
    state: RunState

    @property
    def new_messages(self) -> list[Message]:
        """The messages of this run: the prompt and all that followed."""
        return self.messages[self.start :]

    @property
    def pending(self) -> list[ToolCall]:
        """Tool calls that wait for approval."""
        waiting = set(self.state.pending)
        return [c for m in self.messages[-1:] for c in m.tool_calls if c.id in waiting]

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls of this run: `{id, name, arguments, result, error}`, in order."""
        parts = [p for m in self.new_messages for p in m.parts]
        results = {p.id: p for p in parts if isinstance(p, ToolResult)}
        found = []
        for call in [p for p in parts if isinstance(p, ToolCall)]:
            result = results.get(call.id)
            found.append(
                {
                    "id": call.id,
                    "name": call.name,
                    "arguments": _json(call.arguments),
                    "result": None if result is None else result.data,
                    "error": result.content if result is not None and result.error else None,
                }
            )
        return found


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
