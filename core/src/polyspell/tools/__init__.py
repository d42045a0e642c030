"""Tools: functions that a model may call."""

from polyspell.tools.base import Tool, ToolContext, ToolOutput, tool
from polyspell.tools.box import ToolBox
from polyspell.tools.options import tool_options
from polyspell.tools.search import ToolCard

__all__ = ["Tool", "ToolBox", "ToolCard", "ToolContext", "ToolOutput", "tool", "tool_options"]
