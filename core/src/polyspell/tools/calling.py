"""A tool call within its hooks, whoever makes it: an agent for its model, or a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyspell.hooks import HookCall, through

if TYPE_CHECKING:
    from polyspell.hooks import Hooks
    from polyspell.tools.base import Tool, ToolContext


async def call_within(
    hooks: Hooks, tool: Tool, arguments: dict[str, Any], context: ToolContext
) -> Any:
    """Call a tool within the hooks around `tool.call`; gives its value, or what the hooks made of
    it. Raises what the tool or a hook raises.

    Args:
        hooks: those of whoever calls.
        context: what the tool may know; the hooks see its call id, agent and context.
    """
    chain = hooks.chain("tool.call")
    if chain is None:
        return await tool.call(arguments, context)
    values = {
        "tool": tool.name, "arguments": arguments, "agent": context.agent,
        "call_id": context.call.id if context.call is not None else "", "context": context.context,
    }  # fmt: skip

    async def inner(call: HookCall) -> Any:
        return await tool.call(call.values["arguments"], context)

    return await through(chain, HookCall("tool.call", values), inner)
