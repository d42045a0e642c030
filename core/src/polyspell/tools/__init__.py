"""Tools: functions that a model may call."""

from polyspell.tools.base import Tool, ToolContext, ToolOutput, tool
from polyspell.tools.options import tool_options

__all__ = ["Tool", "ToolContext", "ToolOutput", "tool", "tool_options"]
