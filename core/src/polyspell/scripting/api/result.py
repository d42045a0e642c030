"""What a run gave, for scripts."""

from __future__ import annotations

from typing import Any

import msgspec

from polyspell.agents import Result
from polyspell.scripting.api.messages import from_message
from polyspell.scripting.declare import ApiRecord
from polyspell.scripting.types import Table


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
