"""Tools: functions that a model may call."""

from polyspell.tools.base import Tool, ToolContext, ToolOutput, tool

__all__ = ["Tool", "ToolContext", "ToolOutput", "tool"]
