"""Polyspell: a small host for LLM agents, in which every capability is a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyspell.agents import Agent, Result, RunLimits
    from polyspell.errors import PolyspellError
    from polyspell.events import Event
    from polyspell.hooks import Hook, HookCall
    from polyspell.hookspecs import (
        EngineInfo,
        MemoryInfo,
        ProviderInfo,
        ToolInfo,
        hookimpl,
        hookspec,
    )
    from polyspell.host import Host
    from polyspell.memory import Memory
    from polyspell.messages import Message
    from polyspell.scripting.sandbox import Sandbox
    from polyspell.tools import Tool, ToolBox, ToolContext, ToolOutput, tool

__version__ = "0.1.0"

_WHERE = {
    "Agent": "agents", "Result": "agents", "RunLimits": "agents",
    "PolyspellError": "errors", "Event": "events", "Hook": "hooks", "HookCall": "hooks",
    "EngineInfo": "hookspecs", "MemoryInfo": "hookspecs", "ProviderInfo": "hookspecs",
    "ToolInfo": "hookspecs", "hookimpl": "hookspecs", "hookspec": "hookspecs",
    "Host": "host", "Memory": "memory", "Message": "messages", "Sandbox": "scripting.sandbox",
    "Tool": "tools", "ToolBox": "tools", "ToolContext": "tools", "ToolOutput": "tools",
    "tool": "tools",
}  # fmt: skip

__all__ = [
    "Agent",
    "EngineInfo",
    "Event",
    "Hook",
    "HookCall",
    "Host",
    "Memory",
    "MemoryInfo",
    "Message",
    "PolyspellError",
    "ProviderInfo",
    "Result",
    "RunLimits",
    "Sandbox",
    "Tool",
    "ToolBox",
    "ToolContext",
    "ToolInfo",
    "ToolOutput",
    "hookimpl",
    "hookspec",
    "tool",
]


def __getattr__(name: str) -> Any:
    """Public names are imported at their first use, so that `import polyspell` is free."""
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module 'polyspell' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"polyspell.{where}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
