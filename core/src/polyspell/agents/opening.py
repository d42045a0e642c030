"""Where a run begins: with a prompt, or where another one waits for approval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from polyspell.agents.approval import decision
from polyspell.agents.run import Run
from polyspell.agents.toolcalls import failure
from polyspell.agents.types import Decision, Result, RunLimits, RunState
from polyspell.errors import ConfigError, ValidationError
from polyspell.grants import Grants
from polyspell.messages import Message, Part

if TYPE_CHECKING:
    from polyspell.agents.agent import Agent

Prompt = str | Message | Sequence[str | Part]


async def opened(
    agent: Agent,
    prompt: Prompt | None,
    messages: Sequence[Message],
    *,
    context: Any = None,
    output: Any = None,
    limits: RunLimits | dict[str, Any] | None = None,
    grants: Grants | None = None,
) -> Run:
    """A run that is about to begin; arguments as for `Agent.run`.

    Raises:
        ValidationError: there is nothing to answer.
        ConfigError: a limit is none.
    """
    history = list(messages)
    start = len(history)
    if agent.memory is not None and not history:
        history = await agent.memory.messages()
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
        agent,
        RunState(agent.name, history, start),
        context=context,
        output=output,
        limits=None if limits is None else RunLimits.of(limits),
        grants=grants,
    )


def resumable(state: RunState | Result | dict[str, Any]) -> RunState:
    """A copy of the state of a run that waits: what is resumed twice begins twice from the same.

    Raises:
        ValidationError: it is no state, or of a run that waits for nothing.
    """
    if isinstance(state, Result):
        state = state.state
    copy = RunState.from_dict(state if isinstance(state, dict) else state.to_dict())
    if not (copy.messages and copy.messages[-1].tool_calls):
        raise ValidationError(
            "The run does not wait for anything.", hint="Call `run` with its messages."
        )
    return copy


def resumed(
    agent: Agent,
    state: RunState,
    approvals: dict[str, Decision] | Decision | None,
    **options: Any,
) -> Run:
    """The run that goes on from a state; arguments as for `Agent.resume`.

    Raises:
        ConfigError: it belongs to another agent.
    """
    if not isinstance(approvals, dict):
        approvals = dict.fromkeys(state.pending, False if approvals is None else approvals)
    decided = {id: decision(given) for id, given in approvals.items()}
    run = Run(agent, state, approvals=decided, **options)
    run.take_over(named(agent, state.agent))
    return run


def named(first: Agent, name: str) -> Agent:
    """See `Agent.named`."""
    seen, waiting = set[int](), [first]
    while waiting:
        agent = waiting.pop()
        if agent.name == name:
            return agent
        if id(agent) not in seen:
            seen.add(id(agent))
            waiting.extend(agent.handoffs)
    raise ConfigError(
        f"The run belongs to the agent {name!r}, not to {first.name!r}.",
        hint="Resume it with the agent that began it.",
    )


def _message(prompt: Prompt) -> Message:
    if isinstance(prompt, str):
        return Message.user(prompt)
    return prompt if isinstance(prompt, Message) else Message.user(*prompt)


def _unanswered(asking: Message) -> Message:
    return Message(
        "tool", [failure(c, "It was not called: the user went on.") for c in asking.tool_calls]
    )
