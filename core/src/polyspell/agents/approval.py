"""Which of a model's tool calls a person has to agree to, and what was decided."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from polyspell.agents.types import Decision
from polyspell.errors import ValidationError
from polyspell.messages import ToolCall
from polyspell.tools import Tool

if TYPE_CHECKING:
    from polyspell.agents.run import Run


async def decide(run: Run, calls: list[ToolCall]) -> list[ToolCall]:
    """Ask the agent's `approve`, if it has one; gives the calls that nobody has decided on."""
    undecided = []
    for call in calls:
        tool = run.tools.get(call.name)
        if tool is None or call.id in run.decisions or call.id in run.cut:
            continue
        if not _asks(run, tool, call):
            continue
        if run.agent.approve is None:
            undecided.append(call)
        else:
            answer = run.agent.approve(call)
            given = await answer if inspect.isawaitable(answer) else answer
            run.decisions[call.id] = decision(given)
    return undecided


def decision(given: Any) -> Decision:
    """What was decided: only True and other arguments allow a call."""
    if given is True or isinstance(given, dict) or (isinstance(given, str) and given):
        return given
    return False


def _asks(run: Run, tool: Tool, call: ToolCall) -> bool:
    if not callable(tool.needs_approval):
        return bool(tool.needs_approval)
    try:
        # As the tool will get them: "true" must not pass where True would be asked about.
        arguments = tool.validate(call.arguments)
    except ValidationError:
        return False  # the call will fail on its arguments, and needs nobody's approval for it
    try:
        return bool(tool.wants_approval(arguments))
    except Exception as error:
        run.log.warning("needs_approval of %s failed, so it asks", tool.name, exc_info=error)
        return True
